"""Activity: the attention weights of one pixel: the image sets them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.attention.models import BLOCKS, HEADS, NAME, SIDE, TEST_DIGITS, card
from pages.ui import digits, lesson, live
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.engine import offer
from pages.ui.models import missing_checkpoint, model
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import MOST_FLIPS, Choice, Field, FlipList, Flips, Integer
from pages.ui.stage import Stage

C = load(__file__)
VIEWS = {"heads": "All heads", "digits": "Two digits", "paint": "Paint"}
TARGET = 6 * SIDE + 6
TWO, FOUR, FIVE = 5, 3, 9  # test digits: what they show
HEAD = 2  # block 1, head 3
INK_HEADS = (5, 7)  # block 2, heads 2 and 4
STROKE: Flips = tuple((3 * SIDE + column, 1) for column in (5, 6, 7))


@dataclass(frozen=True)
class Content:
    """Whose weights are shown.

    Attributes:
        view: "heads", "digits" or "paint".
        digit: place in the test split.
        other: the second digit of "digits".
        pixel: flat index of the target.
        head: 4 (block - 1) + head, heads counted from 0.
        paint: pixels painted over the digit, (flat index, level).
    """

    view: str
    digit: int
    other: int
    pixel: int
    head: int
    paint: Flips


def fields() -> Mapping[str, Field]:
    """How the address holds a `Content`."""
    return {
        "view": Choice(tuple(VIEWS)),
        "digit": Integer(0, TEST_DIGITS - 1, TWO),
        "other": Integer(0, TEST_DIGITS - 1, FIVE),
        "pixel": Integer(0, SIDE**2 - 1, TARGET),
        "head": Integer(0, BLOCKS * HEADS - 1, HEAD),
        "paint": FlipList(lambda values: SIDE**2),
    }


@st.cache_data(show_spinner=False, max_entries=256)
def weights_and_p(x: np.ndarray, target: tuple[int, int]) -> tuple[np.ndarray, float, str]:
    """Attention weights of a target, and its probability of ink.

    Args:
        x: (H, W) 0 or 1.
        target: row and column.

    Returns:
        (blocks heads, 1 + H W) float32, the empty key first; p; and what it took, in words.
    """
    from arviz_models.analysis import attention

    network = model(NAME)
    read = partial(attention.weights_and_p, network, x, target)
    (weights, p), took = live.timed(network, "one image", read)
    return weights, p, took


def images(state: Content) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    """Ten test digits; the chosen one, the same with its paint, and the second one."""
    known = card()
    assert known is not None  # the picture has looked
    strip = digits.strip(known["data"], known["levels"], state.digit)
    digit = digits.chosen(strip, state.digit)
    other = digits.chosen(digits.strip(known["data"], known["levels"], state.other), state.other)
    x = digit.copy()
    for index, level in state.paint:
        x.flat[index] = level
    return strip, digit, x, other


def picture(stage: Stage[Content]) -> None:
    """A digit with the weights of one pixel's query, and beside it another image or all heads."""
    state = stage.state
    if card() is None:
        st.error(missing_checkpoint("PixelSNAIL"))
        return
    strip, digit, x, other = images(state)
    target = divmod(state.pixel, SIDE)
    left = x if state.view == "heads" else digit
    right = {"heads": x, "digits": other, "paint": x}[state.view]

    def weights() -> tuple[np.ndarray, np.ndarray]:
        return weights_and_p(left, target)[0], weights_and_p(right, target)[0]

    engine = offer(stage, NAME)
    meta = {
        "rows": SIDE,
        "columns": SIDE,
        "heads": HEADS,
        "blocks": BLOCKS,
        "engine": engine,
        "view": state.view,
        "digit": state.digit,
        "target": state.pixel,
        "head": state.head,
        "p": [],
        "most": MOST_FLIPS,
        "nonce": st.session_state.get(stage.key("·content_nonce"), 0),
    }
    arrays = {
        "base": digit,
        "left": left,
        "right": right,
        "strip": strip["images"],
        "strip_indices": strip["indices"],
    }
    if engine is None:
        meta["p"] = [weights_and_p(each, target)[1] for each in (left, right)]
        arrays["w_left"], arrays["w_right"] = weights()
        stage.cost = live.computed(weights_and_p(left, target)[2])
    mount(
        "attention_weights",
        key=stage.key("content"),
        data=pack(stage.meta() | meta | look(), arrays),
        on_edit_change=lambda: _edit(stage),
    )
    stage.made["weights"] = weights


def _edit(stage: Stage) -> None:
    """Callback of the picture: another target, head or digit, or other paint."""
    edit = st.session_state[stage.key("content")].get("edit")
    if not edit:
        return
    st.session_state[stage.key("·content_nonce")] = int(edit["nonce"])
    if "digit" in edit:
        chosen = edit["digit"]
        digit = random.randrange(TEST_DIGITS) if chosen is None else int(chosen)
        stage.set(digit=digit, paint=())
        return
    painted = {int(index): int(level) for index, level in edit["paint"]}
    stage.set(
        pixel=int(edit["target"]), head=int(edit["head"]), paint=tuple(sorted(painted.items()))
    )


def name_of(head: int) -> str:
    """What a head is called on screen, blocks and heads counted from 1."""
    block, number = divmod(head, HEADS)
    return f"block {block + 1}, head {number + 1}"


