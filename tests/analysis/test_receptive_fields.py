"""What the structure says is read is what the gradient of the real network says, at any depth."""

from __future__ import annotations

import gc
import inspect
import itertools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models import (
    MADE,
    MODELS,
    NADE,
    AutoregressiveModel,
    GatedPixelCNN,
    PixelCNN,
    ReceptiveField,
    receptive_field,
)
from arviz_models.analysis.receptive_fields import NEVER, first_seen, gradient_map
from arviz_models.image_model import ImageModel
from arviz_models.ordering import ranks, spiral
from arviz_models.teaching_made import TeachingMADE
from tests.conformance.tools import random_x

FUTURE, TARGET, SEEN, DEPTH_LIMITED, BLIND = range(5)
KINDS = [kind for kind in MODELS.values() if issubclass(kind, ImageModel)]
# (C, H, W), layers, kernel, first kernel
STACKS = [
    ((1, 9, 7), 0, 3, 7),
    ((1, 6, 9), 1, 3, 3),
    ((1, 7, 10), 2, 5, 3),
    ((1, 8, 8), 3, 3, 5),
    ((1, 9, 9), 4, 7, 7),
    ((1, 11, 6), 12, 3, 3),
    ((1, 5, 12), 8, 3, 7),
    ((3, 5, 4), 1, 3, 3),
    ((3, 3, 6), 3, 5, 7),
    ((3, 4, 4), 6, 3, 3),
]

of_every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def stack(
    kind: type[AutoregressiveModel],
    event_shape: tuple[int, int, int],
    layers: int,
    kernel: int = 3,
    first_kernel: int = 3,
    **others: Any,
) -> Any:
    """A small model of any kind, of those arguments that its constructor has."""
    options = {"layers": layers, "kernel": kernel, "first_kernel": first_kernel, **others}
    known = inspect.signature(kind).parameters
    options = {name: value for name, value in options.items() if name in known}
    return kind(event_shape, **{"features": event_shape[0] + 1, **options})


def shallowest(kind: type[AutoregressiveModel]) -> int:
    """The least number of layers that the constructor takes."""
    try:
        stack(kind, (1, 2, 2), 0)
    except ValueError:
        return 1
    return 0


