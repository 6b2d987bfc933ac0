"""MADE's masks as a graph: its degrees, its paths, its gradients, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from arviz_models.analysis.gradients import input_gradients
from arviz_models.analysis.tiny import fit_strips
from arviz_models.ordering import ranks
from arviz_models.teaching_made import TeachingMADE

if TYPE_CHECKING:
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
        (D, D), paths from input j to output i; illegal uint8 (D, D), 1 where such a path leads from
        an input that is not drawn before the output; gradient float32 (D, D), see
        `input_gradients`.
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
    arrays["illegal"] = illegal_paths(model).numpy().astype(np.uint8)
    arrays["gradient"] = input_gradients(model, x.to(model.device)).float().numpy()
    labels = [rank, *(layer.tolist() for layer in model.degrees), rank]
    meta = {"sizes": [D, *model.hidden, D], "labels": labels, "order": model.order.tolist()}
    return meta, arrays


def illegal_paths(model: MADE) -> torch.Tensor:
    """bool (D, D): [i, j] where a path leads from x_j, not drawn before x_i, to p(x_i | ...).

    A right MADE has none.
    """
    rank = ranks(model.order)
    return (model.path_counts() > 0).cpu() & (rank.unsqueeze(1) <= rank.unsqueeze(0)).cpu()


@torch.no_grad()
def numbers_at(model: MADE, x: Sequence[int]) -> dict[str, np.ndarray]:
    """What a unit's sum is made of, and the logits that follow, for one input.

    Args:
        x: D values, 0 or 1.

    Returns:
        weight1, bias1, weight2, ...: of the layers, before the masks; across: of the direct
        connections, empty without any; logits: (D,) of a 1.
    """
    z = model.logits(torch.tensor([list(x)], device=model.device))
    found = {}
    for number, layer in enumerate(model.layers, start=1):
        found[f"weight{number}"] = layer.weight.float().cpu().numpy()
        found[f"bias{number}"] = layer.bias.float().cpu().numpy()
    direct = model.direct
    found["across"] = (
        np.empty(0, np.float32) if direct is None else direct.weight.float().cpu().numpy()
    )
    return found | {"logits": (z[0, :, 1] - z[0, :, 0]).float().cpu().numpy()}
