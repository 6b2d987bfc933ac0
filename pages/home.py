"""Home: what autoregressive generation is, in one screen, and a picture being generated."""

from __future__ import annotations

import streamlit as st

from pages.ui import lesson, live
from pages.ui.components import look, mount, pack
from pages.ui.lesson import reseed
from pages.ui.models import cards, problem
from pages.ui.navigation import LESSONS, page
from pages.ui.state import Integer, Link

COUNT = 6
link = Link("home", {"seed": Integer(0, lesson.MOST_SEED, 1)})
state = link.read()

row = st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", key="head"
)
row.title("An image, one pixel at a time", anchor=False, width="content")
row.button("Draw others", type="tertiary", on_click=reseed, args=(link,))
st.markdown(
    "An autoregressive model never makes an image in one go. It asks for the probability of one "
    "pixel, given all pixels drawn before it, draws it, and asks for the next. Here a neural "
    "network trained on handwritten digits is doing that, on this server."
)
lesson.show_notices(link)

known = cards("NADE")
raster = [name for name in known if not known[name]["config"].get("order_agnostic")]
names = sorted(raster, key=lambda name: known[name].get("parameters", 0))
trace = None
if not names:
    st.error(problem("NADE"))
else:
    with lesson.guarded():
        trace = live.samples(names[-1], COUNT, state["seed"])
if trace is not None:
    from arviz_models.figures.nade import batch_arrays

    _, rows, columns = trace.event_shape
    meta = {"count": COUNT, "rows": rows, "columns": columns, "trace_id": state["seed"]}
    mount("digits", key="home_digits", data=pack(meta | look(), batch_arrays(trace)))
    st.caption(live.cost(trace))

st.latex(r"p(x) = p(x_1)\; p(x_2 \mid x_1) \cdots p(x_D \mid x_1, \dots, x_{D-1})")
st.markdown(
    "That product is all there is to it. What the lessons differ in is the network that computes "
    "the factors: what each conditional can see, and what it costs to ask for one."
)
for entry in LESSONS:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.page_link(page(entry), width="content")
        st.markdown(entry.idea, width="content")
