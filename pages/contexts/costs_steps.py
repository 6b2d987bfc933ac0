"""The steps of "What it costs", and what it can compare."""

from __future__ import annotations

from collections.abc import Callable

from pages.ui.claims import load
from pages.ui.outline import Question, Step
from pages.ui.stage import Stage

WHICH = {
    "trained": "As trained",
    "equal": "Of equal size",
    "pair": "Trained, of equal size",
    "good": "Trained, equally good",
}
TRAINED, EQUAL, PAIR, GOOD = WHICH
C = load(__file__)
SIZES = C.get("parameters", dict.fromkeys(("pixelcnn", "gated", "row", "diagonal", "full"), 0))
READ = C.get("read by each", dict.fromkeys(SIZES, 0))  # at pixel (16, 12)
NATS = C.get("nats", dict.fromkeys((*SIZES, "nade"), 0.0))

GROWS = Question(
    text="We double the side of the image, from 28×28 to 56×56. For which networks does a training "
    "pass get more steps in sequence?",
    answers={
        "For all": "A convolution takes all pixels of a layer at once, however many there are.",
        "Row LSTM and Diagonal BiLSTM": "56 rows instead of 28, 111 diagonals instead of 55. The "
        "number of a PixelCNN's layers stays.",
        "For none": "In training all pixels are there. The states are not: each waits for the one "
        "before.",
    },
    right="Row LSTM and Diagonal BiLSTM",
    hide=("table",),
)

BETTER = Question(
    text="At pixel (16, 12) Gated PixelCNN can read all 460 earlier pixels. PixelCNN can read "
    f"{READ['pixelcnn']}: the others are in its blind spot. Which of the two has the lower "
    "(better) test NLL?",
    answers={
        "PixelCNN": f"{NATS['pixelcnn']:.2f} nats against {NATS['gated']:.2f}. It has nine layers, "
        "the gated network six. To read is not to use.",
        "Gated PixelCNN": "To read is not to use. The depth counts too: nine layers against six.",
        "They are equal": "They differ in what they read, and in depth.",
    },
    right="PixelCNN",
    why=f"NADE reads all 460 as well, and has {NATS['nade']:.2f} nats.",
    hide=("nll",),
)


def steps(press: Callable[[str], str]) -> tuple[Step, ...]:
    """The steps.

    Args:
        press: what to press for the networks of one of `WHICH`, in words.
    """

    def our_table(_: Stage) -> str:
        return (
            f"{press(TRAINED)} The trained networks differ in size: "
            f"PixelCNN has {SIZES['pixelcnn']:,} parameters, the Row LSTM {SIZES['row']:,}, the "
            f"Diagonal BiLSTM {SIZES['diagonal']:,}. In one training pass PixelCNN multiplies "
            f"{C['PixelCNN multiplies, times']:.1f} times as often as the Diagonal "
            "BiLSTM. Does it take as many times as long? A few large steps use a core better than "
            "many small ones in sequence. So this table alone says little about the kinds."
        )

    def trained_pair(_: Stage) -> str:
        return (
            "A PixelCNN, a Row LSTM and a Diagonal BiLSTM of equal size, all trained on 14×14 "
            f"digits. So this table compares the kinds by time and by test NLL. {press(PAIR)}"
        )

    def good_pair(_: Stage) -> str:
        return (
            "A PixelCNN and a much smaller Row LSTM, with about the same test NLL on 14×14 digits. "
            f"So this table says what the same quality costs in each kind. {press(GOOD)}"
        )

    def equal_size(_: Stage) -> str:
        return (
            "These have about as many parameters as the Row LSTM, and random weights: times do not "
            f"depend on those. {press(EQUAL)} Here it compares the kinds."
        )

    return (
        Step(
            "Steps in sequence",
            "PixelRNNs, the Row LSTM and the Diagonal BiLSTM, train more slowly. In training the "
            "image is known, so one pass gives every conditional. But within the pass, each state "
            "of a recurrent network waits for the one before.",
            question=GROWS,
            hide=("nll",),
        ),
        Step(
            "Our table",
            our_table,
            {"which": TRAINED},
            hide=("nll",),
        ),
        Step(
            "Equal size",
            equal_size,
            {"which": EQUAL},
            hide=("nll",),
        ),
        Step(
            "In parallel",
            "A GPU computes all pixels of a convolution at once. PixelCNN's chain of steps does "
            "not grow with the image; those of the Row LSTM and the Diagonal BiLSTM do. So there "
            "the waiting decides. Measure on a GPU before you give a factor.",
            {"which": TRAINED},
            hide=("nll",),
        ),
        Step(
            "Drawing",
            "When drawing, all of these wait 784 times, once for each pixel. The naive way "
            "computes everything again at every step; the decoder computes only what the new "
            "pixel needs. A GAN draws with one pass, but gives no likelihood.",
            {"which": TRAINED},
            hide=("nll",),
        ),
        Step(
            "How good is it?",
            "Speed is one thing, quality another. The test NLL is the mean of −log p(x) of test "
            "images, in nats. Lower is better.",
            {"which": TRAINED},
            question=BETTER,
            after="The table now has the nats, and once something is measured, a chart of nats "
            "against time.",
        ),
        Step("Trained, of equal size", trained_pair, {"which": PAIR}),
        Step("A pair, equally good", good_pair, {"which": GOOD}),
    )
