"""What the steps of the Row LSTM claim, computed from the shipped weights and the real kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from arviz_models.analysis.candidates import Wanted, WantedOf
from arviz_models.analysis.flips import drawn
from arviz_models.analysis.gates import gates
from arviz_models.analysis.row_reads import row_reads
from arviz_models.data import load_dataset
from arviz_models.pretrained import load_pretrained
from arviz_models.row_lstm import INTERNALS, RowLSTM
from pages.row_lstm.gates import COLUMN, DIGIT, ERASED, LAYER, UNIT
from pages.row_lstm.models import DRAWN_SEED, FLIP, NARROW, ROW
from pages.row_lstm.reads import ALL, SIZE, START
from pages.ui.looked_at import Completions, LookedAt, Sample, digests

TOLD = (2, 4, 5, 7, 9, 12, 14, 16, 19)  # rows whose c the words tell
EDGE = 22  # ink: the second row of the lower edge of the 0
LOOKED_AT: LookedAt = {
    "The 5 becomes a 0": (Sample(ROW, DRAWN_SEED), Sample(ROW, DRAWN_SEED, flip=FLIP)),
    "seven 9s and a 7": (Completions(ROW, digit=12, rows=14, seed=3),),
    "Several of its completions close the loop at once": (
        Completions(NARROW, digit=12, rows=14, seed=3),
    ),
}
WANTED: WantedOf = {
    "The 5 becomes a 0": Wanted(ROW, nats=(60, 120), ink=(60, 160), changes=80, to=1),
}


def compute() -> dict[str, Any]:
    """All claims, by name."""
    return what_is_read() | what_the_gates_do() | what_is_drawn() | digests(LOOKED_AT)


def what_is_drawn() -> dict[str, Any]:
    """One sample, and the same random numbers with one pixel set by hand."""
    model = load_pretrained(ROW, "cpu")
    assert isinstance(model, RowLSTM)
    inner = (f"layer{LAYER}.f", f"layer{LAYER}.c")
    before, after = (drawn(model, DRAWN_SEED, flip, internals=inner) for flip in (None, FLIP))
    first = int(np.flatnonzero(before.values[:, 0])[0])
    changed = np.flatnonzero(before.values[:, 0] != after.values[:, 0])
    pixel = 14 * 28 + 14
    width = model.lstms[int(LAYER) - 1].state_to_state.kernel_size[1]
    reach = width // 2
    return {
        "draw: rows of the first convolution": model.config["first_kernel"] // 2,
        "draw: columns of the states above": list(range(14 - reach, 14 + reach + 1)),
        "draw: first ink": first,
        "draw: p of first ink": float(before.probs[first, 0, 1]),
        "draw: u of first ink": float(before.uniforms[first, 0]),
        "draw: log p": float(before.log_prob[0]),
        "draw: f of the unit": float(before.internals[f"layer{LAYER}.f"][pixel, 0, UNIT]),
        "draw: c of the unit": float(before.internals[f"layer{LAYER}.c"][pixel, 0, UNIT]),
        "flip: earlier pixels that change": int((changed < FLIP[0]).sum()),
        "flip: later pixels that change": int((changed > FLIP[0]).sum()),
    }


def what_is_read() -> dict[str, Any]:
    """How many earlier pixels the target reads."""
    target = START["target"]

    def seen(layers: int, first: int | None = None) -> int:
        return row_reads(SIZE, 3, first).classes(target, layers, ALL).count("seen")

    found: dict[str, Any] = {"earlier": target, "1 layer": seen(1)}
    found |= {f"{layers} layers": seen(layers) for layers in (2, 3, 5)}
    found["never"] = row_reads(SIZE, 3, None).classes(target, 1, ALL).count("blind")
    return found | {f"first {first}": seen(1, first) for first in (3, 5, 7)}


def what_the_gates_do() -> dict[str, Any]:
    """One unit down a column of a digit, with and without its upper edge."""
    model = load_pretrained(ROW, "cpu")
    assert isinstance(model, RowLSTM)
    x = load_dataset("mnist_binary", 2).test[DIGIT, 0].numpy()
    without = x.copy()
    without[:ERASED] = 0

    def column(image: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        internals, p = gates(model, image)
        values = internals[int(LAYER) - 1, :, UNIT, :, COLUMN]
        return dict(zip(INTERNALS, values, strict=True)), p[:, COLUMN]

    (cell, p), (erased, q) = column(x), column(without)
    found: dict[str, Any] = {f"c of row {row}": float(cell["c"][row]) for row in TOLD}
    return found | {
        "ink of the column": [int(row) for row in np.flatnonzero(x[:, COLUMN])],
        "i · g of row 4": float(cell["i"][4] * cell["g"][4]),
        "f of row 4": float(cell["f"][4]),
        "f of row 5": float(cell["f"][5]),
        "g of row 5": float(cell["g"][5]),
        "least f": float(cell["f"][11:20].min()),
        "most f": float(cell["f"][11:20].max()),
        "most g": float(cell["g"][11:20].max()),
        "f of row 16": float(cell["f"][16]),
        "erased f of row 16": float(erased["f"][16]),
        "erased c of row 16": float(erased["c"][16]),
        "ink erased": int(x[:ERASED].sum()),
        "edge": EDGE,
        "p of the edge": float(p[EDGE]),
        "erased p of the edge": float(q[EDGE]),
    }
