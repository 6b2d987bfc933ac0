"""The chain rule of probability over a few binary variables, with every number written down.

For any order o of the variables,

    p(x) = p(x_o[1]) p(x_o[2] | x_o[1]) ... p(x_o[D] | x_o[1], ..., x_o[D-1]).

A *joint* is a table of 2^D probabilities, float64; state s has the bits of s, x_1 first. *Factors*
are the same joint as conditionals: one array for each variable in the order of drawing, the k-th
of length 2^k, which holds p(x = 1 | earlier) for every setting of the earlier variables (their
bits, first drawn first). A setting that never happens leaves its conditional undefined: NaN in the
factors, taken as 1/2 where factors are multiplied, which changes nothing, as it meets a 0 there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Factors = tuple[np.ndarray, ...]

# Weights of the eight states 000, 001, ... 111 of x1 x2 x3; each joint is its weights / their sum.
JOINTS: dict[str, tuple[int, ...]] = {
    # Two causes, each 3 in 10; x3 is 1 with 0.05, 0.9, 0.9 and 0.95, by how many causes there are.
    "explaining away": (931, 49, 42, 378, 42, 378, 9, 171),
    "chain": (16, 4, 1, 4, 4, 1, 4, 16),  # each variable copies the one before, 8 times in 10
    "xor": (1, 0, 0, 1, 0, 1, 1, 0),  # x3 = x1 xor x2
    "two modes": (10, 1, 1, 1, 1, 1, 1, 10),
    "independent": (36, 54, 24, 36, 84, 126, 56, 84),  # p = 0.7, 0.4, 0.6
}


def joint_from(weights: Sequence[float] | np.ndarray) -> np.ndarray:
    """Weights of all states as probabilities, float64 (2^D,).

    Raises:
        ValueError: not 2^D weights, one that is negative or no number, or nothing but zeros.
    """
    table = np.asarray(weights, dtype=float)
    if table.ndim != 1 or table.size < 2 or table.size & (table.size - 1):
        raise ValueError(f"a joint has 2^D weights, D >= 1; given {table.size}")
    if not np.isfinite(table).all() or (table < 0).any() or table.sum() <= 0:
        raise ValueError("each weight is a number of at least 0, and one of them is above 0")
    return table / table.sum()


def variables_of(joint: np.ndarray) -> int:
    """D of a table of 2^D probabilities."""
    return joint.size.bit_length() - 1


def _checked(order: Sequence[int], variables: int) -> list[int]:
    if sorted(order) != list(range(variables)):
        raise ValueError(f"an order holds each of 0..{variables - 1} once; given {tuple(order)}")
    return list(order)


def conditionals(joint: np.ndarray, order: Sequence[int]) -> Factors:
    """The factors of a joint in an order: p(x_b = 1 | earlier) = p(earlier, x_b = 1) / p(earlier).

    Args:
        joint: (2^D,), sums to 1.
        order: indices of the variables, first drawn first.

    Returns:
        D arrays of 1, 2, 4, ... probabilities, 2^D - 1 numbers in all; NaN where undefined.

    >>> conditionals(joint_from(JOINTS["independent"]), (2, 0, 1))[0]
    array([0.6])
    """
    D = variables_of(joint)
    table = joint.reshape((2,) * D).transpose(_checked(order, D))
    factors = []
    for k in range(D):
        pair = table.reshape(2**k, 2, -1).sum(axis=2)  # (2^k, 2): p(earlier, x_o[k])
        total = pair.sum(axis=1)
        undefined = np.full(2**k, np.nan)
        factors.append(np.divide(pair[:, 1], total, out=undefined, where=total > 0))
    return tuple(factors)


def joint_of(factors: Factors, order: Sequence[int]) -> np.ndarray:
    """The product of all factors, (2^D,): the joint they came from. NaN counts as 1/2."""
    D = len(factors)
    product = np.ones(1)
    for factor in factors:
        one = np.where(np.isnan(factor), 0.5, factor)
        product = (product[:, None] * np.stack([1 - one, one], axis=1)).reshape(-1)
    back = np.argsort(_checked(order, D))
    return product.reshape((2,) * D).transpose(back).reshape(-1)


def with_conditional(
    joint: np.ndarray, order: Sequence[int], step: int, row: int, p: float
) -> np.ndarray:
    """The joint after one conditional is changed and all others, in that order, are kept.

    Args:
        step: 0-based place in the order, k.
        row: setting of the k earlier variables as a number, first drawn first.
        p: the new p(x = 1 | earlier). Ends of 0 and 1 leave later conditionals undefined.

    Raises:
        ValueError: p is no probability, there is no such row, or its conditional is undefined:
            the earlier variables never have that setting, so that no joint would change.
    """
    factors = [factor.copy() for factor in conditionals(joint, order)]
    if not 0 <= p <= 1:
        raise ValueError(f"a probability is from 0 to 1; given {p}")
    if not (0 <= step < len(factors) and 0 <= row < len(factors[step])):
        raise ValueError(f"no row {row} at step {step} of {len(factors)}")
    if np.isnan(factors[step][row]):
        raise ValueError("this conditional is undefined: its condition has probability 0")
    factors[step][row] = p
    return joint_of(tuple(factors), order)


def with_state(joint: np.ndarray, state: int, p: float) -> np.ndarray:
    """The joint after one state has another probability; the others keep their proportions.

    Where the others were all 0 they share what is left equally.

    Raises:
        ValueError: p is no probability, or there is no such state.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"a probability is from 0 to 1; given {p}")
    if not 0 <= state < joint.size:
        raise ValueError(f"a state is from 0 to {joint.size - 1}; given {state}")
    changed = joint.copy()
    changed[state] = 0
    rest = changed.sum()
    changed = changed / rest if rest > 0 else np.full(joint.size, 1 / (joint.size - 1))
    changed *= 1 - p
    changed[state] = p
    return changed


