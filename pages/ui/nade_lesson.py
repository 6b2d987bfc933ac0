"""What only the NADE lesson has: its state, its runs, its words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from pages.ui import lesson, live
from pages.ui.components import pack
from pages.ui.models import cards as model_cards
from pages.ui.models import model
from pages.ui.predict import Question
from pages.ui.source import show_source
from pages.ui.state import MOST_FLIPS, Choice, Flag, FlipList, Integer, Link, Number, Values, Words

NO_MODEL = "none"
ORDERS = ("raster", "reversed", "column-wise", "diagonal", "spiral", "random")
CONTROLS = ("model", "order", "start", "temperature", "seed")
SHEET_SIZES = (16, 64, 256, 1024)

QUESTION = Question(
    text="Nothing has been drawn yet. What can the first conditional, p(x₀,₀ = 1), depend on?",
    answers={
        "On the first pixel": "It cannot: that is the pixel it predicts.",
        "On a random z": "That is how the lecture tells it; the control *Start* lets you try it. "
        "In the paper nothing is random here.",
        "On nothing at all": "It is one number, the same for every digit ever drawn.",
        "On the whole image": "Then each pixel would have to wait for all the others.",
    },
    right="On nothing at all",
    why="At step 0 the running sum is the bias c, so p = σ(V · σ(c) + b): weights only. "
    "All chance lies in the random number u that is compared with p. The picture is at step 0 "
    "now: press **Reseed** and see that p stays while u changes.",
)


def link() -> Link:
    """The lesson's state and how the URL holds it."""
    known = model_cards("NADE")
    names = tuple(sorted(known, key=lambda name: known[name].get("parameters", 0))) or (NO_MODEL,)

    def dimensions(values: Values) -> int:
        size = 1
        for side in known.get(values["model"], {}).get("config", {}).get("event_shape", [1]):
            size *= side
        return size

    def orders(values: Values) -> tuple[str, ...]:
        config = known.get(values["model"], {}).get("config", {})
        return ORDERS if config.get("order_agnostic") else ORDERS[:1]

    return Link(
        "nade",
        {
            "model": Choice(names),
            "order": Choice(orders),
            "start": Choice(("bias", "gaussian")),
            "temperature": Number(0, 3, 1),
            "seed": Integer(0, lesson.MOST_SEED),
            "flip": FlipList(dimensions),
            "step": Integer(0, dimensions, browser_owned=True),
            "present": Flag(),
            "pin": Words(CONTROLS),
        },
    )


def title_of(name: str) -> str:
    """A checkpoint as a control shows it."""
    config = model_cards("NADE").get(name, {}).get("config", {})
    _, height, width = config.get("event_shape", [1, 0, 0])
    return f"{height}×{width} digits" + (", any order" if config.get("order_agnostic") else "")


def controls(link: Link, state: Values) -> None:
    """The controls beside the picture; presenting keeps those that were pinned."""
    known = model_cards("NADE")
    shown = state["pin"] if state["present"] else CONTROLS
    if "model" in shown:
        st.selectbox(
            "Model",
            list(known),
            format_func=title_of,
            key=link.key("model"),
            on_change=lambda: link.set(flip=()),  # other pixels have those places there
        )
    if "order" in shown:
        fixed = link.fields["order"].options(state) == ORDERS[:1]  # type: ignore[attr-defined]
        st.selectbox(
            "Order of the pixels",
            ORDERS[:1] if fixed else ORDERS,
            key=link.key("order"),
            help="This model was trained in raster order and knows no other. "
            "The “any order” models were trained over random orders."
            if fixed
            else None,
        )
    if "start" in shown:
        st.segmented_control(
            "Start: where the first h is from",
            ["bias", "gaussian"],
            format_func=lambda start: {"bias": "σ(c)", "gaussian": "N(0, 1)"}[start],
            key=link.key("start"),
            required=True,
            help="The paper's constant σ(c), or a draw from a Gaussian as the lecture tells it, "
            "for the first pixel alone.",
        )
    if "temperature" in shown:
        st.slider(
            "Temperature",
            0.0,
            3.0,
            step=0.1,
            key=link.key("temperature"),
            help="Divides the logits. 1 is the model as trained; 0 always takes the likelier "
            "value, which is no sampling at all.",
        )
    if "seed" in shown:
        st.number_input("Seed", 0, lesson.MOST_SEED, key=link.key("seed"))


@dataclass(frozen=True)
class Drawn:
    """What the page shows: the trace, and what the picture needs of it."""

    trace: Any
    meta: dict[str, Any]
    arrays: dict[str, Any]

    @property
    def cost(self) -> str:
        return live.cost(self.trace)


