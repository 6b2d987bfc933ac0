"""PixelSNAIL: the equations, the weights and the empty key, what is read, and the decoder's cost.

What every model must hold is in `conformance/properties.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models import PixelCNN, PixelSNAIL, receptive_field
from arviz_models.pixel_snail import CausalAttention
from tests.conformance import properties
from tests.conformance.cases import Case
from tests.conformance.tools import random_x


def randomised(model: PixelSNAIL, spread: float = 0.4, seed: int = 0) -> PixelSNAIL:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(spread * torch.randn(parameter.shape, generator=generator))
    return model.eval()


# The equations ------------------------------------------------------------------------------------


def conv(layer: Any, h: Tensor) -> Tensor:
    """A masked convolution as an ordinary one."""
    return F.conv2d(h, layer.weight * layer.mask, layer.bias, padding=layer.kernel[0] // 2)


def residual(block: Any, h: Tensor) -> Tensor:
    """A residual block of ordinary convolutions."""
    z = conv(block.conv, conv(block.narrow, h.relu()).relu())
    return h + conv(block.widen, z.relu())


def attended(attention: CausalAttention, h: Tensor, x: Tensor) -> Tensor:
    """The equations, pixel by pixel and head by head, of h (N, 2F, H, W)."""
    n, C, height, width = x.shape
    rows, columns = (
        torch.arange(size).to(h) * 2 / max(size - 1, 1) - 1 for size in (height, width)
    )
    places = torch.stack([rows[:, None].expand(height, width), columns.expand(height, width)])
    places = places.expand(n, 2, height, width)
    heads, d = attention.heads, attention.empty.shape[-1]
    q = conv(attention.query_hidden, h) + conv(attention.query_place, places)
    q = conv(attention.query, q.relu()).reshape(n, C, heads, d, -1)
    read = [h, places] + [x] * attention.own_pixel
    k_v = conv(attention.key_value_hidden, torch.cat(read, 1)).relu()
    k, v = conv(attention.key_value, k_v).reshape(n, 2, heads, d, -1).unbind(1)
    found = torch.empty_like(q)
    for m in range(heads):
        empty_key, empty_value = attention.empty[:, 0, m, 0]
        for i in range(height * width):
            keys = [empty_key.expand(n, d)] + [k[:, m, :, j] for j in range(i)]
            values = [empty_value.expand(n, d)] + [v[:, m, :, j] for j in range(i)]
            for c in range(C):
                scores = torch.stack([(q[:, c, m, :, i] * key).sum(1) for key in keys], 1)
                weights = (scores / d**0.5).softmax(1)  # (n, 1 + i)
                found[:, c, m, :, i] = (weights.unsqueeze(2) * torch.stack(values, 1)).sum(1)
    return residual(attention.after, h + conv(attention.out, found.reshape(n, -1, height, width)))


@pytest.mark.parametrize("own_pixel", [True, False])
@pytest.mark.parametrize(("shape", "levels"), [((1, 3, 4), 2), ((3, 4, 2), 3), ((1, 1, 5), 2)])
def test_the_logits_are_those_of_the_equations(
    shape: tuple[int, int, int], levels: int, own_pixel: bool
) -> None:
    model = PixelSNAIL(shape, levels, 5, 2, 1, 3, 5, heads=2, head_features=3, own_pixel=own_pixel)
    model = randomised(model).double()
    x = random_x(model, 3)
    image = x.double() / (levels - 1)
    h = conv(model.first, image)
    for block in model.blocks:
        h = residual(block, h)
    for attention in model.attention:
        h = attended(attention, h, image)
    for layer in (model.head.hidden, model.head.logits):
        h = conv(layer, h.relu())
    z = h.unflatten(1, (shape[0], -1)).movedim(2, -1)
    expected = F.pad(z, (levels - z.shape[-1], 0))
    torch.testing.assert_close(model.logits(x), expected)


def test_without_attention_it_is_a_pixelcnn() -> None:
    model = randomised(PixelSNAIL((1, 5, 6), features=4, layers=0, trunk=2))
    plain = PixelCNN((1, 5, 6), features=4, layers=2).eval()
    plain.load_state_dict(model.state_dict())
    x = random_x(model, 3)
    assert torch.equal(model.logits(x), plain.logits(x))


# The weights --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 4, 5), (2, 3, 4)])
def test_the_weights_of_the_earlier_pixels_and_of_the_empty_key_sum_to_1(
    shape: tuple[int, int, int],
) -> None:
    model = randomised(PixelSNAIL(shape, 2, 4, trunk=1, heads=3, head_features=4), spread=0.3)
    x = random_x(model, 2)
    _, height, width = shape
    for i in range(height * width):
        weights = model.weights(x, divmod(i, width))
        assert weights.shape == (2, 2, shape[0], 3, 1 + height * width)
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2, shape[0], 3))
        assert bool((weights[..., : 1 + i] > 0).all()), "one that may be read has no weight"
        assert not bool(weights[..., 1 + i :].any()), "a weight for a pixel not drawn yet"


def test_the_first_pixel_reads_the_empty_key_alone() -> None:
    model = randomised(PixelSNAIL((1, 3, 3), features=4))
    expected = torch.zeros(10).index_fill_(0, torch.tensor([0]), 1.0)
    assert torch.equal(model.weights(random_x(model, 1), (0, 0)), expected.expand(1, 2, 1, 4, 10))


def test_the_weights_are_of_the_image_and_of_nothing_from_the_target_on() -> None:
    """A convolution has one set of weights for all images; here each image has its own."""
    model = randomised(PixelSNAIL((1, 4, 5), features=4))
    x, target = random_x(model, 1), (2, 3)
    before = model.weights(x, target)
    later, earlier = x.clone(), x.clone()
    later.flatten()[2 * 5 + 3 :] = 1 - x.flatten()[2 * 5 + 3 :]
    earlier[0, 0, 0, 1] = 1 - x[0, 0, 0, 1]
    assert torch.equal(model.weights(later, target), before)
    after = model.weights(earlier, target)
    assert bool((after != before)[..., 1 : 1 + 2 * 5 + 3].any(-1).all()), "in every block and head"
    torch.testing.assert_close(after.sum(-1), before.sum(-1))


@pytest.mark.parametrize("shape", [(1, 3, 4), (3, 2, 3)])
def test_the_steps_tell_the_weights_of_the_pixel_they_draw(shape: tuple[int, int, int]) -> None:
    model = randomised(PixelSNAIL(shape, 3, 6, heads=2))
    x = model.sample(2, generator=torch.Generator().manual_seed(3))
    pixels = shape[1] * shape[2]
    for step in model.sample_steps(2, given=x):
        channel, pixel = divmod(step.index, pixels)
        expected = model.weights(x, divmod(pixel, shape[2]))[:, :, channel]
        assert list(step.internals) == ["layer1.weights", "layer2.weights"]
        for layer, found in enumerate(step.internals.values()):
            torch.testing.assert_close(found, expected[:, layer])


@pytest.mark.parametrize("target", [(-1, 0), (0, 4), (3, 0)])
def test_weights_of_a_target_outside_the_image_are_refused(target: tuple[int, int]) -> None:
    model = PixelSNAIL((1, 3, 4), features=2)
    with pytest.raises(ValueError, match="3 x 4"):
        model.weights(random_x(model, 1), target)


# What a pixel reads -------------------------------------------------------------------------------


def earlier_pixels_not_read(model: PixelSNAIL, target: tuple[int, int]) -> list[tuple[int, int]]:
    """By the structure."""
    width = model.event_shape[2]
    reads = model.dependencies()[target[0] * width + target[1]]
    return [divmod(j, width) for j in range(target[0] * width + target[1]) if not reads[j]]


@pytest.mark.parametrize(
    ("size", "first_kernel", "trunk", "target", "of_trunk", "missing"),
    [(28, 7, 3, (16, 12), 78, (15, 27)), (11, 3, 3, (7, 5), 34, (6, 10))],
)
def test_the_trunk_reads_a_window_attention_all_and_without_the_own_pixel_all_but_one(
    size: int,
    first_kernel: int,
    trunk: int,
    target: tuple[int, int],
    of_trunk: int,
    missing: tuple[int, int],
) -> None:
    """The figures of the lesson; more blocks neither add nor lose a pixel."""

    def built(layers: int, own_pixel: bool) -> PixelSNAIL:
        shape = (1, size, size)
        return PixelSNAIL(shape, 2, 2, layers, trunk, 3, first_kernel, 1, 1, own_pixel)

    assert receptive_field(built(0, True), target).counts["seen"] == of_trunk
    for layers in (1, 2, 3):
        assert earlier_pixels_not_read(built(layers, True), target) == []
        assert earlier_pixels_not_read(built(layers, False), target) == [missing]


@pytest.mark.parametrize(("trunk", "first_kernel"), [(0, 3), (1, 3), (0, 5), (2, 5)])
def test_without_the_own_pixel_is_missed_what_no_feature_up_to_the_target_holds(
    trunk: int, first_kernel: int
) -> None:
    """From the windows of the trunk alone, for every target."""
    shape = (1, 6, 9)
    features = PixelSNAIL(shape, 2, 2, 0, trunk, 3, first_kernel).dependencies()  # [feature, pixel]
    found = PixelSNAIL(shape, 2, 2, 2, trunk, 3, first_kernel, own_pixel=False).dependencies()
    for i in range(54):
        assert torch.equal(found[i], features[: i + 1].any(0)), f"pixel {i}"
    complete = torch.ones(54, 54, dtype=torch.bool).tril(-1)
    lost = (complete & ~found).nonzero().tolist()
    # The last pixel of the row above, where the first convolution, on the right, ends before it.
    expected = [
        [9 * row + column, 9 * row - 1]
        for row in range(1, 6)
        for column in range(9)
        if column + first_kernel // 2 < 8
    ]
    assert lost == expected


# Decoder ------------------------------------------------------------------------------------------


def test_sampling_makes_no_full_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    model = PixelSNAIL((1, 4, 4), features=4)

    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("a full pass while sampling")

    monkeypatch.setattr(F, "conv2d", forbidden)
    monkeypatch.setattr(F, "scaled_dot_product_attention", forbidden)
    model.sample(2)


def test_the_keys_read_grow_by_one_a_pixel_and_the_rest_costs_the_same_at_every_pixel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counted: weights computed, and rows of the matrices multiplied."""
    from arviz_models import image_decoder, pixel_snail

    weights: list[tuple[int, ...]] = []
    rows = 0
    softmax, product = image_decoder.softmax, image_decoder.product

    def counted_softmax(a: Any) -> Any:
        weights.append(tuple(a.shape))
        return softmax(a)

    def counted_product(a: Any, b: Any) -> Any:
        nonlocal rows
        rows += a[..., 0].size
        return product(a, b)

    monkeypatch.setattr(pixel_snail, "softmax", counted_softmax)
    height, width, blocks, layers, heads = 3, 8, 2, 2, 3
    model = PixelSNAIL((1, height, width), 2, 4, layers, blocks, heads=heads)
    decoder = model.decoder(1)
    monkeypatch.setattr(image_decoder, "product", counted_product)
    for t in range(height * width):
        rows = 0
        weights.clear()
        decoder.logits()
        assert weights == [(1, heads, 1, 1 + t)] * layers
        # The first convolution, three a residual block, query, output, two of the head.
        assert rows == 1 + 3 * blocks + (2 + 1 + 3) * layers + 2
        rows = 0
        weights.clear()
        decoder.observe(torch.zeros(1, dtype=torch.long))
        assert weights == []
        # One key and value a layer; after a row, what the trunk's convolutions read of it.
        assert rows == 2 * layers + (1 + blocks) * width * (t % width == width - 1)


