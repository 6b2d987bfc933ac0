"""The chain rule to take away: tables, joint and samples; how a huge number is written."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.analysis.chain_rule import (
    Factors,
    conditionals,
    marginals,
    path,
    running_counts,
    samples,
    variables_of,
)
from arviz_models.figures.palette import MEANINGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUBSCRIPTS = "₁₂₃₄₅₆₇₈"


def state_names(variables: int) -> list[str]:
    """The bits of every state, x_1 first."""
    return [format(state, f"0{variables}b") for state in range(2**variables)]


def factor_name(order: Sequence[int], step: int) -> str:
    """As the page writes a factor: p(x₃ | x₁, x₂)."""
    earlier = ", ".join(f"x{SUBSCRIPTS[index]}" for index in order[:step])
    return f"p(x{SUBSCRIPTS[order[step]]}{' | ' + earlier if earlier else ''})"


def factor_names(order: Sequence[int], alone: bool) -> list[str]:
    """The same for all factors; for marginals without conditions."""
    steps = range(len(order))
    return [factor_name(order[step:], 0) if alone else factor_name(order, step) for step in steps]


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def superscript(number: int) -> str:
    """A whole number as an exponent: ¹²."""
    return str(number).translate(_RAISED)


def rounded(number: int) -> str:
    """A whole number as it reads best: 1,023 or 1.02 · 10²³⁶, exact digits where they are few."""
    if number < 10**9:
        return f"{number:,}"
    digits = str(number)
    return f"{digits[0]}.{digits[1:3]} · 10{superscript(len(digits) - 1)}"


def summary_figure(
    joint: np.ndarray, order: Sequence[int], n: int, seed: int, *, alone: bool = False
) -> Figure:
    """The factors in this order, and the joint with the shares of n samples, in Matplotlib."""
    from matplotlib.figure import Figure

    D = variables_of(joint)
    factors = marginals(joint, order) if alone else conditionals(joint, order)
    shares = running_counts(samples(joint, order, n, seed, alone=alone).states, joint.size)[-1] / n
    colour = {name: meaning.light for name, meaning in MEANINGS.items()}
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    grid = figure.add_gridspec(2, D, height_ratios=[1, 1.15])
    for step, factor in enumerate(factors):
        axis: Any = figure.add_subplot(grid[0, step])
        names = [format(row, f"0{step}b") if step else "" for row in range(2**step)]
        places = np.arange(len(factor))
        axis.barh(places, np.nan_to_num(factor), color=colour["ink"], height=0.6)
        for place, p in zip(places, factor, strict=True):
            said = "undefined" if np.isnan(p) else f"{p:.3f}"
            inside = p > 0.7
            axis.text(
                p - 0.03 if inside else np.nan_to_num(p) + 0.03,
                place,
                said,
                va="center",
                ha="right" if inside else "left",
                color=colour["paper" if inside else "ink"],
                fontsize=8,
            )
        axis.set_yticks(places, names)
        axis.set_ylim(len(factor) - 0.4, -0.6)
        axis.set_xlim(0, 1)
        axis.set_title(factor_names(order, alone)[step], fontsize=10)
        axis.set_xlabel(f"probability that x{SUBSCRIPTS[order[step]]} = 1", fontsize=8)
        axis.tick_params(labelsize=8)
    axis = figure.add_subplot(grid[1, :])
    places = np.arange(joint.size)
    axis.bar(places - 0.2, joint, 0.38, color=colour["quiet"], label="joint p(x)")
    axis.bar(
        places + 0.2, shares, 0.38, fc="white", ec=colour["sampled"], hatch="////",
        label=f"share of {n} samples",
    )  # fmt: skip
    axis.set_xticks(places, state_names(D))
    axis.set_xlabel("state x₁x₂x₃", fontsize=9)
    axis.set_ylabel("probability", fontsize=9)
    axis.legend(frameon=False, fontsize=9)
    for each in figure.axes:
        each.spines[["top", "right"]].set_visible(False)
    return figure


def table(
    joint: np.ndarray, order: Sequence[int], n: int, seed: int, *, alone: bool = False
) -> str:
    """CSV: every state with its factors in this order, its probability and its share of n."""
    D = variables_of(joint)
    factors: Factors = marginals(joint, order) if alone else conditionals(joint, order)
    shares = running_counts(samples(joint, order, n, seed, alone=alone).states, joint.size)[-1] / n
    names = [name.replace(", ", " ") for name in factor_names(order, alone)]
    header = [*(f"x{index + 1}" for index in range(D)), *names, "p(x)", f"share of {n} samples"]
    lines = [",".join(header)]
    for state, bits in enumerate(state_names(D)):
        numbers = []
        for factor, (row, value) in zip(factors, path(state, order), strict=True):
            p = factor[row] if value else 1 - factor[row]
            numbers.append("undefined" if np.isnan(p) else f"{p:.6g}")
        lines.append(
            ",".join([*bits, *numbers, f"{joint[state]:.6g}", f"{shares[state]:.6g}"])
        )  # fmt: skip
    return "\n".join(lines) + "\n"


def archive(
    joint: np.ndarray, order: Sequence[int], n: int, seed: int, *, alone: bool = False
) -> bytes:
    """Joint, factors, order and all samples with their random numbers as NPZ."""
    factors = marginals(joint, order) if alone else conditionals(joint, order)
    draws = samples(joint, order, n, seed, alone=alone)
    file = io.BytesIO()
    named: dict[str, Any] = {f"factor{step + 1}": factor for step, factor in enumerate(factors)}
    named |= {"joint": joint, "order": np.array(order), "states": draws.states}
    named |= {"values": draws.values, "probabilities": draws.probabilities}
    np.savez_compressed(file, uniforms=draws.uniforms, **named)
    return file.getvalue()


def animation(
    joint: np.ndarray, order: Sequence[int], n: int, seed: int, *, alone: bool = False
) -> bytes:
    """The shares of 0 to n samples growing into the joint, as GIF of about five seconds."""
    from PIL import Image, ImageDraw, ImageFont

    counts = running_counts(samples(joint, order, n, seed, alone=alone).states, joint.size)
    font = ImageFont.load_default(16)
    width, height, foot, pitch = 480, 260, 220, 56
    top = max(0.25, float(joint.max()) * 1.25)
    pictures = []
    for done in np.unique(np.geomspace(1, n, 60).round().astype(int)):
        image = Image.new("RGB", (width, height), MEANINGS["paper"].light)
        pen = ImageDraw.Draw(image)
        pen.text((16, 10), f"{done} samples", fill=MEANINGS["ink"].light, font=font)
        for state, name in enumerate(state_names(variables_of(joint))):
            left = 20 + state * pitch
            for offset, share, mark in (
                (0, float(joint[state]), "quiet"),
                (20, counts[done, state] / done, "sampled"),
            ):
                high = foot - min(1.0, share / top) * (foot - 40)
                pen.rectangle((left + offset, high, left + offset + 17, foot), MEANINGS[mark].light)
            pen.text((left + 6, foot + 8), name, fill=MEANINGS["ink"].light, font=font)
        pictures.append(image)
    file = io.BytesIO()
    durations = [80] * (len(pictures) - 1) + [1500]
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0
    )
    return file.getvalue()
