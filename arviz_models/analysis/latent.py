r"""The simplest model with latent variables: probabilistic principal component analysis.

.. math:: z \sim N(0, I), \qquad x = \mu + W z + \text{noise of variance } \sigma^2

W holds the largest principal directions of the data, each scaled by
:math:`\sqrt{\lambda_k - \sigma^2}`, where :math:`\lambda_k` is the variance along it and
:math:`\sigma^2` the mean variance along those left out: the maximum of the likelihood.

Source: Tipping & Bishop, Probabilistic Principal Component Analysis (JRSS B 1999), equation 7.
"""

from __future__ import annotations

import numpy as np

from arviz_models.data import load_dataset


def linear_decoder(data: str, latents: int) -> tuple[np.ndarray, np.ndarray]:
    """mu float32 (D,) and W float32 (D, latents), fitted to the training images.

    Args:
        data: name of a data set of binary images.
        latents: how many numbers z has, below D.
    """
    x = load_dataset(data).batch("train", slice(None)).flatten(1).double().numpy()
    mean = x.mean(0)
    _, singular, directions = np.linalg.svd(x - mean, full_matrices=False)
    variance = singular**2 / len(x)
    noise = variance[latents:].mean()
    signs = np.sign(directions[:latents].sum(1))  # an SVD leaves them open
    scale = signs * np.sqrt(variance[:latents] - noise)
    return mean.astype(np.float32), (directions[:latents].T * scale).astype(np.float32)
