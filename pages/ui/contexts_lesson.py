"""What only the contexts page has: its state, its pictures, its question, its tabs."""

from __future__ import annotations

import random
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from arviz_models.figures.networks import NETWORKS
from pages.ui import digits, fields, lesson
from pages.ui.contexts_models import DATA, shipped
from pages.ui.fields import Place
from pages.ui.models import model
from pages.ui.source import show_source
from pages.ui.state import Choice, Flag, Integer, Link, Values, Words

if TYPE_CHECKING:
    from arviz_models.figures.contexts import Heed
    from arviz_models.figures.fields import Fields

KERNELS = ("3", "5", "7")
SHOWS = {"structure": "What they can read", "trained": "What trained ones use"}
CONTROLS = ("show", "size", "first")
LEAST_SIZE, MOST_SIZE, START_SIZE = 7, 28, 11
START_DEPTH, DEEP = 3, 15
START = ("pixelcnn", "gated", "row", "diagonal", "full")
NONE = "none"
# Tabs that show something of the target: while one is open, a target at rest is worth a run.
FOLLOWING = ("Set differences", "Take away")

ASKED = ("gated", "diagonal", "full")
ASKED_TARGET = 4 * START_SIZE + 3
MARK, NO_PIXEL = "Mark it on the grids", "There is none"


def link() -> Link:
    """The lesson's state and how the URL holds it."""
    return Link(
        "contexts",
        {
            "nets": Words(tuple(NETWORKS), browser_owned=True),
            "show": Choice(tuple(SHOWS)),
            "size": Integer(LEAST_SIZE, MOST_SIZE, START_SIZE),
            "first": Choice(KERNELS),
            "target": Integer(0, lambda values: _pixels(values) - 1, browser_owned=True),
            "depth": Integer(0, fields.MOST_DEPTH, browser_owned=True),
            "against": Choice(
                lambda values: (NONE, *(values["nets"] or START)), browser_owned=True
            ),
            "digit": Integer(0, digits.TEST_DIGITS - 1, 1),
            "present": Flag(),
            "pin": Words(CONTROLS),
        },
    )


def _shape(state: Values) -> tuple[int, int]:
    """H, W of the grids: those chosen, or those of the images that were trained on."""
    cards = shipped() if state["show"] == "trained" else {}
    if not cards:
        return state["size"], state["size"]
    height, width = next(iter(cards.values()))["config"]["event_shape"][1:]
    return height, width


def _pixels(state: Values) -> int:
    height, width = _shape(state)
    return height * width


