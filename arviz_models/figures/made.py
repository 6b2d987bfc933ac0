"""Pictures of MADE's masks: arrays for the browser, and what a student takes away."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from arviz_models.figures.palette import MEANINGS
from arviz_models.gradients import input_gradients
from arviz_models.made import TeachingMADE
from arviz_models.ordering import ranks
from arviz_models.tiny import fit_strips, fit_table, learned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from arviz_models.made import MADE

MISTAKES = ("none", "degree D", "degree 0", "all equal", "relaxed")
INPUTS_TRIED = 64  # random x at which the gradient is taken


def network(
    variables: int,
    widths: Sequence[int],
    order: Sequence[int],
    degrees: str | Sequence[Sequence[int]],
    *,
    direct: bool = False,
    mistake: str = "none",
    seed: int = 0,
    trained: bool = False,
) -> TeachingMADE:
    """The network of the lesson: a real MADE with D binary variables, and a mistake if wanted.

    Args:
        variables: D.
        widths: units of each hidden layer.
        order: flat indices in the order of drawing.
        degrees: "random", "even", or one list for each hidden layer.
        mistake: one of `MISTAKES`. "degree D": the first unit of the last hidden layer; "degree 0":
            the first unit of the first; "all equal": all have degree D/2, rounded up; "relaxed":
            the output mask takes >= for >.
        seed: of degrees and weights.
        trained: on strips of digits (see `tiny.strips`) instead of random weights; the loss at its
            end is then ``network.strips_nll``, in nats.

    Raises:
        ValueError: unknown mistake; else as `MADE`.
    """
    if mistake not in MISTAKES:
        raise ValueError(f"a mistake is one of {', '.join(MISTAKES)}; given {mistake!r}")
    with torch.random.fork_rng(devices=[]):
        base = TeachingMADE((variables,), 2, widths, order, degrees, direct, 1, seed)
    chosen = [layer.tolist() for layer in base.degrees]
    if mistake == "degree D":
        chosen[-1][0] = variables
    elif mistake == "degree 0":
        chosen[0][0] = 0
    elif mistake == "all equal":
        chosen = [[(variables + 1) // 2] * width for width in widths]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TeachingMADE(
            (variables,), 2, widths, order, chosen, direct, 1, seed, relaxed=mistake == "relaxed"
        )
        if trained:
            for layer in model.layers[:-1]:  # with so few units none may begin switched off
                torch.nn.init.constant_(layer.bias, 0.3)
            object.__setattr__(model, "strips_nll", fit_strips(model))
        else:
            for parameter in model.parameters():
                torch.nn.init.normal_(parameter, std=0.7)
    return model.eval()


def graph_arrays(model: MADE, seed: int = 0) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Everything that the picture draws, from the model itself.

    Returns:
        meta: sizes (nodes of each layer), labels (rank, degrees, rank, 1-based), order.
        arrays: mask1.. uint8 (H_1, D) .. (D, H_L); direct uint8 (D, D) or empty; counts int32
        (D, D), paths from input j to output i; gradient float32 (D, D), see `input_gradients`.
    """
    D = model.dimensions
    rank = (ranks(model.order) + 1).tolist()
    masks = [mask.cpu().numpy().astype(np.uint8) for mask in model.masks()]
    direct = model.direct_mask()
    generator = torch.Generator(device="cpu").manual_seed(seed)
    x = torch.randint(0, 2, (INPUTS_TRIED, *model.event_shape), generator=generator)
    arrays = {f"mask{number}": mask for number, mask in enumerate(masks, start=1)}
    arrays["direct"] = np.empty(0, np.uint8) if direct is None else direct.numpy().astype(np.uint8)
    arrays["counts"] = model.path_counts().numpy().astype(np.int32)
    arrays["gradient"] = input_gradients(model, x.to(model.device)).float().numpy()
    labels = [rank, *(layer.tolist() for layer in model.degrees), rank]
    meta = {"sizes": [D, *model.hidden, D], "labels": labels, "order": model.order.tolist()}
    return meta, arrays


def matrices_figure(model: MADE, seed: int = 0) -> Figure:
    """Masks, path counts and gradient side by side, as a Matplotlib figure."""
    from matplotlib.figure import Figure

    _, arrays = graph_arrays(model, seed)
    D = model.dimensions
    masks = [(name, array.reshape(-1)) for name, array in arrays.items() if name.startswith("mask")]
    widths = [D, *model.hidden]
    figure = Figure(figsize=(2.4 * (len(masks) + 2), 2.8), layout="constrained")
    axes = figure.subplots(1, len(masks) + 2)
    for axis, (name, mask), width in zip(axes, masks, widths, strict=False):
        axis.imshow(mask.reshape(-1, width), cmap="Greys", vmin=0, vmax=1.6)
        axis.set_title(f"mask {name.removeprefix('mask')}", fontsize=9)
    for axis, name, title in zip(
        axes[-2:], ("counts", "gradient"), ("paths", "|∂ logit / ∂ x|"), strict=True
    ):
        axis.imshow(arrays[name].reshape(D, D), cmap="cividis")
        axis.set_title(title, fontsize=9)
        axis.set_xlabel("input")
        axis.set_ylabel("output")
    for axis in axes:
        axis.set_xticks([])
        axis.set_yticks([])
    return figure


def archive(model: MADE, seed: int = 0) -> bytes:
    """Masks, path counts, gradient, ranks and degrees as NPZ."""
    meta, arrays = graph_arrays(model, seed)
    file = io.BytesIO()
    labels = {f"degree{number}": np.array(each) for number, each in enumerate(meta["labels"])}
    everything: dict[str, Any] = {"order": np.array(meta["order"])} | arrays | labels
    np.savez_compressed(file, **everything)
    return file.getvalue()


@lru_cache(maxsize=64)
def learned_table(
    probabilities: tuple[float, ...], order: tuple[int, ...], hidden: int, seed: int
) -> tuple[np.ndarray, float]:
    """A MADE trained on a whole table: its probability of every state, and its NLL in nats."""
    from arviz_models.made import MADE

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = MADE((len(order),), 2, (hidden, hidden), order, "even")
        *_, (_, nll) = fit_table(model, np.array(probabilities))
    return learned(model), nll


def table_figure(true: np.ndarray, found: dict[str, np.ndarray], ground: str) -> Any:
    """All 2^D probabilities, true and learned under each order, as Plotly bars."""
    import plotly.graph_objects as go

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    variables = int(np.log2(len(true)))
    names = [format(state, f"0{variables}b") for state in range(len(true))]
    figure = go.Figure(go.Bar(x=names, y=true, name="true", marker_color=colour["quiet"]))
    for (name, table), tone, pattern in zip(
        found.items(), ("seen", "target"), ("", "/"), strict=False
    ):
        figure.add_bar(
            x=names, y=table, name=name, marker_color=colour[tone], marker_pattern_shape=pattern
        )
    figure.update_layout(
        height=300,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": f"state x₁…x{'₁₂₃₄₅₆₇₈'[variables - 1]}", "type": "category"},
        yaxis={"title": "probability"},
        legend={"orientation": "h", "y": 1.12},
        bargap=0.25,
    )
    return figure