def controls(stage: Stage) -> None:
    """What is beside the digit, and whose weights; not while a question covers the answer."""
    if stage.hidden:
        return
    st.segmented_control(
        "Beside it",
        tuple(VIEWS),
        format_func=VIEWS.__getitem__,
        key=stage.key("view"),
        required=True,
        wrap=True,
    )
    st.selectbox("Weights of", range(BLOCKS * HEADS), format_func=name_of, key=stage.key("head"))
    if known := card():
        st.caption(
            f"{BLOCKS} attention blocks of {HEADS} heads, trained on 8×8 digits: test NLL "
            f"{known['test_nll']:.2f} nats."
        )


def weights_csv(left: np.ndarray, right: np.ndarray) -> str:
    """CSV, a line for each key of each head: the weight on the left and on the right."""
    lines = ["block,head,key,row,column,weight_left,weight_right"]
    for head, key in np.ndindex(*left.shape):
        block, number = divmod(head, HEADS)
        place = ("", "") if key == 0 else divmod(key - 1, SIDE)
        name = "empty" if key == 0 else key - 1
        values = f"{left[head, key]:.6g},{right[head, key]:.6g}"
        lines.append(f"{block + 1},{number + 1},{name},{place[0]},{place[1]},{values}")
    return "\n".join(lines) + "\n"


def _figure(stage: Stage[Content]) -> Any:
    from matplotlib.figure import Figure

    state = stage.state
    _, digit, x, other = images(state)
    pairs = {"heads": (x, x), "digits": (digit, other), "paint": (digit, x)}[state.view]
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    both = stage.made["weights"]()
    most = max(float(each[state.head, 1:].max()) for each in both)
    for axes, image, weights in zip(figure.subplots(1, 2), pairs, both, strict=True):
        shown = axes.imshow(
            weights[state.head, 1:].reshape(SIDE, SIDE), cmap="cividis", vmin=0, vmax=most
        )
        rows, columns = np.nonzero(image)
        axes.scatter(columns, rows, marker="s", s=30, color="white", edgecolor="black")
        row, column = divmod(state.pixel, SIDE)
        axes.scatter([column], [row], marker="s", s=330, facecolor="none", edgecolor="red")
        axes.set_title(f"empty key {weights[state.head, 0]:.3f}", fontsize=10)
    figure.colorbar(shown, ax=figure.axes, shrink=0.8, label="weight")
    figure.suptitle(f"{NAME}, {name_of(state.head)}; small squares are ink", fontsize=10)
    return figure


def take_away(stage: Stage[Content]) -> None:
    """The two maps as a figure, and every weight."""
    if "weights" not in stage.made:
        return
    if why := stage.withheld():
        st.caption(why)
        return
    weights = stage.made["weights"]
    files: lesson.Files = {"All weights, CSV": (lambda: weights_csv(*weights()), "csv")}
    lesson.downloads(f"attention-{stage.state.head}", lambda: _figure(stage), files)


PAINTED = Question(
    text="Three pixels of row 3 are ink now, on the right. What do the weights of this head do?",
    answers={
        "They stay, because they are learned": "The matrices are learned. The weights come from "
        "these matrices and the image.",
        "They grow in total": "The softmax fixes the sum.",
        "They may change, and their sum stays 1": "Queries and keys are made of the image, and the "
        "softmax always sums to 1.",
    },
    right="They may change, and their sum stays 1",
    hide=("after",),
)
PAINT = {"view": "paint", "digit": TWO, "head": HEAD, "paint": STROKE}


def cell(claim: str) -> str:
    """A claimed pixel, as words have it."""
    found = C[claim]
    return f"({found[0]}, {found[1]})" if isinstance(found, list) else "(?, ?)"


STEPS = (
    Step(
        "Weights",
        "The target (orange outline) compares its query with all earlier keys. The softmax of "
        "these products gives weights (blue). Each head has weights of its own. One more key, the "
        "empty key, is learned and belongs to no pixel: the first pixel has no other key, and each "
        "head can leave weight there. With it, the weights of a head sum to 1. Click a head.",
        {"view": "heads", "digit": TWO, "head": 5},
    ),
    Step(
        "Ink and paper",
        f"Over all test digits, {C['ink: share of pixels']:.0%} of the earlier pixels are ink. In "
        f"block 2, heads 2 and 4 (4 is chosen) give ink {C['ink: head 5']:.0%} and "
        f"{C['ink: head 7']:.0%} of what they give to pixels. Block 1, head 1 gives it "
        f"{C['ink: head 0']:.0%}. All these are means over the test digits; the "
        "picture shows one digit.",
        {"view": "heads", "digit": TWO, "head": 7},
    ),
    Step(
        "Two digits",
        "A convolution has one set of weights for all images. Here the image sets them. Same "
        f"target, same head: in the 4 it reads mostly {cell('digits: 4 reads')}, with weight "
        f"{C['digits: weight in the 4']:.2f}; in the 5 mostly {cell('digits: 5 reads')}, with "
        f"{C['digits: weight in the 5']:.2f}.",
        {"view": "digits", "digit": FOUR, "other": FIVE, "head": HEAD},
    ),
    Step(
        "Paint",
        "On the left a 2 with the weights of one head. On the right the same digit is painted. "
        "Both maps have one scale, so the left one is pale where the right one has a large weight.",
        PAINT,
        question=PAINTED,
        after=f"Here {C['paint: moved']:.0%} of the weight moves to other keys. Most now lies on "
        f"{cell('paint: reads')}: {C['paint: most']:.2f}. Paint on the right yourself.",
    ),
    Step(
        "Effect",
        "The head's weights change what the target reads, and so its probability. Here p(ink) "
        f"falls from {C['paint: p before']:.3f} to {C['paint: p after']:.3f}. The other heads and "
        "the trunk take part in that. Paint after the target changes nothing.",
        PAINT,
    ),
)

CONTENT = Activity(
    slug="content",
    title="Content decides",
    state=Content,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
