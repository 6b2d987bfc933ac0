"""Pictures of the chain rule: arrays for the browser, and what a student takes away."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.chain_rule import (
    Draws,
    Factors,
    ancestral_samples,
    conditionals,
    full_table_parameters,
    influence,
    path,
    running_counts,
    running_distance,
    shared_network_parameters,
    variables_of,
)
from arviz_models.figures.palette import MEANINGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUBSCRIPTS = "₁₂₃₄₅₆₇₈"
DIGITS_784 = 784  # pixels of a 28x28 image


def samples(joint: np.ndarray, order: Sequence[int], n: int, seed: int) -> Draws:
    """n ancestral samples of a joint in an order; the seed decides every random number."""
    uniforms = np.random.default_rng(seed).random((n, len(order)))
    return ancestral_samples(conditionals(joint, order), order, uniforms)


def chain_arrays(
    joint: np.ndarray, order: Sequence[int], n: int, seed: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Everything that the picture draws.

    Returns:
        meta: order, joint (2^D), factors (None where undefined), influence (D x D).
        arrays: values uint8 (n, D) in the order of drawing; states uint8 (n,); u and p float32
        (n, D); distance float32 (n + 1,), total variation of the first n samples to the joint.
    """
    factors = conditionals(joint, order)
    draws = samples(joint, order, n, seed)
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


def state_names(variables: int) -> list[str]:
    """The bits of every state, x_1 first."""
    return [format(state, f"0{variables}b") for state in range(2**variables)]


def factor_name(order: Sequence[int], step: int) -> str:
    """As the page writes a factor: p(x₃ | x₁, x₂)."""
    earlier = ", ".join(f"x{SUBSCRIPTS[index]}" for index in order[:step])
    return f"p(x{SUBSCRIPTS[order[step]]}{' | ' + earlier if earlier else ''})"


def parameters_figure(hidden: int, variables: int, ground: str) -> Any:
    """Numbers to learn as D grows to 784, on a log scale: full table against NADE, in Plotly."""
    import plotly.graph_objects as go

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    D = np.unique(np.concatenate([np.arange(1, 33), np.linspace(33, DIGITS_784, 120).astype(int)]))
    table = [float(full_table_parameters(int(d))) for d in D]
    network = [float(shared_network_parameters(int(d), hidden)) for d in D]
    figure = go.Figure()
    figure.add_scatter(
        x=D, y=table, name="tables: 2^D − 1", line={"color": colour["target"], "width": 2.5}
    )
    figure.add_scatter(
        x=D,
        y=network,
        name=f"shared network: 2DH + D + H, H = {hidden}",
        line={"color": colour["seen"], "width": 2.5, "dash": "dash"},
    )
    marks = [
        float(full_table_parameters(variables)),
        float(shared_network_parameters(variables, hidden)),
    ]
    figure.add_scatter(
        x=[variables] * 2,
        y=marks,
        mode="markers",
        marker={"size": 10, "color": [colour["target"], colour["seen"]]},
        showlegend=False,
        name=f"D = {variables}",
    )
    figure.update_layout(
        height=320,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": "variables D", "range": [0, 800]},
        yaxis={
            "title": "numbers to learn",
            "type": "log",
            "tickvals": [1.0, 1e40, 1e80, 1e120, 1e160, 1e200, 1e240],
            "ticktext": ["1", *(f"10<sup>{power}</sup>" for power in range(40, 241, 40))],
        },
        legend={"orientation": "h", "y": 1.12},
    )
    return figure


def rounded(number: int) -> str:
    """A whole number as it reads best: 1,023 or 1.02 · 10^236, exact digits where they are few."""
    if number < 10**9:
        return f"{number:,}"
    digits = str(number)
    return f"{digits[0]}.{digits[1:3]} · 10^{len(digits) - 1}"


def summary_figure(joint: np.ndarray, order: Sequence[int], n: int, seed: int) -> Figure:
    """The factors in this order, and the joint with the shares of n samples, in Matplotlib."""
    from matplotlib.figure import Figure

    D = variables_of(joint)
    factors = conditionals(joint, order)
    shares = running_counts(samples(joint, order, n, seed).states, joint.size)[-1] / n
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
        axis.set_title(factor_name(order, step), fontsize=10)
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


def table(joint: np.ndarray, order: Sequence[int], n: int, seed: int) -> str:
    """CSV: every state with its factors in this order, its probability and its share of n."""
    D = variables_of(joint)
    factors: Factors = conditionals(joint, order)
    shares = running_counts(samples(joint, order, n, seed).states, joint.size)[-1] / n
    names = [factor_name(order, step).replace(", ", " ") for step in range(D)]
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


def archive(joint: np.ndarray, order: Sequence[int], n: int, seed: int) -> bytes:
    """Joint, factors, order and all samples with their random numbers as NPZ."""
    factors = conditionals(joint, order)
    draws = samples(joint, order, n, seed)
    file = io.BytesIO()
    named: dict[str, Any] = {f"factor{step + 1}": factor for step, factor in enumerate(factors)}
    named |= {"joint": joint, "order": np.array(order), "states": draws.states}
    named |= {"values": draws.values, "probabilities": draws.probabilities}
    np.savez_compressed(file, uniforms=draws.uniforms, **named)
    return file.getvalue()


def animation(joint: np.ndarray, order: Sequence[int], n: int, seed: int) -> bytes:
    """The shares of 0 to n samples growing into the joint, as GIF of about five seconds."""
    from PIL import Image, ImageDraw, ImageFont

    counts = running_counts(samples(joint, order, n, seed).states, joint.size)
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