def influence(factors: Factors) -> np.ndarray:
    """(D, D): how much each earlier variable can move each conditional; 0 where it does nothing.

    Entry (k, j) is the largest |p(x_o[k] = 1 | ... x_o[j] = 1 ...) - p(... x_o[j] = 0 ...)| over
    the settings of the others for which both are defined.
    """
    D = len(factors)
    found = np.zeros((D, D))
    for k, factor in enumerate(factors):
        for j in range(k):
            pairs = factor.reshape(2**j, 2, -1)  # x_o[j] along the middle
            gaps = np.abs(pairs[:, 1] - pairs[:, 0])
            found[k, j] = np.nanmax(gaps) if not np.isnan(gaps).all() else 0
    return found


def path(state: int, order: Sequence[int]) -> list[tuple[int, int]]:
    """(row, value) of each factor that a state passes, in the order of drawing."""
    D = len(order)
    bits = [(state >> (D - 1 - index)) & 1 for index in order]
    rows = [int("".join(map(str, bits[:k])) or "0", 2) for k in range(D)]
    return list(zip(rows, bits, strict=True))


@dataclass(frozen=True)
class Draws:
    """Ancestral samples, with everything that decided them.

    Attributes:
        values: uint8 (n, D), in the order of drawing.
        probabilities: float64 (n, D), the p(x = 1 | earlier) that each value met.
        uniforms: float64 (n, D).
        states: int64 (n,), each sample as a state, x_1 first.
    """

    values: np.ndarray
    probabilities: np.ndarray
    uniforms: np.ndarray
    states: np.ndarray


def ancestral_samples(factors: Factors, order: Sequence[int], uniforms: np.ndarray) -> Draws:
    """Draw x_o[1], then x_o[2] given it, and so on: x = 1 where u >= 1 - p(x = 1 | earlier).

    Args:
        uniforms: (n, D), each in [0, 1).
    """
    n, D = uniforms.shape
    order = _checked(order, len(factors))
    values = np.zeros((n, D), np.uint8)
    probabilities = np.zeros((n, D))
    row = np.zeros(n, np.int64)
    states = np.zeros(n, np.int64)
    for k, factor in enumerate(factors):
        probabilities[:, k] = factor[row]
        values[:, k] = uniforms[:, k] >= 1 - probabilities[:, k]
        row = 2 * row + values[:, k]
        states |= values[:, k].astype(np.int64) << (D - 1 - order[k])
    return Draws(values, probabilities, uniforms, states)


