"""What can be set in the lab, as plain data: models, data, bounds. Needs no torch.

`arviz_models.analysis.lab` checks settings and builds what they describe.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal


@dataclass(frozen=True)
class Dial:
    """A whole number of a model that the lab can set.

    Attributes:
        name: of the constructor's argument.
        low, high: its bounds.
        start: what a new choice of the model begins with.
        word: what it counts.
    """

    name: str
    low: int
    high: int
    start: int
    word: str


@dataclass(frozen=True)
class Kind:
    """A class of models.

    Attributes:
        title: its name on the page.
        home, name: module and class.
        width, depth: what can be set; None where there is no such thing.
        orders: whether it can draw in any order.
        rate, batch: that a new choice of the model begins with.
        fixed: other arguments of the constructor.
    """

    title: str
    home: str
    name: str
    width: Dial
    depth: Dial | None = None
    orders: bool = False
    rate: float = 0.005
    batch: int = 50
    fixed: Mapping[str, Any] = field(default_factory=dict)


_FEATURES = Dial("features", 1, 128, 16, "features")
_LAYERS = Dial("layers", 0, 20, 3, "layers after the first")
_LSTMS = Dial("layers", 1, 8, 1, "LSTM layers")

KINDS: Mapping[str, Kind] = {
    "nade": Kind(
        "NADE",
        "nade",
        "NADE",
        Dial("hidden", 1, 2000, 64, "hidden units"),
        orders=True,
        rate=0.02,
    ),
    "made": Kind(
        "MADE",
        "made",
        "MADE",
        Dial("hidden", 1, 4000, 256, "units of a hidden layer"),
        Dial("hidden", 1, 3, 1, "hidden layers"),
        orders=True,
        rate=0.005,
        fixed={"degrees": "even", "direct": True},
    ),
    "pixelcnn": Kind("PixelCNN", "pixelcnn", "PixelCNN", _FEATURES, _LAYERS, rate=0.01),
    "gated-pixelcnn": Kind(
        "Gated PixelCNN", "pixelcnn", "GatedPixelCNN", _FEATURES, _LAYERS, rate=0.005
    ),
    "row-lstm": Kind("Row LSTM", "row_lstm", "RowLSTM", _FEATURES, _LSTMS, rate=0.01),
    "diagonal-bilstm": Kind(
        "Diagonal BiLSTM", "diagonal_bilstm", "DiagonalBiLSTM", _FEATURES, _LSTMS, rate=0.01
    ),
    "pixel-snail": Kind(
        "Attention (PixelSNAIL)",
        "pixel_snail",
        "PixelSNAIL",
        _FEATURES,
        Dial("layers", 0, 4, 1, "attention layers"),
        rate=0.008,
        fixed={"trunk": 1, "head_features": 8},
    ),
    "pixelcnn-mask-b": Kind(
        "PixelCNN, mask B (leaks)", "pixelcnn", "LeakyPixelCNN", _FEATURES, _LAYERS, rate=0.01
    ),
}
"""By the name that an address holds."""


@dataclass(frozen=True)
class Images:
    """A data set of the lab.

    Attributes:
        title: its name on the page.
        side: pixels of a side; None where the settings say it.
        most_levels: K at most; 2 is the least.
        more: what to do for more levels; "" where there is nothing.
    """

    title: str
    side: int | None
    most_levels: int
    more: str = ""


OWN = "own"  # the student's own images, which only their session has
SIDES = (8, 14, 28)  # pixels of a side that own images can have

DATA: Mapping[str, Images] = {
    "digits": Images("Digits, 8×8", 8, 17),
    "mnist14": Images("MNIST, 14×14", 14, 256),
    "mnist_binary": Images(
        "MNIST, 28×28, black and white", 28, 2, "For grey levels, choose MNIST of 14×14."
    ),
    OWN: Images("Own images", None, 256),
}
ORDERS = ("raster", "reversed", "column-wise", "diagonal", "spiral", "random")
BUDGETS = ("epochs", "seconds")

MOST_LEVELS = 256
MOST_SEED = 999_999
LEAST_RATE, MOST_RATE = 0.00001, 10.0
MOST_BATCH = 2000
MOST_EPOCHS, MOST_SECONDS = 500, 600

Fit = Literal["centred", "whole"]


@dataclass(frozen=True)
class Conversion:
    """How own pictures become images of a model; see `arviz_models.analysis.own_images`.

    Attributes:
        side: pixels of a side, one of `SIDES`.
        levels: K.
        fit: "centred" for strokes on a plain ground, "whole" for the whole picture.
        threshold: with 2 levels, the share of full ink from which a pixel is 1, 0..1.
        dark: whether ink is dark on light; None looks at the border of each picture.
    """

    side: int = 14
    levels: int = 2
    fit: Fit = "centred"
    threshold: float = 0.5
    dark: bool | None = None


@dataclass(frozen=True)
class Settings:
    """All that decides a run of the lab.

    Attributes:
        model: a key of `KINDS`.
        data: a key of `DATA`.
        levels: K.
        order: one of `ORDERS`.
        width, depth: of the model; what it does not have is not used.
        seed: of weights, batches and a random order.
        rate: learning rate of Adam, at first.
        batch: images a step.
        budget: one of `BUDGETS`.
        epochs, seconds: how long it trains; the one that `budget` names is used.
        side: pixels of a side of own images; other data have their own.
    """

    model: str = "nade"
    data: str = "digits"
    levels: int = 2
    order: str = "raster"
    width: int = 64
    depth: int = 1
    seed: int = 1
    rate: float = 0.02
    batch: int = 50
    budget: str = "epochs"
    epochs: int = 30
    seconds: int = 20
    side: int = Conversion.side

    @property
    def kind(self) -> Kind:
        return KINDS[self.model]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        side = DATA[self.data].side or self.side
        return 1, side, side

    @property
    def dimensions(self) -> int:
        """D."""
        return math.prod(self.shape)

    @property
    def used(self) -> Settings:
        """The same without what this model, or this budget, does not use: equal for equal runs."""
        kind, plain = self.kind, Settings()
        found = replace(self, order=self.order if kind.orders else plain.order)
        found = replace(found, depth=self.depth if kind.depth else plain.depth)
        found = replace(found, side=self.side if self.data == OWN else plain.side)
        other = "seconds" if self.budget == "epochs" else "epochs"
        return replace(found, **{other: getattr(plain, other)})

    def said(self) -> str:
        """The run in a few words."""
        kind = self.kind
        words = [f"{kind.title}, {self.width}"]
        if kind.depth is not None:
            words[0] += f"×{self.depth}"
        if kind.orders and self.order != "raster":
            words.append(f"{self.order} order")
        data = f"{OWN} {self.side}×{self.side}" if self.data == OWN else self.data
        words += [data if self.levels == 2 else f"{data}, {self.levels} levels"]
        return ", ".join([*words, f"rate {self.rate:g}", f"seed {self.seed}"])


def settings_from(told: Mapping[str, Any]) -> Settings:
    """Settings from plain data, as `dataclasses.asdict` gives them.

    Raises:
        ValueError: something is missing, too much, or of another kind. Whether such a training is
            possible, `arviz_models.analysis.lab.check` says.
    """
    plain = asdict(Settings())
    if not isinstance(told, Mapping) or set(told) != set(plain):
        raise ValueError("these are not the settings of a run")
    for name, value in plain.items():
        kinds = (int, float) if isinstance(value, float) else type(value)
        if not isinstance(told[name], kinds) or isinstance(told[name], bool):
            raise ValueError(f"{name} is of another kind: {told[name]!r}")
    if told["model"] not in KINDS or told["data"] not in DATA or told["budget"] not in BUDGETS:
        raise ValueError("this model, data set or budget is unknown")
    return Settings(**told)
