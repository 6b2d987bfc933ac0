"""The models that have to hold what every model must hold.

A model that is added to `arviz_models.MODELS` is added to `CASES` and to nothing else here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from arviz_models import (
    MADE,
    NADE,
    AutoregressiveModel,
    DiagonalBiLSTM,
    GatedPixelCNN,
    PixelCNN,
    PixelSNAIL,
    RowLSTM,
)
from arviz_models.ordering import named_order

Event = tuple[int, ...]

ENUMERABLE = 4096  # states at most where all of them are listed: D = 12 with K = 2


@dataclass(frozen=True)
class Case:
    """A model to test.

    Attributes:
        name: what pytest prints.
        build: makes the model, as its constructor leaves it.
        learns: large enough to learn `toy_distribution`; at least one case of each class.
        spread: standard deviation of the random weights; less for deep models.
        steps, learning_rate: what property 9 trains with.
        slow: left to the slow tests; others of its class stand for it in the fast ones.
    """

    name: str
    build: Callable[[], AutoregressiveModel]
    learns: bool = False
    spread: float = 1.0
    steps: int = 400
    learning_rate: float = 0.03
    slow: bool = False

    def initial(self, seed: int = 0) -> AutoregressiveModel:
        """The model as it is before training, in eval mode; the same for the same seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.build().eval()

    def random(self, seed: int = 0, dtype: torch.dtype = torch.float32) -> AutoregressiveModel:
        """The model with every parameter drawn anew from a normal distribution."""
        model = self.initial().to(dtype)
        generator = torch.Generator().manual_seed(seed + 1)
        with torch.no_grad():
            for parameter in model.parameters():
                noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
                parameter.copy_(self.spread * noise)
        return model


# The models -------------------------------------------------------------------------------------


def _nade(
    event_shape: Event,
    levels: int = 2,
    hidden: int = 6,
    order: str = "raster",
    agnostic: bool = False,
    learns: bool = False,
) -> Case:
    def build() -> NADE:
        drawn = None if order == "raster" else named_order(order, event_shape, seed=5)
        return NADE(event_shape, levels, hidden, drawn, order_agnostic=agnostic)

    shape = "x".join(map(str, event_shape))
    name = f"nade-{shape}-k{levels}-h{hidden}-{order}{'-agnostic' if agnostic else ''}"
    return Case(name, build, learns)


def _made(
    event_shape: Event,
    levels: int = 2,
    hidden: tuple[int, ...] = (40,),
    order: str = "raster",
    learns: bool = False,
    spread: float = 1.0,
    **options: Any,
) -> Case:
    def build() -> MADE:
        drawn = None if order == "raster" else named_order(order, event_shape, seed=5)
        return MADE(event_shape, levels, hidden, drawn, **options)

    shape, layers = "x".join(map(str, event_shape)), "+".join(map(str, hidden))
    others = "".join(f"-{name}={value}" for name, value in options.items())
    return Case(f"made-{shape}-k{levels}-h{layers}-{order}{others}", build, learns, spread)


def _pixelcnn(
    model: type[PixelCNN | GatedPixelCNN],
    event_shape: Event,
    levels: int = 2,
    features: int = 9,
    layers: int = 2,
    kernel: int = 3,
    first_kernel: int = 3,
    learns: bool = False,
    **options: Any,
) -> Case:
    def build() -> PixelCNN | GatedPixelCNN:
        return model(event_shape, levels, features, layers, kernel, first_kernel)

    shape = "x".join(map(str, event_shape))
    name = f"{model.__name__.lower()}-{shape}-k{levels}-f{features}-l{layers}-{kernel}"
    return Case(f"{name}-{first_kernel}", build, learns, **{"spread": 0.4} | options)


def _row_lstm(
    event_shape: Event,
    levels: int = 2,
    features: int = 6,
    layers: int = 1,
    kernel: int = 3,
    first_kernel: int | None = 3,
    learns: bool = False,
    **options: Any,
) -> Case:
    def build() -> RowLSTM:
        return RowLSTM(event_shape, levels, features, layers, kernel, first_kernel)

    shape = "x".join(map(str, event_shape))
    name = f"rowlstm-{shape}-k{levels}-f{features}-l{layers}-{kernel}-{first_kernel or 'bare'}"
    return Case(name, build, learns, **{"spread": 0.4} | options)


