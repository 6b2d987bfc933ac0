r"""What the conditional of a pixel can see: by the structure, exactly, and by the gradient.

A deeper stack of the same kind begins with the same layers, and what a layer can read, all that
follow it can read too. So one number for a target and another pixel holds every depth at once: the
first layer after which the output at the target can read that pixel (`first_seen`). The table is
filled layer by layer until one more layer adds nothing, for any target; what is not in it by then
is blind, however deep the stack.

Pixels are counted here, not dimensions: a target reads a pixel where the conditional of any of its
channels reads any channel of it.
"""

from __future__ import annotations

import json
import weakref
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models.base import AutoregressiveModel
from arviz_models.image_model import ImageModel
from arviz_models.ordering import ranks

NAMES = ("future", "target", "seen", "depth-limited", "blind")
NEVER = 255  # in a table of first layers: no depth reads this pixel
LAST_LAYER = NEVER - 1  # the highest number that such a table can hold
TABLES_KEPT = 16


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """What the conditional of one pixel can see.

    Attributes:
        NAMES: what the numbers in `classes` stand for. "future": not drawn before the target.
            "target": itself. "seen": read. "depth-limited": not read, but a deeper stack of the
            same kind reads it. "blind": read at no depth.
        target: row and column.
        classes: uint8 (H, W), indices into NAMES.
        first_seen: uint8 (H, W), the target's row of the table `first_seen`. A model without a
            depth has 0 where it reads, else NEVER.
        leaks: bool (H, W), read though it must not be: future pixels, or at the target a channel
            that reads itself or a later one. Nothing, unless a model is broken on purpose.
    """

    NAMES: ClassVar[tuple[str, ...]] = NAMES

    target: tuple[int, int]
    classes: np.ndarray
    first_seen: np.ndarray
    leaks: np.ndarray

    @property
    def counts(self) -> dict[str, int]:
        """How many pixels there are of each name; together H W."""
        pixels = np.bincount(self.classes.ravel(), minlength=len(NAMES))
        return dict(zip(NAMES, pixels.tolist(), strict=True))


def receptive_field(model: AutoregressiveModel, target: tuple[int, int]) -> ReceptiveField:
    """Which of the earlier pixels the conditional of `target` reads, from the structure alone.

    A pixel is in the future where each of its channels is drawn after each of the target's. Models
    that have no depth (NADE, MADE) are blind to all that they do not read.

    Args:
        model: over images; in its own order.
        target: row and column, from the top left.

    Raises:
        ValueError: a model over vectors; a target outside the image; as `first_seen`.

    Example:
        >>> from arviz_models import PixelCNN
        >>> receptive_field(PixelCNN((1, 4, 5), layers=1, first_kernel=3), (3, 1)).classes
        array([[3, 3, 3, 3, 3],
               [2, 2, 2, 2, 4],
               [2, 2, 2, 4, 4],
               [2, 1, 0, 0, 0]], dtype=uint8)
    """
    pixel = _flat_pixel(model, target)
    channels, height, width = model.event_shape
    if isinstance(model, ImageModel):
        first, depth = first_seen(model)[pixel], min(model.following_layers, LAST_LAYER)
    else:
        reads = model.dependencies().T.cpu()
        between = _between_pixels(reads, _counted(model), channels)  # [pixel, target]
        first, depth = np.where(between[:, pixel].numpy(), 0, NEVER).astype(np.uint8), 0

    rank = ranks(model.order).view(channels, -1).cpu().numpy()  # (C, H W)
    here = np.arange(height * width) == pixel
    future = rank.min(0) > rank[:, pixel].max()
    read = first <= depth
    found = [future, here, read, first != NEVER]  # in the order of NAMES; else blind
    classes = np.select(found, range(len(found)), len(found)).astype(np.uint8)

    shape = (height, width)
    leaks = read & (future | here)
    return ReceptiveField(
        (int(target[0]), int(target[1])),
        classes.reshape(shape),
        first.reshape(shape),
        leaks.reshape(shape),
    )


def first_seen(model: ImageModel, stream: int = -1) -> np.ndarray:
    """The first layer after which each target can read each pixel, for all depths at once.

    Depends on the kind of the model, its image and its kernels, not on its weights, features,
    levels or depth: it is computed once for all that agree in those. The result is read-only.

    Args:
        model: an image model that says what its layers can read.
        stream: which of the network's streams; -1 is the one that the output reads. (Gated
            PixelCNN: 0 is the vertical stack, 1 the horizontal one.)

    Returns:
        uint8 (H*W, H*W), [target, pixel], both in raster order: 0 for the first layer, n for the
        n-th that follows it, NEVER (255) where no depth reads the pixel. So a model reads the
        pixels whose entry is at most its `following_layers`. On the diagonal, NEVER unless a
        channel can read itself or a later one; that it reads the earlier ones is not told.

    Raises:
        ValueError: a model without layers to count; no such stream; a stack that still reads more
            after layer 254.
    """
    if not isinstance(model, ImageModel):
        raise ValueError(
            f"only an image model built of layers has a first layer that sees a pixel; given a "
            f"{type(model).__name__}. Its receptive_field() holds at any depth"
        )
    others = ("features", "layers", "levels")
    settings = {name: value for name, value in model.config.items() if name not in others}
    tables = _first_seen(
        _Structure(type(model), json.dumps(settings, sort_keys=True), weakref.ref(model))
    )
    if not -len(tables) <= stream < len(tables):
        raise ValueError(
            f"a {type(model).__name__} has the streams 0..{len(tables) - 1}, and -1 for the last; "
            f"given {stream}"
        )
    table: np.ndarray = tables[stream]
    return table


