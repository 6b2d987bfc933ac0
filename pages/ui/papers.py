"""Papers: what one is, and those that several lessons rest on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """One text: who and when, what it is called, where it is, and what a lesson takes from it."""

    authors: str
    title: str
    address: str
    used: str


NADE = Paper(
    "Larochelle & Murray 2011",
    "The Neural Autoregressive Distribution Estimator",
    "https://proceedings.mlr.press/v15/larochelle11a.html",
    "tied weights and the running sum; the fixed binarized MNIST",
)
DEEP_NADE = Paper(
    "Uria, Murray & Larochelle 2014",
    "A Deep and Tractable Density Estimator",
    "https://arxiv.org/abs/1310.1757",
    "training over all orders, with the mask as a second input",
)
MADE = Paper(
    "Germain, Gregor, Murray & Larochelle 2015",
    "MADE: Masked Autoencoder for Distribution Estimation",
    "https://arxiv.org/abs/1502.03509",
    "ranks, degrees and masks; the ensemble of masks",
)
PIXELRNN = Paper(
    "van den Oord, Kalchbrenner & Kavukcuoglu 2016",
    "Pixel Recurrent Neural Networks",
    "https://arxiv.org/abs/1601.06759",
    "masks A and B, the PixelCNN with its residual blocks, a softmax over levels",
)