def _diagonal_bilstm(
    event_shape: Event,
    levels: int = 2,
    features: int = 6,
    layers: int = 1,
    first_kernel: int = 3,
    full_context: bool = False,
    learns: bool = False,
    **options: Any,
) -> Case:
    def build() -> DiagonalBiLSTM:
        return DiagonalBiLSTM(event_shape, levels, features, layers, first_kernel, full_context)

    shape = "x".join(map(str, event_shape))
    name = f"diagonalbilstm-{shape}-k{levels}-f{features}-l{layers}-{first_kernel}"
    options = {"spread": 0.4} | options
    return Case(f"{name}{'-full' if full_context else ''}", build, learns, **options)


def _pixel_snail(
    event_shape: Event,
    levels: int = 2,
    features: int = 6,
    layers: int = 1,
    trunk: int = 1,
    kernel: int = 3,
    first_kernel: int = 3,
    heads: int = 2,
    head_features: int = 4,
    own_pixel: bool = True,
    learns: bool = False,
    **options: Any,
) -> Case:
    def build() -> PixelSNAIL:
        widths = (heads, head_features, own_pixel)
        return PixelSNAIL(
            event_shape, levels, features, layers, trunk, kernel, first_kernel, *widths
        )

    shape = "x".join(map(str, event_shape))
    name = f"pixelsnail-{shape}-k{levels}-f{features}-l{layers}-t{trunk}-{kernel}-{first_kernel}"
    name = f"{name}-h{heads}x{head_features}{'' if own_pixel else '-own_pixel=False'}"
    return Case(name, build, learns, **{"spread": 0.4} | options)