def start(state: Values) -> Place:
    """The target and depth of a link that says nothing; of a digit a little below the middle,
    where the ink is."""
    height, width = _shape(state)
    if state["show"] == "trained":
        return Place(height * 4 // 7 * width + width * 3 // 7, START_DEPTH)
    return fields.start(height, width, START_DEPTH)


def read(link: Link) -> dict[str, Any]:
    """The state of this run, with where the picture stands, which the browser keeps."""
    state = fields.read(link, start)
    return state | link.kept(state, {"nets": START})


def idea(state: Values) -> str:
    """The page's sentence, for what the grids show."""
    if state["show"] == "trained":
        return (
            "One target, all trained networks. Drag it: each grid shows how much the network's "
            "prediction hangs on the pixels before."
        )
    return (
        "One target, all networks. Drag it: each grid shows the earlier pixels that the network's "
        "prediction can read."
    )


def controls(link: Link, state: Values) -> None:
    """The controls over the picture; presenting keeps those that were pinned."""
    shown = state["pin"] if state["present"] else CONTROLS
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if "show" in shown:
            st.segmented_control(
                "The grids show",
                list(SHOWS),
                format_func=SHOWS.__getitem__,
                key=link.key("show"),
                required=True,
                width="content",
            )
        if state["show"] == "trained":
            return
        if "first" in shown:
            st.segmented_control(
                "First kernel",
                KERNELS,
                format_func=lambda kernel: f"{kernel}×{kernel}",
                key=link.key("first"),
                required=True,
                width="content",
                help="Of the first convolution, which all but NADE and MADE begin with. The papers "
                "take 7×7. Later kernels are 3×3, the Row LSTM's are 3 wide.",
            )
        if "size" in shown:
            st.number_input(
                "Side of the image, pixels", LEAST_SIZE, MOST_SIZE, key=link.key("size"), width=190
            )


# --- the pictures ---------------------------------------------------------------------------------


def picture(link: Link, state: Values) -> None:
    """All grids: what the networks can read, or what trained ones heed."""
    if state["show"] == "trained":
        _trained(link, state)
    else:
        meta, packed, name = _structure(state["size"], int(state["first"]))
        _mount(link, state, meta | {"mode": "structure", "tables": name}, {}, packed)


@st.cache_data(show_spinner="Following every path through the layers", max_entries=24)
def _structure(size: int, first: int) -> tuple[dict[str, Any], bytes, str]:
    """Meta and packed tables of the grids, and the name of the configuration."""
    from arviz_models.figures.contexts import contexts

    found = contexts(size, first)
    name = f"contexts {size} {first}"
    return found.meta(), fields.tables(name, found), name


def _mount(
    link: Link, state: Values, meta: dict[str, Any], arrays: dict[str, np.ndarray], tables: bytes
) -> None:
    fields.picture(
        "contexts",
        link,
        state,
        {**meta, "most": fields.MOST_DEPTH, "start": START, **asdict(start(state))},
        tables,
        following=FOLLOWING,
        first_tab=next(iter(_TABS)),
        arrays=arrays,
        on_marked_change=lambda: _marked(link),
        on_digit_change=lambda: _picked(link),
    )


def _trained(link: Link, state: Values) -> None:
    """The gradients of every checkpoint at one digit and target."""
    found, problems = _heeds(state)
    for problem in problems:
        st.warning(problem)
    if not found:
        st.error(
            f"No checkpoint trained on {DATA} was found in `assets/checkpoints`. Restore that "
            "folder, or train one: `python -m arviz_models train pixelcnn --data mnist_binary "
            "--name pixelcnn-mnist`"
        )
        return
    strip = digits.strip(DATA, 2, state["digit"])
    names = tuple((word, shipped()[word]["name"]) for word in found)
    meta, packed, name = _trained_tables(names)
    panels = [
        panel
        | {
            "depth": _depth(panel["table"]),
            "heed": {
                "probability": found[panel["table"]].probability,
                "near": found[panel["table"]].near,
                "nats": found[panel["table"]].nats,
            },
        }
        for panel in meta["panels"]
    ]
    own = {
        "mode": "trained",
        "tables": name,
        "panels": panels,
        "at": state["target"],
        "digit": state["digit"],
    }
    arrays = {f"gradient {word}": each.gradient for word, each in found.items()}
    arrays |= {
        "x": digits.chosen(strip, state["digit"]),
        "strip": strip["images"],
        "strip_indices": strip["indices"],
    }
    _mount(link, state, meta | own, arrays, packed)


def _depth(word: str) -> int:
    """Layers after the first of a checkpoint; 0 where there are none that could reach further."""
    return int(shipped()[word]["config"].get("layers", 0))


@st.cache_data(show_spinner="Following every path through the layers", max_entries=4)
def _trained_tables(names: tuple[tuple[str, str], ...]) -> tuple[dict[str, Any], bytes, str]:
    found = _trained_fields(names)
    name = "contexts " + " ".join(name for _, name in names)
    return found.meta(), fields.tables(name, found), name


def _trained_fields(names: tuple[tuple[str, str], ...]) -> Fields:
    from arviz_models.figures.contexts import trained

    return trained({word: model(name) for word, name in names})


@st.cache_data(show_spinner=False, max_entries=1024)
def _heed(name: str, digit: int, target: int) -> Heed:
    from arviz_models.figures.contexts import heed

    return heed(model(name), digits.chosen(digits.strip(DATA, 2, digit), digit), target)


def _heeds(state: Values) -> tuple[dict[str, Heed], list[str]]:
    """What each checkpoint makes of the target, and what is wrong with those that cannot tell."""
    found, problems = {}, []
    for word, card in shipped().items():
        try:
            found[word] = _heed(card["name"], state["digit"], state["target"])
        except RuntimeError as error:
            if not lesson.is_ours(error):
                raise
            problems.append(f"{NETWORKS[word].title} is left out. {error}")
    return found, problems


def _picked(link: Link) -> None:
    """Callback of the picture: another digit."""
    picked = st.session_state[f"{link.lesson}_picture"].get("digit")
    if picked:
        digit = picked["digit"]
        link.set(digit=random.randrange(digits.TEST_DIGITS) if digit is None else int(digit))


def show(link: Link, goto: dict[str, Any], **values: Any) -> None:
    """Set the picture to a state that a card speaks of: controls as at first, but for `values`."""
    usual = {"show": "structure", "size": START_SIZE, "first": "3"}
    fields.show(link, goto, **(usual | values))


def cards(link: Link) -> list[lesson.Card]:
    """The lesson's steps of prose."""
    return [
        lesson.Card(
            "A kernel reaches a step a layer",
            "Convolutions see their neighbourhood, and one pixel further with every layer. Both "
            "kinds need many layers to look far, and the plain one never sees the wedge on the "
            "right.",
            partial(show, link, {"shown": ["pixelcnn", "gated"], "depth": 0, "play": True}),
        ),
        lesson.Card(
            "A recurrence reaches the border at once",
            "One LSTM layer hands its state on from row to row, or along the diagonals, as far as "
            "the image goes. With a single layer it reads what a convolution needs many for.",
            partial(show, link, {"shown": ["pixelcnn", "row", "diagonal"], "depth": 1}),
        ),
        lesson.Card(
            "What sets two apart",
            "Choose a network to set the others against. Green is what they read and it does not, "
            "ochre what it reads alone. With many layers, only what structure forbids is left.",
            partial(show, link, {"against": "pixelcnn", "depth": DEEP}),
        ),
        lesson.Card(
            "To read is not to use",
            "The trained networks at a test digit: the brighter a pixel, the more the prediction "
            "hangs on it. Most of it is near the target, however far the network could look.",
            partial(show, link, {}, show="trained"),
        ),
    ]


# --- predict, then reveal -------------------------------------------------------------------------


def question(link: Link) -> None:
    """Which pixel only one network misses: marked on the grids, then told."""
    *titles, last = (NETWORKS[word].title for word in ASKED)
    text = (
        f"Take {', '.join(titles)} and {last}, with as many layers as they need, and the target in "
        f"{_named(ASKED_TARGET)}. Is there a pixel before it that exactly one of the three never "
        "reads?"
    )
    st.markdown(f"**Predict.** {text}")
    key = f"{link.lesson}.question"
    chosen = st.pills(
        text,
        [MARK, NO_PIXEL],
        key=key,
        label_visibility="collapsed",
        on_change=lambda: _asked(link, st.session_state[key]),
    )
    marked = st.session_state.get(f"{link.lesson}.marked")
    if chosen == NO_PIXEL or (chosen == MARK and marked):
        st.markdown(_verdict(None if chosen == NO_PIXEL else marked))


def _asked(link: Link, answer: str | None) -> None:
    """Callback: sets the picture to the question, or straight to its answer."""
    st.session_state[f"{link.lesson}.marked"] = None
    goto = {"shown": list(ASKED), "target": ASKED_TARGET, "depth": DEEP}
    if answer == MARK:
        ask = "Click the pixel that only one network never reads, in the grid of that network."
        show(link, goto | {"ask": ask})
    elif answer:
        show(link, goto)


def _marked(link: Link) -> None:
    """Callback of the picture: the pixel that the student marked, and in which grid."""
    marked = st.session_state[f"{link.lesson}_picture"].get("marked")
    if marked and marked["word"] in ASKED and 0 <= int(marked["pixel"]) < ASKED_TARGET:
        st.session_state[f"{link.lesson}.marked"] = (marked["word"], int(marked["pixel"]))


def _verdict(marked: tuple[str, int] | None) -> str:
    """What is true, and what that says of the answer; None: that there is none."""
    from arviz_models.figures.contexts import contexts, missed_by_one, reads

    found = contexts(START_SIZE, int(KERNELS[0]))
    depths = dict.fromkeys(NETWORKS, DEEP)
    [(pixel, word)] = missed_by_one(found, ASKED, ASKED_TARGET, depths).items()
    why = (
        f"The {NETWORKS[word].title} never reads {_named(pixel)}, the last of the row above: its "
        "second direction comes from the right and enters that row there, but the features it "
        "starts from have mask A, so none on that row holds the last pixel itself. Full context "
        "starts it from mask B, which the shift by a row makes safe."
    )
    if marked == (word, pixel):
        return f"**Yes.** {why}"
    if marked is None:
        return f"**Not quite.** {why}"
    there, at = marked
    title = NETWORKS[there].title
    if reads(found, ASKED_TARGET, depths)[there][at]:
        return (
            f"**Not quite.** {title} does read {_named(at)}; point at it to see from when on. {why}"
        )
    return f"**Almost:** the pixel is right, the network is not. {why}"


def _named(pixel: int) -> str:
    row, column = divmod(pixel, START_SIZE)
    return f"row {row}, column {column}"


# --- tabs -----------------------------------------------------------------------------------------


def tabs(link: Link, state: Values) -> None:
    """Every pair of networks, formula, code, downloads, mistakes, papers."""
    lesson.tabs(_TABS, link.lesson, link, state)


def _at_hand(state: Values) -> tuple[Fields, dict[str, int], dict[str, Heed]] | None:
    """The networks on the page with their tables, how many layers each has, and of trained ones
    what they heed; None, having said so, where none of those is there."""
    from arviz_models.figures.contexts import contexts

    if state["show"] == "structure":
        found = contexts(state["size"], int(state["first"]))
        return found, {word: int(state["depth"]) for word in found.arrays}, {}
    heeds, _ = _heeds(state)
    if not heeds:
        st.info("There is no trained network to show this of.")
        return None
    found = _trained_fields(tuple((word, shipped()[word]["name"]) for word in heeds))
    return found, {word: _depth(word) for word in heeds}, heeds


def _differences(link: Link, state: Values) -> None:
    from arviz_models.figures.contexts import differences

    at_hand = _at_hand(state)
    if at_hand is None:
        return
    found, depths, _ = at_hand
    apart = differences(found, state["target"], depths)
    titles = [panel.title for panel in found.panels]
    row, column = divmod(state["target"], found.shape[1])
    st.markdown(
        f"For the target in row {row}, column {column}, of the {state['target']} pixels before it: "
        "how many the network of the line reads and that of the column does not."
    )
    table = {"reads, and not ↓ →": titles}
    table |= {title: each.tolist() for title, each in zip(titles, apart.T, strict=True)}
    st.dataframe(table, hide_index=True, width="stretch")
    layers = f"{state['depth']} after the first" if state["show"] == "structure" else "as trained"
    st.caption(f"Layers: {layers}. A line of zeros: whatever it reads, all others read too.")


def _formula(link: Link, state: Values) -> None:
    st.latex(
        r"\begin{aligned} "
        r"p(x) &= \textstyle\prod_i\, p(x_i \mid x_{C(i)}), \quad C(i) \subseteq \{1, \dots, i-1\} "
        r"\\ C_0(i) &= \{\, j : \text{the first kernel at } i \text{ has a 1 on } j \,\} \\ "
        r"C_l(i) &= \textstyle\bigcup_{j \in K_l(i)} C_{l-1}(j) \\ "
        r"G_j &= \big|\, \partial \log p(x_i \mid x_{C(i)}) \,/\, \partial x_j \,\big| "
        r"\end{aligned}"
    )
    st.markdown(
        "**C(i)** is the context, what is blue: the pixels that the conditional of the target "
        "**xᵢ** can read. The chain rule would take all that come before; each network takes "
        "what its layers let through. **l** is the layer on the player, **Kₗ(i)** the places that "
        "a layer reads at **i**: under a kernel, or handed on by a recurrence. **A \\ B**, the set "
        "difference, is what one context has and another has not. **Gⱼ**, the colour of the "
        "trained grids, is how much the prediction moves with pixel **j**; it is exactly 0 outside "
        "**C(i)**."
    )


def _code(link: Link, state: Values) -> None:
    from arviz_models.figures.contexts import differences, heed
    from arviz_models.receptive_field import first_seen, gradient_map

    show_source(first_seen, differences, gradient_map, heed)


def _take_away(link: Link, state: Values) -> None:
    from arviz_models.figures import contexts as figures
    from arviz_models.figures import fields as field_figures

    at_hand = _at_hand(state)
    if at_hand is None:
        return
    whole, depths, heeds = at_hand
    found = figures.chosen(whole, state["nets"])
    if not found.panels:
        found = whole
    target, depth = state["target"], state["depth"]
    row, column = divmod(target, found.shape[1])
    name = f"contexts-{row}-{column}"
    files: lesson.Files
    if state["show"] == "structure":
        figure = field_figures.fields_figure(found, target, depth)
        files = {
            "Growing fields, GIF": (partial(field_figures.growth, found, target), "gif"),
            "First layers, CSV": (partial(field_figures.first_layers, found, target), "csv"),
        }
        said = f"with {depth} layers after the first"
    else:
        heeds = {word: heeds[word] for word in found.arrays}
        x = digits.chosen(digits.strip(DATA, 2, state["digit"]), state["digit"])
        figure = figures.gradients_figure(found, depths, x, target, heeds)
        files = {"Gradients, CSV": (partial(figures.gradients_table, x, target, heeds), "csv")}
        said = f"the trained networks at test digit {state['digit']}"
    files = {
        **files,
        "Counts, CSV": (partial(figures.counts_table, found, target, depths), "counts.csv"),
        "All tables, NPZ": (partial(field_figures.archive, found), "npz"),
    }
    lesson.downloads(name, figure, files)
    st.caption(
        f"Target row {row}, column {column}, {said}; the networks that are shown. The counts hold "
        "the set differences of every pair; the NPZ has the first layer that reads each pixel, "
        "for every target (255: none ever does)."
    )
    st.pyplot(figure)


def _classroom(link: Link, state: Values) -> None:
    fields.classroom(link, CONTROLS)


def _mistakes(link: Link, state: Values) -> None:
    lesson.mistakes(
        [
            (
                "The network with the largest context is the best.",
                "NADE reads every earlier pixel and knows nothing of neighbours; convolutions read "
                "less and share what they learn across the image. Compare the test NLL below.",
            ),
            (
                "Two models with the same context are equally good.",
                "What is read must also be made use of: features, layers and training decide. The "
                "table below has networks that read the same and differ by nats.",
            ),
            (
                "Depth widens every context.",
                "It widens that of convolutions, up to their blind spot. A Diagonal BiLSTM reads "
                "with one layer all that it ever will.",
            ),
            (
                "The Diagonal BiLSTM reads all that comes before.",
                "All but the last pixel of the row above, unless the first kernel reaches it. Set "
                "the differences against full context to find it.",
            ),
            (
                "A pixel with no gradient is not read.",
                "It may be read and not count at this image. Only what is hatched or dotted cannot "
                "count, at any image, with any weights.",
            ),
        ]
    )


_TABS = {
    "Set differences": _differences,
    "Formula": _formula,
    "Code": _code,
    "Take away": _take_away,
    "Classroom": _classroom,
    "What people get wrong": _mistakes,
    "Papers": lesson.papers_tab,
}