def test_the_decoder_on_torch_tensors_agrees_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a GPU runs, on the CPU: no NumPy array anywhere."""
    from arviz_models import image_decoder, pixel_snail

    model = randomised(PixelSNAIL((3, 4, 5), 3, 6, 2))
    expected = model.sample(2, generator=torch.Generator().manual_seed(1))
    for module in (image_decoder, pixel_snail):
        monkeypatch.setattr(module, "array", lambda x: x.detach())
    monkeypatch.setattr(torch.Tensor, "numpy", lambda self: pytest.fail("a NumPy array"))
    found = model.sample(2, generator=torch.Generator().manual_seed(1))
    assert torch.equal(found, expected)


def test_asking_for_internals_changes_nothing() -> None:
    model = randomised(PixelSNAIL((2, 3, 3), features=4))
    x = random_x(model, 2).flatten(1)[:, model.order]
    asked, told = model.decoder(2), model.decoder(2)
    with torch.no_grad():
        for value in x.T:
            asked.internals()
            assert torch.equal(asked.logits(), told.logits())
            asked.observe(value)
            told.observe(value)


# Bad input, and mistakes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("layers", -1),
        ("layers", True),
        ("trunk", -1),
        ("trunk", 1.5),
        ("heads", 0),
        ("heads", True),
        ("head_features", 0),
        ("head_features", "16"),
        ("kernel", 4),
        ("first_kernel", 0),
    ],
)
def test_a_wrong_setting_is_refused_and_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=str(value)) as error:
        PixelSNAIL((1, 4, 4), features=2, **{name: value})
    assert name.removeprefix("first_") in str(error.value)


class Broken(PixelSNAIL):
    """One whose attention is another's."""

    attends: type[CausalAttention]

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        for attention in self.attention:
            attention.__class__ = self.attends