def chosen_model(state: Values) -> Any:
    """The model in the order and with the start that the controls say."""
    from arviz_models.ordering import named_order

    view = model(state["model"]).with_start(state["start"])
    if not view.order_agnostic:
        return view
    return view.with_order(named_order(state["order"], view.event_shape, state["seed"]))


def draw(state: Values, resets: int) -> Drawn | None:
    """One sample with the flips, and the same without; None where the visitor stopped it."""
    from arviz_models.base import given_values
    from arviz_models.figures.nade import trace_arrays
    from arviz_models.nade import first_hidden_units
    from arviz_models.sampler import Request

    nade = chosen_model(state)
    base_key = tuple(state[name] for name in ("model", "order", "start", "temperature", "seed"))
    request = partial(Request, nade, state["seed"], temperature=state["temperature"])
    base = live.run(request(), base_key)
    if base is None:
        return None
    trace = base
    if state["flip"]:
        given = given_values(nade.event_shape, dict(state["flip"]))
        trace = live.run(request(given=given), (*base_key, state["flip"]))
        if trace is None:
            return None
    meta = {
        "model": state["model"],
        "rows": nade.event_shape[1],
        "columns": nade.event_shape[2],
        "flips": [index for index, _ in state["flip"]],
        "temperature": state["temperature"],
        "base_id": repr((*base_key, resets)),
        "trace_id": repr((*base_key, resets, state["flip"])),
        "present": state["present"],
        "goto": st.session_state.get("nade.goto"),
    }
    return Drawn(trace, meta, trace_arrays(trace, base, first_hidden_units(nade, state["seed"])))


@st.cache_data(show_spinner=False, max_entries=8)
def packed_weights(name: str) -> bytes:
    """The weights behind the picture, sent once and kept in the browser."""
    from arviz_models.figures.nade import weight_arrays

    return pack({"name": name}, weight_arrays(model(name)))


def flip(link: Link) -> None:
    """Callback of the picture: pixels set by hand, on top of those set before."""
    cells = st.session_state["nade_picture"].get("flip") or []
    flips = dict(link.get("flip")) | {int(index): int(level) for index, level in cells}
    if len(flips) > MOST_FLIPS:
        link.note(f"At most {MOST_FLIPS} pixels can be flipped; **Reset** takes all flips back.")
    else:
        link.set(flip=tuple(sorted(flips.items())))


def show(link: Link, step: int | None = None, **values: Any) -> None:
    """Set the picture to a state, and the player to a step."""
    link.set(**values)
    if step is not None:
        before = st.session_state.get("nade.goto") or {"nonce": 0}
        st.session_state["nade.goto"] = {"step": step, "nonce": before["nonce"] + 1}


def cards(link: Link) -> list[lesson.Card]:
    """The lesson's steps of prose."""
    small = next(iter(model_cards("NADE")), NO_MODEL)
    return [
        lesson.Card(
            "It begins with a constant",
            "No pixel is known. The running sum is the bias c, the hidden units are σ(c), and "
            "they give the probability of the first pixel: the outlined cell on the right.",
            partial(show, link, step=0, flip=()),
        ),
        lesson.Card(
            "Chance decides, once a pixel",
            "A random number u between 0 and 1 falls on the part of 0 or on the part of 1. That "
            "is all the chance there is: same seed, same digit.",
            partial(show, link, step=20, flip=()),
        ),
        lesson.Card(
            "One column is added",
            "The pixel just drawn (yellow ring) adds its column of W to the sum, and only if it "
            "is 1. No layer is computed again: D pixels cost D·H, not D²·H.",
            partial(show, link, model=small, order="raster", step=21, flip=()),
        ),
        lesson.Card(
            "All later pixels feel it",
            "Flip one drawn pixel. The same random numbers meet other probabilities, and every "
            "pixel that comes out otherwise is marked.",
            partial(show, link, model=small, order="raster", flip=((19, 1), (20, 0))),
        ),
    ]


def tabs(link: Link, state: Values, drawn: Drawn) -> None:
    """Formula, code, more samples, the start, downloads, mistakes, papers."""
    lesson.tabs(_TABS, "nade", link, state, drawn)


def _formula(link: Link, state: Values, drawn: Drawn) -> None:
    st.latex(
        r"\begin{aligned} a_0 &= c, \quad h_t = \sigma(a_t), \quad i = o[t] \\ "
        r"p(x_i = 1 \mid x_{\text{earlier}}) &= \sigma(V_i \cdot h_t + b_i) \\ "
        r"a_{t+1} &= a_t + W_i\,x_i \end{aligned}"
    )
    st.markdown(
        "**x** is the left image, its newest pixel in the yellow ring. **W** are the lines from "
        "that pixel to the hidden units, and the middle bar below: solid blue raises the sum, "
        "dashed orange lowers it. **a** is the running sum, the lower bar. **h** are the hidden "
        "units: dark is 0, yellow is 1. **V** are the lines to the outlined cell, **p** its "
        "colour. **u** is the tick on the bar of 0 and 1. Point at any of them, in the formula "
        "under the picture or in the picture itself, and the rest steps back. Where there are "
        "more than 48 lines, the 48 strongest are drawn. **bits/dim** is nats / (ln 2 · pixels)."
    )


