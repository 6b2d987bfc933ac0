"""What a loss is measured by: the cost of an image under models that read nothing."""

from __future__ import annotations

from arviz_models.data import load_dataset


def independent_pixels(data: str) -> float:
    r"""Mean cost of a test image where each pixel has its own probability, nats.

    .. math:: -\frac{1}{N} \sum_x \sum_i \log p_i(x_i)

    :math:`p_i` is the share of training images in which pixel i is 1, with one image of each value
    added, so that no probability is 0.

    Args:
        data: name of a data set of binary images.
    """
    dataset = load_dataset(data)
    train, test = (dataset.batch(split, slice(None)).flatten(1) for split in ("train", "test"))
    p = (train.sum(0).double() + 1) / (len(train) + 2)  # (D,)
    ones = test.double().mean(0)  # the cost is linear in x, so the mean image is enough
    return float(-(ones * p.log() + (1 - ones) * (1 - p).log()).sum())