def running_counts(states: np.ndarray, number: int) -> np.ndarray:
    """How often each state came among the first 0, 1, ..., n samples: int64 (n + 1, number)."""
    counts = np.zeros((len(states) + 1, number), np.int64)
    counts[np.arange(1, len(states) + 1), states] = 1
    return np.cumsum(counts, axis=0)


def total_variation(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Half the sum of |p - q| over the last axis: from 0, the same, to 1, nothing in common."""
    return np.abs(p - q).sum(axis=-1) / 2


def running_distance(joint: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Total variation distance of the first n samples' shares to the joint; 1 where n is 0."""
    counts = running_counts(states, joint.size)[1:]
    shares = counts / counts.sum(axis=1, keepdims=True)
    return np.concatenate([[1.0], total_variation(shares, joint)])


def full_table_parameters(variables: int) -> int:
    """Free numbers of a joint over D binary variables: 2^D - 1, as they sum to 1."""
    return 2**variables - 1


def chain_parameters(variables: int) -> int:
    """Free numbers of all factors as tables: 1 + 2 + 4 + ... + 2^(D-1)."""
    return sum(2**k for k in range(variables))


def separate_networks_parameters(variables: int, hidden: int) -> int:
    """Parameters of D networks, one for each conditional, with H hidden units each.

    Network t reads x_1 ... x_{t-1}: H (t - 1) weights and H biases, then H weights and a bias.

    >>> separate_networks_parameters(784, 500)
    154252784
    """
    return hidden * (variables * (variables - 1) // 2 + 2 * variables) + variables


def shared_network_parameters(variables: int, hidden: int) -> int:
    """Parameters of NADE: W and V, D x H each, and the biases b (D) and c (H)."""
    return 2 * variables * hidden + variables + hidden


def marginals(joint: np.ndarray, order: Sequence[int]) -> Factors:
    """Factors that ignore every condition: each row of a table holds the variable's marginal.

    Their product is the joint only where all variables are independent.

    >>> marginals(joint_from(JOINTS["xor"]), (0, 1, 2))[1]
    array([0.5, 0.5])
    """
    D = variables_of(joint)
    table = joint.reshape((2,) * D).transpose(_checked(order, D))
    ones = [float(np.moveaxis(table, k, 0)[1].sum()) for k in range(D)]
    return tuple(np.full(2**k, p) for k, p in enumerate(ones))


def samples(
    joint: np.ndarray, order: Sequence[int], n: int, seed: int, *, alone: bool = False
) -> Draws:
    """n ancestral samples of a joint in an order; the seed decides every random number.

    With `alone` each variable is drawn from its marginal, whatever was drawn before.
    """
    uniforms = np.random.default_rng(seed).random((n, len(order)))
    factors = marginals(joint, order) if alone else conditionals(joint, order)
    return ancestral_samples(factors, order, uniforms)


def chain_arrays(
    joint: np.ndarray, order: Sequence[int], n: int, seed: int, *, alone: bool = False
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Everything that the picture draws.

    Args:
        joint, order, n, seed, alone: as in `samples`; with `alone` the factors are the marginals.

    Returns:
        meta: order, joint (2^D), factors (None where undefined), influence (D x D).
        arrays: values uint8 (n, D) in the order of drawing; states uint8 (n,); u and p float32
        (n, D); distance float32 (n + 1,), total variation of the first n samples to the joint.
    """
    factors = marginals(joint, order) if alone else conditionals(joint, order)
    draws = samples(joint, order, n, seed, alone=alone)
    meta = {
        "order": list(order),
        "joint": joint.tolist(),
        "factors": [[None if np.isnan(p) else float(p) for p in factor] for factor in factors],
        "influence": influence(factors).tolist(),
    }
    arrays = {
        "values": draws.values,
        "states": draws.states.astype(np.uint8),
        "u": draws.uniforms.astype(np.float32),
        "p": draws.probabilities.astype(np.float32),
        "distance": running_distance(joint, draws.states).astype(np.float32),
    }
    return meta, arrays