def _code(link: Link, state: Values, drawn: Drawn) -> None:
    from arviz_models.base import inverse_cdf
    from arviz_models.nade import NADE, NADEDecoder

    show_source(NADEDecoder, NADE.column, inverse_cdf)


def _samples(link: Link, state: Values, drawn: Drawn) -> None:
    from arviz_models.figures.sheets import sheet
    from arviz_models.sampler import Request

    nade = chosen_model(state)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.segmented_control(
            "How many", SHEET_SIZES, default=SHEET_SIZES[1], required=True, key="nade.count"
        )
        asked = st.button("Draw them", type="primary")
    kind = (*(state[name] for name in ("model", "order", "start", "temperature", "seed")), count)
    if asked:
        st.session_state.pop("stopped", None)
        st.session_state["nade.sheet"] = kind
    if st.session_state.get("nade.sheet") != kind:
        st.caption("They are drawn together, one pixel of all of them at each step.")
        return
    request = Request(nade, state["seed"], n=count, temperature=state["temperature"], record=False)
    trace = live.run(request, ("sheet", *kind))
    if trace is None:
        st.info("Stopped. Press **Draw them** to begin again.")
        return
    columns = {16: 8, 64: 16, 256: 32, 1024: 64}[count]
    st.image(sheet(trace.x, nade.levels, columns, scale=3), width="stretch")
    st.caption(f"{live.cost(trace)}: {1000 * trace.seconds / count:.2f} ms a sample.")


def _starts(link: Link, state: Values, drawn: Drawn) -> None:
    from arviz_models.figures.nade import start_figure
    from arviz_models.nade import compare_starts

    comparison = compare_starts(chosen_model(state), 2000, state["seed"])
    bias, gaussian = float(comparison.bias[1]), float(comparison.mean[1])
    st.markdown(
        "The lecture says that h₁ plays the role of z and is drawn from a Gaussian. In the paper "
        "it is σ(c), a constant, and all randomness is in drawing each x. The control *Start* "
        "replaces h for the first pixel alone; 2,000 draws of it give these probabilities. The "
        f"first pixel is then 1 with probability {gaussian:.3g} on average, where the model "
        f"learned {bias:.3g}. **The likelihood, log p(x), is always that of the bias.**"
    )
    ground = st.context.theme.type or "light"
    st.plotly_chart(start_figure(comparison, ground), config={"displayModeBar": False})


def _take_away(link: Link, state: Values, drawn: Drawn) -> None:
    from arviz_models.figures import nade as figures

    trace, name = drawn.trace, f"nade-{state['seed']}"
    files: lesson.Files = {
        "Animation, GIF": (lambda: figures.animation(trace), "gif"),
        "Every step, CSV": (lambda: figures.table(trace), "csv"),
        "Arrays, NPZ": (lambda: figures.archive(trace), "npz"),
    }
    figure = figures.filmstrip(trace)
    lesson.downloads(name, figure, files)
    st.pyplot(figure)


def _classroom(link: Link, state: Values, drawn: Drawn) -> None:
    lesson.classroom(link, CONTROLS)


def _mistakes(link: Link, state: Values, drawn: Drawn) -> None:
    lesson.mistakes(
        [
            (
                "One forward pass generates an image.",
                "Training is one pass, since all of x is known. Sampling takes one step for each "
                "pixel, since each needs those before it.",
            ),
            (
                "Take the likelier value each time.",
                "Set the temperature to 0: the digit is empty or nearly so, as the background "
                "is likelier nearly everywhere. Sampling is what makes digits.",
            ),
            (
                "The first conditional needs an input.",
                "It is a bias. See step 0.",
            ),
            (
                "An order is a list of ranks.",
                "`order[t]` is the pixel drawn at step t; its inverse permutation says at which "
                "step a pixel is drawn.",
            ),
        ]
    )


def _papers(link: Link, state: Values, drawn: Drawn) -> None:
    lesson.papers("nade")
    card = model_cards("NADE")[state["model"]]
    st.markdown(f"**This model's card.** Trained with `{card.get('command', '?')}`.")
    st.json({key: value for key, value in card.items() if key != "config"}, expanded=False)


_TABS = {
    "Formula": _formula,
    "Code": _code,
    "Many samples": _samples,
    "Bias or Gaussian": _starts,
    "Take away": _take_away,
    "Classroom": _classroom,
    "What people get wrong": _mistakes,
    "Papers": _papers,
}
