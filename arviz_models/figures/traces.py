"""What pages play of a trace: its order, values and probabilities as arrays."""

from __future__ import annotations

import numpy as np

from arviz_models.sampler import Trace

Arrays = dict[str, np.ndarray]


def trace_arrays(trace: Trace, base: Trace, first_h: np.ndarray | None = None) -> Arrays:
    """What the picture plays: one sample of a binary model, and the same without flips.

    Args:
        trace: of n = 1 sample.
        base: the trace with the same random numbers and nothing given.
        first_h: (H,) hidden units of the first conditional, where they are not σ(c).

    Returns:
        order: (D,) int32; p: (D,) float32, P(x = 1) at each step; u: (D,) float32; values and
        base: (D,) uint8; first_h: (H,) float32 or empty.
    """
    return {
        "order": trace.order.astype(np.int32),
        "p": trace.probs[:, 0, 1].astype(np.float32),
        "u": trace.uniforms[:, 0].astype(np.float32),
        "values": trace.values[:, 0].astype(np.uint8),
        "base": base.values[:, 0].astype(np.uint8),
        "first_h": (np.empty(0) if first_h is None else first_h).astype(np.float32),
    }


def batch_arrays(trace: Trace) -> Arrays:
    """Several samples of a binary model, to be played together.

    Returns:
        order: (D,) int32; values: (D, n) uint8; p: (D, n) float32, P(x = 1) at each step.
    """
    return {
        "order": trace.order.astype(np.int32),
        "values": trace.values.astype(np.uint8),
        "p": np.ascontiguousarray(trace.probs[:, :, 1], dtype=np.float32),
    }