def randomised(model: Any, draw: int = 0, positive: bool = False) -> Any:
    """Every parameter drawn anew, in float64, divided by how many inputs a unit has.

    Positive: uniform in [0, 1), which switches no ReLU off and lets no two paths cancel, so that
    one draw shows all that is read. Else from N(0, 1).
    """
    model = model.double().eval()
    generator = torch.Generator().manual_seed(draw)
    with torch.no_grad():
        for parameter in model.parameters():
            inputs = parameter[0].numel()
            fill = torch.rand if positive else torch.randn
            values = fill(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.copy_(values / (inputs if positive else inputs**0.5))
    return model


def draws(build: Callable[[], AutoregressiveModel], signed: int = 2) -> list[AutoregressiveModel]:
    return [randomised(build(), 0, positive=True)] + [
        randomised(build(), draw) for draw in range(signed)
    ]


def read_by_gradient(model: AutoregressiveModel, target: tuple[int, int]) -> np.ndarray:
    """bool (H, W): a logit of the target has a gradient there, at some of a few x."""
    x = random_x(model, 2)
    one_hot = F.one_hot(x, model.levels).to(model.dtype).requires_grad_()
    logits = model(one_hot)[:, :, target[0], target[1]]
    # Weights of their own, so that logits which react alike do not cancel.
    weights = torch.linspace(0.3, 1, logits.numel(), dtype=model.dtype).view_as(logits)
    (gradient,) = torch.autograd.grad((logits * weights).sum(), one_hot)
    return (gradient != 0).any(-1).any(0).any(0).numpy()


def jacobian_support(models: list[AutoregressiveModel], target: tuple[int, int]) -> np.ndarray:
    """bool (H, W): what the target reads of the other pixels, with some of the weights."""
    found = np.logical_or.reduce([read_by_gradient(model, target) for model in models])
    found[target] = False  # there: what its channels read of each other
    return found


def places(size: int) -> list[int]:
    """Both ends and the middle."""
    return sorted({0, size // 2, size - 1})


def targets(model: AutoregressiveModel) -> list[tuple[int, int]]:
    """Corners, middles of the edges, and the centre."""
    _, height, width = model.event_shape
    return list(itertools.product(places(height), places(width)))


def every_target(model: AutoregressiveModel) -> list[tuple[int, int]]:
    _, height, width = model.event_shape
    return list(itertools.product(range(height), range(width)))


# Structure and Jacobian ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("event_shape", "layers", "kernel", "first_kernel"), STACKS)
@of_every_kind
def test_seen_is_where_the_jacobian_is_not_zero(
    kind: type[ImageModel],
    event_shape: tuple[int, int, int],
    layers: int,
    kernel: int,
    first_kernel: int,
) -> None:
    layers = max(layers, shallowest(kind))
    models = draws(lambda: stack(kind, event_shape, layers, kernel, first_kernel))
    for target in targets(models[0]):
        found = receptive_field(models[0], target)
        np.testing.assert_array_equal(
            found.classes == SEEN, jacobian_support(models, target), err_msg=f"target {target}"
        )


@pytest.mark.slow
@pytest.mark.parametrize("event_shape", [(1, 6, 8), (3, 4, 5)], ids=str)
@of_every_kind
def test_depth_limited_is_what_a_deeper_network_reads_and_blind_what_none_does(
    kind: type[ImageModel], event_shape: tuple[int, int, int]
) -> None:
    shallow = stack(kind, event_shape, 1)
    # With each layer a pixel is reached that is at least one further on.
    deep = draws(lambda: stack(kind, event_shape, event_shape[1] + event_shape[2]), signed=0)
    for target in targets(shallow):
        classes = receptive_field(shallow, target).classes
        np.testing.assert_array_equal(
            (classes == SEEN) | (classes == DEPTH_LIMITED),
            jacobian_support(deep, target),
            err_msg=f"target {target}",
        )


@of_every_kind
def test_seen_is_the_union_of_dependencies_over_channels(kind: type[ImageModel]) -> None:
    model = stack(kind, (3, 3, 4), 2)
    between = model.dependencies().view(3, 12, 3, 12).any(2).any(0).numpy()  # (target, pixel)
    for target in every_target(model):
        seen = receptive_field(model, target).classes == SEEN
        expected = between[target[0] * 4 + target[1]].reshape(3, 4)
        expected[target] = False
        np.testing.assert_array_equal(seen, expected)


# Numbers known from elsewhere ---------------------------------------------------------------------


@pytest.mark.parametrize(("layers", "seen"), [(3, 34), (7, 72), (39, 72)])
def test_pixelcnn_is_blind_to_ten_of_82_pixels_at_any_depth(layers: int, seen: int) -> None:
    counts = receptive_field(stack(PixelCNN, (1, 11, 11), layers), (7, 5)).counts
    expected = {"target": 1, "future": 38, "seen": seen, "depth-limited": 72 - seen, "blind": 10}
    assert counts == expected


def test_the_blind_spot_of_pixelcnn_is_a_wedge_on_the_upper_right() -> None:
    """3x3 kernels go at most one column to the right for each row up."""
    classes = receptive_field(stack(PixelCNN, (1, 11, 11), 3), (7, 5)).classes
    row, column = np.mgrid[:11, :11]
    np.testing.assert_array_equal(classes == BLIND, (row < 7) & (column - 5 > 7 - row))


def test_gated_pixelcnn_sees_49_of_82_pixels_with_three_layers() -> None:
    counts = receptive_field(stack(GatedPixelCNN, (1, 11, 11), 3), (7, 5)).counts
    assert (counts["seen"], counts["depth-limited"], counts["blind"]) == (49, 33, 0)


def test_gated_pixelcnn_is_blind_to_nothing_and_sees_all_when_deep() -> None:
    shallow, deep = (stack(GatedPixelCNN, (1, 6, 9), layers) for layers in (1, 9))
    for target in every_target(shallow):
        before = target[0] * 9 + target[1]
        assert receptive_field(shallow, target).counts["blind"] == 0
        assert receptive_field(deep, target).counts["seen"] == before


# The classes and the table ------------------------------------------------------------------------


@of_every_kind
def test_classes_name_every_pixel_once_and_split_at_the_target(kind: type[ImageModel]) -> None:
    model = stack(kind, (1, 5, 8), 1)
    for target in every_target(model):
        found = receptive_field(model, target)
        before = target[0] * 8 + target[1]
        assert found.target == target
        assert found.classes.shape == (5, 8)
        assert found.classes.dtype == np.uint8
        assert tuple(found.counts) == ReceptiveField.NAMES
        assert sum(found.counts.values()) == 40
        assert found.classes[target] == TARGET
        assert (found.classes.ravel()[before + 1 :] == FUTURE).all()
        assert (found.classes.ravel()[:before] > TARGET).all()
        for name, index in zip(found.NAMES, range(5), strict=True):
            assert found.counts[name] == int((found.classes == index).sum())


@pytest.mark.slow
@pytest.mark.parametrize("event_shape", [(1, 7, 9), (3, 3, 5)], ids=str)
@of_every_kind
def test_one_table_holds_every_depth(
    kind: type[ImageModel], event_shape: tuple[int, int, int]
) -> None:
    _, height, width = event_shape
    table = first_seen(stack(kind, event_shape, 1)).reshape(height, width, height, width)
    assert table.dtype == np.uint8
    for layers in range(shallowest(kind), 13):
        model = stack(kind, event_shape, layers)
        for target in every_target(model):
            found = receptive_field(model, target)
            np.testing.assert_array_equal(found.first_seen, table[target])
            np.testing.assert_array_equal(found.classes == SEEN, table[target] <= layers)
            never = found.classes[table[target] == NEVER]
            assert not np.isin(never, (SEEN, DEPTH_LIMITED)).any()


def test_each_stream_of_gated_pixelcnn_reads_what_its_features_do() -> None:
    model = randomised(stack(GatedPixelCNN, (1, 6, 7), 2), positive=True)
    image = random_x(model, 1).double().requires_grad_()
    v, h = model.first(image, image)
    for layer, block in enumerate([*model.blocks, None]):
        for stream, features in enumerate((v, h)):
            rows = [
                torch.autograd.grad(value, image, retain_graph=True)[0].flatten() != 0
                for value in features.sum(1).flatten()
            ]
            table = first_seen(model, stream)
            np.testing.assert_array_equal(table <= layer, torch.stack(rows).numpy())
        if block is not None:
            v, h = block(v, h)
    np.testing.assert_array_equal(first_seen(model), first_seen(model, 1))


def test_the_vertical_stack_reads_all_rows_above_and_nothing_else() -> None:
    table = first_seen(stack(GatedPixelCNN, (1, 4, 5), 0), 0)
    row = np.arange(20) // 5
    np.testing.assert_array_equal(table != NEVER, row[:, None] > row)


class LatePixelCNN(PixelCNN):
    """Two more streams, each of which takes over what the one before it could read a layer ago."""

    def first_reads(self) -> Tensor:
        (reads,) = super().first_reads()
        return torch.stack([reads, torch.zeros_like(reads), torch.zeros_like(reads)])

    def next_reads(self, reads: Tensor) -> Tensor:
        return torch.stack([super().next_reads(reads)[0], reads[0], reads[1]])


def test_a_table_goes_on_as_long_as_any_stream_reads_more() -> None:
    """Here the output reads nothing after the first layer, and no more after the second."""
    model = stack(LatePixelCNN, (1, 4, 7), 1)
    first = first_seen(model, 0)
    np.testing.assert_array_equal(first_seen(model), np.where(first == NEVER, NEVER, first + 2))
    np.testing.assert_array_equal(first, first_seen(stack(PixelCNN, (1, 4, 7), 1)))


class CountedPixelCNN(PixelCNN):
    computed = 0

    def first_reads(self) -> Tensor:
        type(self).computed += 1
        return super().first_reads()


def test_a_table_is_computed_once_for_all_models_of_one_structure() -> None:
    for features, layers, levels in ((2, 1, 2), (5, 1, 2), (2, 9, 2), (2, 1, 7)):
        first_seen(
            stack(CountedPixelCNN, (1, 4, 6), layers, features=features, levels=levels), stream=0
        )
    assert CountedPixelCNN.computed == 1
    first_seen(stack(CountedPixelCNN, (1, 4, 6), 1, kernel=5))
    first_seen(stack(CountedPixelCNN, (1, 4, 6), 1, first_kernel=5))
    first_seen(stack(CountedPixelCNN, (1, 6, 4), 1))
    assert CountedPixelCNN.computed == 4


def test_asking_for_another_target_computes_nothing_again() -> None:
    models = [stack(CountedPixelCNN, (1, 3, 8), 2, features=features) for features in (2, 3)]
    receptive_field(models[0], (2, 2))
    before = CountedPixelCNN.computed
    for model, target in itertools.product(models, every_target(models[0])):
        receptive_field(model, target)
    assert CountedPixelCNN.computed == before


def test_a_table_that_is_kept_can_be_neither_changed_nor_keep_a_model_alive() -> None:
    model = stack(PixelCNN, (1, 2, 9), 1)
    with pytest.raises(ValueError, match="read-only"):
        first_seen(model)[0, 0] = 0
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert first_seen(stack(PixelCNN, (1, 2, 9), 1))[1, 0] == 0


def test_a_table_ends_at_layer_254() -> None:
    model = stack(PixelCNN, (1, 1, 256), 300)
    table = first_seen(model)  # the first layer reads one pixel back, each later one one more
    np.testing.assert_array_equal(table[255], [*range(254, -1, -1), NEVER])
    assert receptive_field(model, (0, 255)).counts["seen"] == 255
    with pytest.raises(ValueError, match=r"up to 254.*given an image of shape \(1, 1, 257\)"):
        first_seen(stack(PixelCNN, (1, 1, 257), 1))


# Leaks --------------------------------------------------------------------------------------------


class UnmaskedPixelCNN(PixelCNN):
    FIRST_MASK = "B"


class PeekingPixelCNN(PixelCNN):
    def first_reads(self) -> Tensor:
        """Whoever is at the right is read as well."""
        reads = super().first_reads()
        eye = self._every_dimension()
        reads[0, ..., :-1] |= eye[..., 1:]
        return reads


@pytest.mark.parametrize("channels", [1, 3])
@of_every_kind
def test_a_right_model_leaks_nothing(kind: type[ImageModel], channels: int) -> None:
    model = stack(kind, (channels, 4, 5), 2)
    assert not any(receptive_field(model, target).leaks.any() for target in every_target(model))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_broken_first_mask_leaks_the_target_itself(channels: int) -> None:
    model = stack(UnmaskedPixelCNN, (channels, 4, 5), 2)
    for target in every_target(model):
        found = receptive_field(model, target)
        assert np.argwhere(found.leaks).tolist() == [list(target)]
        assert found.classes[target] == TARGET


@pytest.mark.parametrize(("layers", "leaks"), [(0, [[2, 2]]), (3, [[2, 1], [2, 2]])])
def test_a_future_pixel_that_is_read_is_a_leak_from_the_layer_on_that_reads_it(
    layers: int, leaks: list[list[int]]
) -> None:
    """The next layer reads the pixel on the left, which has peeked at the target."""
    found = receptive_field(stack(PeekingPixelCNN, (1, 4, 6), layers), (2, 1))
    assert np.argwhere(found.leaks).tolist() == leaks
    assert found.classes[2, 2] == FUTURE
    assert found.classes[2, 1] == TARGET


def test_a_relaxed_made_leaks_the_target_itself() -> None:
    model = TeachingMADE((1, 2, 3), hidden=(10,), degrees="even", relaxed=True)
    assert np.argwhere(receptive_field(model, (1, 0)).leaks).tolist() == [[1, 0]]


# Models without layers, in any order --------------------------------------------------------------


FLAT: dict[str, Callable[[], AutoregressiveModel]] = {
    "nade": lambda: NADE((1, 4, 5), hidden=3, order=spiral((1, 4, 5))),
    "made": lambda: MADE((1, 4, 5), hidden=(30,), order=spiral((1, 4, 5)), degrees="even"),
    "narrow made": lambda: MADE((1, 4, 5), hidden=(6, 5), order=spiral((1, 4, 5)), seed=1),
    "made, three levels": lambda: MADE((3, 2, 3), 3, (30,), spiral((3, 2, 3)), "even"),
}


@pytest.mark.parametrize("name", FLAT)
def test_nade_and_made_see_where_the_jacobian_is_not_zero(name: str) -> None:
    models = draws(FLAT[name])
    for target in every_target(models[0]):
        seen = receptive_field(models[0], target).classes == SEEN
        np.testing.assert_array_equal(seen, jacobian_support(models, target))


@pytest.mark.parametrize("name", FLAT)
def test_the_future_follows_the_order_and_what_is_not_read_is_blind(name: str) -> None:
    model = FLAT[name]()
    channels, height, width = model.event_shape
    rank = ranks(model.order).view(channels, height, width)[0]
    assert not torch.equal(rank.flatten(), torch.arange(height * width) * channels)
    for target in every_target(model):
        found = receptive_field(model, target)
        np.testing.assert_array_equal(found.classes == FUTURE, (rank > rank[target]).numpy())
        assert found.classes[target] == TARGET
        assert found.counts["depth-limited"] == 0
        assert set(np.unique(found.first_seen)) <= {0, NEVER}
        assert not found.leaks.any()
    if name == "nade":
        assert all(receptive_field(model, t).counts["blind"] == 0 for t in every_target(model))
    if name == "narrow made":
        blind = sum(receptive_field(model, t).counts["blind"] for t in every_target(model))
        assert isinstance(model, MADE)
        assert blind == len(model.lost_dependencies()) > 0


def test_a_pixel_is_in_the_future_only_where_all_its_channels_come_later() -> None:
    # Two pixels of two channels, by turns: pixel 1 is drawn between the channels of pixel 0.
    model = NADE((2, 1, 2), hidden=2, order=[0, 1, 2, 3])
    assert receptive_field(model, (0, 0)).classes.tolist() == [[TARGET, SEEN]]
    assert receptive_field(model, (0, 1)).classes.tolist() == [[SEEN, TARGET]]
    model = NADE((2, 1, 2), hidden=2, order=[0, 2, 1, 3])
    assert receptive_field(model, (0, 0)).classes.tolist() == [[TARGET, FUTURE]]


# The gradient -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("channels", [1, 3])
@of_every_kind
def test_the_gradient_map_is_exactly_zero_where_the_structure_is_and_not_all_of_it(
    kind: type[ImageModel], channels: int, dtype: torch.dtype
) -> None:
    model = randomised(stack(kind, (channels, 6, 8), 2, features=8)).to(dtype)
    x = random_x(model, 1)
    for target in targets(model):
        found = gradient_map(model, x, target)
        classes = receptive_field(model, target).classes
        outside = classes != SEEN
        outside[target] = channels == 1
        assert found.shape == (6, 8)
        assert (found[outside] == 0).all()
        assert found[classes == SEEN].any() or not (classes == SEEN).any()


@pytest.mark.parametrize("name", FLAT)
def test_the_gradient_map_follows_the_order(name: str) -> None:
    model = randomised(FLAT[name](), positive=True)
    for target in every_target(model):
        found = gradient_map(model, random_x(model, 1), target)
        found[target] = 0
        np.testing.assert_array_equal(found > 0, receptive_field(model, target).classes == SEEN)


def log_p_of(model: Any, one_hot: Tensor, x: Tensor, target: tuple[int, int]) -> Tensor:
    """(C,) log-probability of each channel of the target, as x has it, from any input."""
    log_p = torch.log_softmax(model(one_hot), -1)[0, :, target[0], target[1]]
    return log_p.gather(1, x[0, :, target[0], target[1]].unsqueeze(1)).squeeze(1)


def largest_move(
    model: Any, x: Tensor, target: tuple[int, int], channel: int | None, step: float = 1e-5
) -> np.ndarray:
    """(H, W) by the definition: each value moved from every level towards every other."""
    channels, height, width = model.event_shape
    one_hot = F.one_hot(x, model.levels).to(model.dtype)
    moves = np.zeros((channels, height, width))
    for place in itertools.product(range(channels), range(height), range(width)):
        for a, b in itertools.permutations(range(model.levels), 2):
            nudge = torch.zeros_like(one_hot)
            nudge[(0, *place, b)], nudge[(0, *place, a)] = step, -step
            with torch.no_grad():
                up = log_p_of(model, one_hot + nudge, x, target)
                down = log_p_of(model, one_hot - nudge, x, target)
            slope = ((up - down) / (2 * step))[slice(None) if channel is None else channel].sum()
            moves[place] = max(moves[place], float(slope))
    return moves.sum(0)


SMOOTH: dict[str, Callable[[], AutoregressiveModel]] = {
    "nade": lambda: NADE((1, 3, 3), 3, hidden=4),
    "nade, colour": lambda: NADE((2, 2, 2), 3, hidden=4, order=[5, 0, 3, 1, 4, 2, 7, 6]),
    "gated": lambda: GatedPixelCNN((1, 3, 3), 4, features=3, layers=1, first_kernel=3),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SMOOTH)
def test_on_a_smooth_model_the_gradient_map_equals_finite_differences(name: str) -> None:
    torch.manual_seed(0)
    # A ReLU in the head alone is as good as smooth: no step comes near its corner.
    model = randomised(SMOOTH[name](), draw=1)
    x = random_x(model, 1)
    for target, channel in itertools.product([(0, 1), (1, 1)], [None, *range(len(x[0]))]):
        found = gradient_map(model, x, target, channel)
        expected = largest_move(model, x, target, channel)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)
        assert found.any() or not expected.any()


def test_where_a_level_is_read_as_an_intensity_the_map_is_the_derivative_by_it() -> None:
    model = randomised(stack(PixelCNN, (1, 4, 5), 2, levels=5))
    x, target = random_x(model, 1), (2, 3)
    intensity = (x.double() / 4).requires_grad_()
    h = model.first(intensity)
    for block in model.blocks:
        h = block(h)
    log_p = torch.log_softmax(model.levels_last(model.head(h)), -1)[0, 0, 2, 3, x[0, 0, 2, 3]]
    (expected,) = torch.autograd.grad(log_p, intensity)
    np.testing.assert_allclose(
        gradient_map(model, x, target), expected[0, 0].abs().numpy(), rtol=1e-9
    )


def test_channels_of_the_target_read_those_before_them() -> None:
    model = randomised(stack(PixelCNN, (3, 3, 3), 1), positive=True)
    x = random_x(model, 1)
    itself = [gradient_map(model, x, (1, 1), channel)[1, 1] for channel in range(3)]
    assert itself[0] == 0
    assert min(itself[1:]) > 0


def test_the_gradient_can_be_asked_of_a_frozen_model_while_gradients_are_off() -> None:
    model = randomised(stack(GatedPixelCNN, (1, 4, 4), 1))
    x = random_x(model, 1)
    expected = gradient_map(model, x, (2, 2))
    with torch.no_grad():
        found = gradient_map(model.requires_grad_(False), x, (2, 2))
    np.testing.assert_array_equal(found, expected)
    assert all(parameter.grad is None for parameter in model.parameters())


# Names and errors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [receptive_field, lambda m, t: gradient_map(m, random_x(m, 1), t)])
def test_a_vector_model_or_a_target_outside_is_refused(ask: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match=r"over images.*given \(6,\)"):
        ask(NADE((6,), hidden=2), (0, 0))
    model = stack(PixelCNN, (1, 3, 5), 1)
    for target in ((3, 0), (0, 5), (-1, 2), (2, -1)):
        with pytest.raises(ValueError, match=r"row of 0\.\.2 and a column of 0\.\.4; given"):
            ask(model, target)


def test_a_model_without_layers_has_no_table() -> None:
    with pytest.raises(ValueError, match="given a NADE"):
        first_seen(NADE((1, 2, 3), hidden=2))  # type: ignore[arg-type]


@pytest.mark.parametrize("stream", [2, -3])
def test_a_stream_that_is_not_there_is_refused(stream: int) -> None:
    with pytest.raises(ValueError, match=rf"streams 0\.\.1.*given {stream}"):
        first_seen(stack(GatedPixelCNN, (1, 2, 3), 1), stream)


def test_a_gradient_is_that_of_one_image_and_of_a_channel_that_is_there() -> None:
    model = stack(PixelCNN, (1, 3, 5), 1)
    with pytest.raises(ValueError, match=r"x has shape \(1, 1, 3, 5\); given \(2, 1, 3, 5\)"):
        gradient_map(model, random_x(model, 2), (0, 0))
    with pytest.raises(ValueError, match=r"channel is one of 0\.\.0, or None for all; given 1"):
        gradient_map(model, random_x(model, 1), (0, 0), channel=1)