def gradient_map(
    model: AutoregressiveModel,
    x: Tensor,
    target: tuple[int, int],
    channel: int | None = None,
) -> np.ndarray:
    r"""How much the log-probability of a pixel hangs on each pixel that it reads, at one image.

    .. math:: G_j = \sum_c \left( \max_l g_{cjl} - \min_l g_{cjl} \right), \qquad
        g_{cjl} = \frac{\partial \log p(x_i \mid x_{\text{before}})}{\partial\, e_{cjl}}

    with i the target and e the one-hot input, c its channels, l its levels. A value that moves from
    level a to level b moves e by one at b and by minus one at a, so g_b - g_a is what that move
    does to log p, to first order; the largest is taken. Where a network reads a level as the
    intensity l / (K - 1), that is :math:`|\partial \log p / \partial \text{intensity}|`.

    It is measured, and no proof of what is read, which `receptive_field` says. Where no path leads
    to the target, a mask multiplies every weight on the way by 0, and the map holds 0 or what the
    device makes of such a sum. It can be 0 elsewhere too, at one image (a ReLU that is off).

    Args:
        model: over images, with the weights that it has.
        x: long (1, C, H, W).
        target: row and column of i.
        channel: which channel of the target; None for all, log p being their sum. At the target
            itself the map then shows what its channels take from each other.

    Returns:
        float64 (H, W), in nats.

    Raises:
        ValueError: a model over vectors; a target or channel outside the image; x of wrong shape,
            dtype or levels.
    """
    pixel = _flat_pixel(model, target)
    channels = model.event_shape[0]
    model._check("x", x, lowest=0, batches=(1,))
    if channel is not None and not 0 <= channel < channels:
        raise ValueError(f"channel is one of 0..{channels - 1}, or None for all; given {channel}")
    x = x.to(model.device)
    one_hot = F.one_hot(x, model.levels).to(model.dtype).requires_grad_()  # (1, C, H, W, K)
    with torch.enable_grad():
        logits = model(one_hot).flatten(2, 3)[0, :, pixel].to(model.dtype)  # (C, K)
        drawn = x.flatten(2)[0, :, pixel].unsqueeze(1)
        log_p = torch.log_softmax(logits, -1).gather(1, drawn).squeeze(1)  # (C,)
        of_target = log_p.sum() if channel is None else log_p[channel]
        (g,) = torch.autograd.grad(of_target, one_hot)
    moves = g.amax(-1) - g.amin(-1)  # (1, C, H, W)
    return moves.sum((0, 1)).cpu().double().numpy()


# --- from dimensions to pixels, from layers to a table --------------------------------------------


@dataclass(frozen=True)
class _Structure:
    """What decides which pixels are read; equal for models that agree in it.

    Attributes:
        kind: class of the model.
        settings: those of its arguments that matter, as JSON.
        model: one such model. Not held on to: the table is kept for longer than any model.
    """

    kind: type[ImageModel]
    settings: str
    model: weakref.ref[ImageModel] = field(compare=False)


@lru_cache(maxsize=TABLES_KEPT)
def _first_seen(structure: _Structure) -> np.ndarray:
    """uint8 (S, H*W, H*W): the table of every stream."""
    model = structure.model()
    assert model is not None  # whoever asks has it in hand
    counted = _counted(model)
    reads = model.first_reads()  # (S, D, C, H, W)
    pixels = model.dimensions // model.channels
    first = torch.full((len(reads), pixels, pixels), NEVER, dtype=torch.uint8)  # [s, pixel, target]
    for layer in range(LAST_LAYER + 1):
        seen = _between_pixels(reads.flatten(2).cpu(), counted, model.channels)
        first.masked_fill_(seen & (first == NEVER), layer)
        following = model.next_reads(reads)
        if torch.equal(following, reads):
            tables = first.transpose(1, 2).contiguous().numpy()
            tables.setflags(write=False)
            return tables
        reads = following
    raise ValueError(
        f"this {type(model).__name__} reads more with every layer up to {LAST_LAYER}, the last "
        f"that a table can hold; given an image of shape {model.event_shape}. Take a smaller one, "
        "or larger kernels"
    )


def _counted(model: AutoregressiveModel) -> Tensor:
    """bool (D, D), [j, i]: whether it counts that dimension i reads j.

    Not within a pixel, from a channel drawn before: that is no pixel seen and no leak.
    """
    rank = ranks(model.order).cpu()
    pixel = torch.arange(model.dimensions) % (model.dimensions // model.event_shape[0])
    before = rank.unsqueeze(1) < rank.unsqueeze(0)
    return ~(before & (pixel.unsqueeze(1) == pixel.unsqueeze(0)))


def _between_pixels(reads: Tensor, counted: Tensor, channels: int) -> Tensor:
    """bool (..., D, D), [j, i] where dimension i reads j -> (..., H*W, H*W), [pixel, target]."""
    reads = reads & counted
    if channels == 1:
        return reads
    return reads.unflatten(-1, (channels, -1)).unflatten(-3, (channels, -1)).any(-2).any(-3)


def _flat_pixel(model: AutoregressiveModel, target: tuple[int, int]) -> int:
    """Flat index of the target among the pixels, after checking that it is one."""
    if len(model.event_shape) != 3:
        raise ValueError(
            f"a receptive field is that of a model over images, event_shape (C, H, W); given "
            f"{model.event_shape}. For a vector, dependencies() says what is read"
        )
    _, height, width = model.event_shape
    row, column = target
    if not (0 <= row < height and 0 <= column < width):
        raise ValueError(
            f"target is a row of 0..{height - 1} and a column of 0..{width - 1}; given {target}"
        )
    return int(row) * width + int(column)
