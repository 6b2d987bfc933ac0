"""The papers that the lessons rest on, each where it is used; pages/reading.py lists them all."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Paper:
    """One text: who and when, what it is called, where it is, and what a lesson takes from it."""

    authors: str
    title: str
    address: str
    used: str


_NADE = Paper(
    "Larochelle & Murray 2011",
    "The Neural Autoregressive Distribution Estimator",
    "https://proceedings.mlr.press/v15/larochelle11a.html",
    "tied weights and the running sum; the fixed binarized MNIST",
)
_DEEP_NADE = Paper(
    "Uria, Murray & Larochelle 2014",
    "A Deep and Tractable Density Estimator",
    "https://arxiv.org/abs/1310.1757",
    "training over all orders, with the mask as a second input",
)
_MADE = Paper(
    "Germain, Gregor, Murray & Larochelle 2015",
    "MADE: Masked Autoencoder for Distribution Estimation",
    "https://arxiv.org/abs/1502.03509",
    "ranks, degrees and masks; the ensemble of masks",
)
_PIXELRNN = Paper(
    "van den Oord, Kalchbrenner & Kavukcuoglu 2016",
    "Pixel Recurrent Neural Networks",
    "https://arxiv.org/abs/1601.06759",
    "masks A and B, the PixelCNN with its residual blocks, a softmax over levels",
)

PAPERS: dict[str, tuple[Paper, ...]] = {
    "chain_rule": (
        Paper(
            "Bengio & Bengio 2000",
            "Modeling High-Dimensional Discrete Data with Multi-Layer Neural Networks",
            "https://papers.nips.cc/paper/1679-modeling-high-dimensional-discrete-data-with-"
            "multi-layer-neural-networks",
            "a network in place of the tables of the chain rule",
        ),
        Paper(
            "Hyndman & Athanasopoulos 2021",
            "Forecasting: Principles and Practice, chapter on ARIMA models",
            "https://otexts.com/fpp3/arima.html",
            "autoregression on time series, where the name comes from",
        ),
    ),
    "nade": (
        _NADE,
        _DEEP_NADE,
        Paper(
            "Uria, Côté, Gregor, Murray & Larochelle 2016",
            "Neural Autoregressive Distribution Estimation",
            "https://arxiv.org/abs/1605.02226",
            "the whole family in one text, with the training pass used here",
        ),
    ),
    "made": (_MADE,),
    "pixelcnn": (
        _PIXELRNN,
        Paper(
            "van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves & Kavukcuoglu 2016",
            "Conditional Image Generation with PixelCNN Decoders",
            "https://arxiv.org/abs/1606.05328",
            "the blind spot, the two stacks that remove it, and gated units",
        ),
        Paper(
            "Ramachandran, Paine, Khorrami, Babaeizadeh, Chang, Zhang, Hasegawa-Johnson, "
            "Campbell & Huang 2017",
            "Fast Generation for Convolutional Autoregressive Models",
            "https://arxiv.org/abs/1704.06001",
            "sampling that computes only what the new pixel needs",
        ),
    ),
    "row_lstm": (
        replace(
            _PIXELRNN,
            used="the recurrence over rows, its two components and the mask; the published results",
        ),
        Paper(
            "Hochreiter & Schmidhuber 1997",
            "Long Short-Term Memory",
            "https://doi.org/10.1162/neco.1997.9.8.1735",
            "the cell and its gates; the forget gate came later",
        ),
    ),
    "diagonal_bilstm": (
        replace(
            _PIXELRNN,
            used="the skew, the two directions and the shift by a row; the published results",
        ),
        Paper(
            "Schuster & Paliwal 1997",
            "Bidirectional Recurrent Neural Networks",
            "https://doi.org/10.1109/78.650093",
            "reading a sequence from both ends",
        ),
    ),
    "contexts": (
        replace(_PIXELRNN, used="the four networks side by side, and their published results"),
        Paper(
            "Luo, Li, Urtasun & Zemel 2016",
            "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks",
            "https://arxiv.org/abs/1701.04128",
            "what a network heeds, by gradient, against what it can read",
        ),
    ),
    "flows": (
        Paper(
            "Papamakarios, Pavlakou & Murray 2017",
            "Masked Autoregressive Flow for Density Estimation",
            "https://arxiv.org/abs/1705.07057",
            "MAF: density in one pass, a sample in D",
        ),
        Paper(
            "Kingma, Salimans, Jozefowicz, Chen, Sutskever & Welling 2016",
            "Improving Variational Inference with Inverse Autoregressive Flow",
            "https://arxiv.org/abs/1606.04934",
            "IAF: a sample in one pass, density in D",
        ),
        _MADE,
        Paper(
            "Weng 2018",
            "Flow-based Deep Generative Models",
            "https://lilianweng.github.io/posts/2018-10-13-flow-models/",
            "the lecture's homework: all kinds of flows, explained",
        ),
    ),
}
