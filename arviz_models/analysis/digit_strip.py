"""Digits to begin with: one of each, from the test images."""

from __future__ import annotations

import numpy as np

from arviz_models.analysis.conditionals import Arrays
from arviz_models.data import Dataset

LABELS = 10
BLOCK = 100  # test images: enough for one of each digit


def digit_strip(data: Dataset, index: int) -> Arrays:
    """Test image `index` and one of each other digit, from the same hundred test images.

    Where those show no k, `index` stands in its place; no hundred of MNIST lacks one.

    Returns:
        indices: (10,) int32, at k the place in the test split of an image that shows a k;
        images: (10, H, W) uint8.
    """
    labels = data.labels("test")
    assert labels is not None  # every embedded data set has them
    first = index // BLOCK * BLOCK
    block = labels[first : first + BLOCK].tolist()
    indices = [first + block.index(k) if k in block else index for k in range(LABELS)]
    indices[block[index - first]] = index
    images = data.batch("test", indices)[:, 0]
    return {"indices": np.array(indices, np.int32), "images": images.numpy().astype(np.uint8)}