class ReadsItself(CausalAttention):
    def queries_keys_values(self, h: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = super().queries_keys_values(h, x)
        return q, k.roll(-1, 2), v.roll(-1, 2)


class ReadsNoPixelBefore(CausalAttention):
    def queries_keys_values(self, h: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = super().queries_keys_values(h, x)
        k, v = (torch.cat([each[:, :, :1], each[:, :, :-1]], 2) for each in (k, v))
        return q, k, v


class ForgetsTheOwnPixel(CausalAttention):
    def queries_keys_values(self, h: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return super().queries_keys_values(h, 0 * x)


class MixesTheHeads(CausalAttention):
    def queries_keys_values(self, h: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = super().queries_keys_values(h, x)
        return q, k, v.roll(1, 1)


class UnmaskedQuery(PixelSNAIL):
    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        for attention in self.attention:
            attention.query_hidden.mask.fill_(1)


def case_of(
    model: type[PixelSNAIL],
    attends: type[CausalAttention] = CausalAttention,
    shape: tuple[int, int, int] = (1, 4, 5),
) -> Case:
    kind = type(attends.__name__, (model,), {"attends": attends})
    return Case(attends.__name__, lambda: kind(shape, 2, 6, 1, 0, 3, 3, 2, 4), spread=0.5)


leaks = properties.check_jacobian_is_zero_from_the_own_step_on
reads = properties.check_dependencies_are_those_of_the_jacobian
agrees = properties.check_decoder_agrees_with_logits


@pytest.mark.parametrize(
    ("case", "holds"),
    [
        (case_of(Broken, ReadsItself), leaks),
        (case_of(UnmaskedQuery, shape=(3, 2, 3)), leaks),
        (case_of(Broken, ReadsNoPixelBefore), reads),
        (case_of(Broken, ForgetsTheOwnPixel), reads),
        (case_of(Broken, MixesTheHeads), agrees),
    ],
)
def test_a_broken_model_fails(case: Case, holds: Callable[[Case], None]) -> None:
    with pytest.raises(AssertionError):
        holds(case)


@pytest.mark.parametrize("holds", [leaks, reads, agrees])
@pytest.mark.parametrize("shape", [(1, 4, 5), (3, 2, 3)])
def test_the_same_without_a_mistake_passes(
    holds: Callable[[Case], None], shape: tuple[int, int, int]
) -> None:
    holds(case_of(Broken, shape=shape))