CASES: list[Case] = [
    _nade((1,), hidden=1),
    _nade((1,), levels=3, hidden=4),
    _nade((1,), hidden=2, agnostic=True),
    _nade((7,), hidden=1),
    _nade((7,), hidden=9, order="random"),
    _nade((7,), levels=3, order="random"),
    _nade((7,), order="random", agnostic=True),
    _nade((4,), levels=5, order="reversed"),
    _nade((6,), hidden=24, order="random", learns=True),
    _nade((5,), levels=3, hidden=24, order="random", learns=True),
    _nade((6,), hidden=24, order="random", agnostic=True, learns=True),
    _nade((1, 2, 4), hidden=24, learns=True),
    _nade((1, 3, 5), order="spiral"),
    _nade((1, 3, 5), levels=3, order="diagonal"),
    _nade((1, 5, 2), order="column-wise"),
    _nade((3, 2, 3)),
    _nade((3, 2, 3), levels=5, order="random"),
    _nade((3, 3, 2), levels=3, order="random", agnostic=True),  # H equals C
    _made((1,), hidden=(4,)),
    _made((1,), levels=3, hidden=(1,), direct=True),
    _made((7,), hidden=(3,), order="random", direct=True),
    _made((7,), levels=3, order="random", degrees="even"),
    _made((4,), levels=5, hidden=(30, 30), order="reversed"),
    _made((7,), order="random", degrees="even", masks=3),
    _made((7,), order="random", degrees="even", order_agnostic=True),
    _made((5,), levels=3, order="random", masks=2, order_agnostic=True, direct=True),
    _made((6,), order="random", degrees="even", learns=True),
    _made((5,), levels=3, hidden=(40, 40), order="random", degrees="even", learns=True),
    _made((6,), hidden=(60,), order="random", degrees="even", masks=3, learns=True),
    _made((6,), hidden=(40, 30), order="random", masks=3, direct=True, spread=0.5),
    _made((1, 2, 4), degrees="even", direct=True, learns=True),
    _made((1, 3, 5), hidden=(40, 40, 40), order="spiral", spread=0.5),
    _made((1, 5, 2), levels=3, hidden=(40, 30), order="column-wise"),
    _made((3, 2, 3), hidden=(60,), order="random", seed=4),
    _made((3, 3, 2), levels=3, hidden=(60,), degrees="even", masks=2),  # H equals C
    *(
        case
        for model in (PixelCNN, GatedPixelCNN)
        for case in (
            _pixelcnn(model, (1, 1, 1)),
            _pixelcnn(model, (1, 1, 7), levels=3, features=4),
            _pixelcnn(model, (1, 7, 1), layers=1, kernel=5, first_kernel=1, slow=True),
            _pixelcnn(model, (1, 5, 6), layers=0, first_kernel=5, slow=True),
            _pixelcnn(model, (1, 6, 7), layers=1, slow=True),
            _pixelcnn(model, (1, 6, 5), layers=4, first_kernel=5, slow=True),
            _pixelcnn(model, (1, 4, 7), levels=4, kernel=5, first_kernel=7, slow=True),
            _pixelcnn(model, (1, 2, 4), features=12, first_kernel=5, learns=True),
            _pixelcnn(model, (2, 2, 2), features=12, learns=True, slow=True),
            _pixelcnn(model, (3, 2, 5), features=12, first_kernel=5, slow=True),
            _pixelcnn(model, (3, 4, 3), levels=3, features=10, slow=True),
            _pixelcnn(model, (3, 3, 3), levels=5, layers=1),  # H equals C
        )
    ),
    _row_lstm((1, 1, 1)),
    _row_lstm((1, 1, 1), levels=3, first_kernel=None, slow=True),
    _row_lstm((1, 1, 7), levels=3, layers=2, first_kernel=None),
    _row_lstm((1, 7, 1), kernel=5, first_kernel=5, slow=True),
    _row_lstm((1, 5, 6), first_kernel=None),
    _row_lstm((1, 6, 5), layers=4, first_kernel=None, slow=True),
    _row_lstm((1, 6, 5), layers=3, slow=True),
    _row_lstm((1, 4, 7), levels=4, layers=2, kernel=5, first_kernel=7, slow=True),
    _row_lstm((1, 2, 4), features=12, first_kernel=5, learns=True),
    # One bare layer cannot tell a level of 0 on the left from the edge of the image.
    _row_lstm((1, 3, 2), features=12, layers=2, first_kernel=None, learns=True, slow=True),
    _row_lstm((2, 2, 2), features=12, learns=True),
    _row_lstm((3, 2, 5), layers=2, first_kernel=5, slow=True),
    _row_lstm((3, 4, 3), levels=3, features=7, layers=2, first_kernel=None, slow=True),
    _row_lstm((3, 3, 3), levels=5),  # H equals C
    *(
        case
        for full_context in (False, True)
        for case in (
            _diagonal_bilstm((1, 1, 1), full_context=full_context),
            _diagonal_bilstm((1, 1, 7), levels=3, layers=2, full_context=full_context, slow=True),
            _diagonal_bilstm((1, 7, 1), first_kernel=5, full_context=full_context, slow=True),
            _diagonal_bilstm((1, 5, 6), full_context=full_context, slow=True),
            _diagonal_bilstm((1, 6, 5), layers=3, full_context=full_context, slow=True),
            _diagonal_bilstm((1, 3, 8), levels=4, layers=2, full_context=full_context, slow=True),
            _diagonal_bilstm((1, 4, 4), layers=7, full_context=full_context, slow=True),
            _diagonal_bilstm((1, 2, 4), features=12, full_context=full_context, learns=True),
            _diagonal_bilstm(
                (2, 2, 2), features=12, full_context=full_context, learns=True, slow=True
            ),
            _diagonal_bilstm(
                (3, 2, 5), layers=2, first_kernel=5, full_context=full_context, slow=True
            ),
            _diagonal_bilstm((3, 4, 2), levels=3, features=7, full_context=full_context, slow=True),
            _diagonal_bilstm((3, 3, 3), levels=5, full_context=full_context),  # H equals C
        )
    ),
    _pixel_snail((1, 1, 1)),
    _pixel_snail((1, 1, 7), levels=3, layers=2, slow=True),
    _pixel_snail((1, 7, 1), kernel=5, first_kernel=1, own_pixel=False, slow=True),
    _pixel_snail((1, 5, 6), layers=0, trunk=2, slow=True),
    _pixel_snail((1, 5, 6)),
    _pixel_snail((1, 6, 5), layers=3, heads=1, head_features=1, slow=True),
    _pixel_snail((1, 5, 6), layers=2, own_pixel=False, slow=True),
    _pixel_snail((1, 4, 7), levels=4, trunk=2, kernel=5, first_kernel=7, heads=4, slow=True),
    _pixel_snail((1, 2, 4), features=12, first_kernel=5, learns=True),
    _pixel_snail((2, 2, 2), features=12, layers=2, learns=True, slow=True),
    _pixel_snail((3, 2, 5), trunk=0, first_kernel=5, heads=3, slow=True),
    _pixel_snail((3, 4, 3), levels=3, features=7, layers=2, own_pixel=False, slow=True),
    _pixel_snail((3, 3, 3), levels=5, heads=3),  # H equals C
]


def is_enumerable(case: Case) -> bool:
    model = case.build()
    return model.levels**model.dimensions <= ENUMERABLE
