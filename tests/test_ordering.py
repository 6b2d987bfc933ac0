"""Orders are permutations, ranks their inverse, and each named order is what its name says."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from arviz_models.ordering import (
    ORDERS,
    check_order,
    column_wise,
    diagonal,
    named_order,
    order_of,
    random_order,
    ranks,
    raster,
    reversed_raster,
    spiral,
)

Event = tuple[int, ...]
SHAPES: list[Event] = [
    (1,),
    (2,),
    (7,),
    (1, 1, 1),
    (1, 1, 6),
    (1, 6, 1),
    (1, 3, 5),
    (1, 5, 3),
    (1, 4, 4),
    (1, 28, 28),
    (3, 1, 1),
    (3, 2, 5),
    (3, 3, 2),
    (3, 4, 4),
]
NAMES = [*ORDERS, "random"]
RANDOM_8 = [4, 0, 7, 3, 2, 5, 1, 6]  # torch 2.13, CPU

permutations = st.integers(1, 30).flatmap(lambda size: st.permutations(range(size)))
events = st.one_of(
    st.tuples(st.integers(1, 40)),
    st.tuples(st.sampled_from([1, 3]), st.integers(1, 9), st.integers(1, 9)),
)


def pixels(order: torch.Tensor, event_shape: Event) -> list[tuple[int, int]]:
    """(row, column) of the first channel of every pixel, in the order of drawing."""
    channels, _, width = event_shape if len(event_shape) == 3 else (1, 1, event_shape[0])
    size = math.prod(event_shape) // channels
    return [divmod(i % size, width) for i in order.tolist()[::channels]]


@given(permutations)
def test_rank_of_a_dimension_is_the_step_at_which_it_is_drawn(order: list[int]) -> None:
    rank = ranks(torch.tensor(order))
    assert all(rank[index] == t for t, index in enumerate(order))


@given(permutations)
def test_ranks_and_order_of_undo_each_other(order: list[int]) -> None:
    given_order = torch.tensor(order)
    assert torch.equal(order_of(ranks(given_order)), given_order)
    assert torch.equal(ranks(order_of(given_order)), given_order)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=20, unique=True))
def test_order_of_any_distinct_numbers_draws_the_smaller_first(numbers: list[int]) -> None:
    order = order_of(torch.tensor(numbers)).tolist()
    assert [numbers[index] for index in order] == sorted(numbers)


@given(permutations)
def test_a_permutation_passes_unchanged_as_list_array_or_tensor(order: list[int]) -> None:
    for kind in (list, tuple, np.array, torch.tensor):
        checked = check_order(kind(order), len(order))
        assert checked.dtype == torch.long
        assert checked.tolist() == order


@given(st.lists(st.integers(-3, 6), min_size=1, max_size=5))
def test_all_else_is_refused(numbers: list[int]) -> None:
    if sorted(numbers) == list(range(len(numbers))):
        assert check_order(numbers, len(numbers)).tolist() == numbers
    else:
        with pytest.raises(ValueError, match="order"):
            check_order(numbers, len(numbers))


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([0, 1], "3 flat indices.*shape \\(2,\\)"),
        ([0, 1, 2, 3], "3 flat indices.*shape \\(4,\\)"),
        ([[0, 1, 2]], "3 flat indices.*shape \\(1, 3\\)"),
        ([], "3 flat indices"),
        ([0.0, 1.0, 2.0], "integers.*float32"),
        ([True, False, True], "integers.*bool"),
        ([0, 1, 1], "exactly once.*missing.*2"),
        ([0, 1, 3], "exactly once.*missing.*2"),
        ([-1, 0, 1], "exactly once"),
        ([0, 1, 10**30], "3 flat indices"),
        ([[0], [1, 2]], "3 flat indices"),
        ([0, None, 1], "3 flat indices"),
        ("raster", "3 flat indices.*'raster'"),
        (None, "3 flat indices"),
    ],
)
def test_a_wrong_order_is_refused_with_what_was_expected(order: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"(?s){message}"):
        check_order(order, 3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("event_shape", SHAPES, ids=str)
def test_every_named_order_draws_every_dimension_once(name: str, event_shape: Event) -> None:
    order = named_order(name, event_shape)
    assert order.dtype == torch.long
    assert order.device.type == "cpu"
    assert order.sort().values.tolist() == list(range(math.prod(event_shape)))


@given(events, st.sampled_from(NAMES))
def test_every_named_order_is_a_permutation_at_any_shape(event_shape: Event, name: str) -> None:
    order = named_order(name, event_shape)
    assert torch.equal(check_order(order, math.prod(event_shape)), order)


@pytest.mark.parametrize("name", list(ORDERS))
@pytest.mark.parametrize("event_shape", [(3, 2, 5), (3, 3, 2), (3, 4, 4)], ids=str)
def test_the_channels_of_a_pixel_follow_each_other(name: str, event_shape: Event) -> None:
    channels, height, width = event_shape
    by_pixel = named_order(name, event_shape).view(-1, channels)
    expected = [0, 1, 2] if name != "reversed" else [2, 1, 0]
    assert (by_pixel // (height * width)).tolist() == [expected] * (height * width)
    assert bool((by_pixel % (height * width) == by_pixel[:, :1] % (height * width)).all())


def test_raster_goes_row_by_row() -> None:
    assert pixels(raster((1, 2, 3)), (1, 2, 3)) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert raster((4,)).tolist() == [0, 1, 2, 3]
    assert raster((3, 1, 2)).tolist() == [0, 2, 4, 1, 3, 5]


@pytest.mark.parametrize("event_shape", SHAPES, ids=str)
def test_reversed_is_raster_from_its_end(event_shape: Event) -> None:
    assert reversed_raster(event_shape).tolist() == raster(event_shape).tolist()[::-1]


@pytest.mark.parametrize("event_shape", SHAPES, ids=str)
def test_column_wise_goes_column_by_column_from_the_top(event_shape: Event) -> None:
    found = pixels(column_wise(event_shape), event_shape)
    assert found == sorted(found, key=lambda pixel: (pixel[1], pixel[0]))


@pytest.mark.parametrize("event_shape", SHAPES, ids=str)
def test_diagonal_goes_by_row_plus_column_each_from_its_top(event_shape: Event) -> None:
    found = pixels(diagonal(event_shape), event_shape)
    assert found == sorted(found, key=lambda pixel: (sum(pixel), pixel[0]))


@pytest.mark.parametrize("side", range(1, 9))
def test_spiral_starts_at_the_centre_and_moves_to_an_adjacent_pixel(side: int) -> None:
    found = pixels(spiral((1, side, side)), (1, side, side))
    assert found[0] == ((side - 1) // 2, (side - 1) // 2)
    for (row, column), (next_row, next_column) in itertools.pairwise(found):
        assert abs(row - next_row) + abs(column - next_column) == 1


@pytest.mark.parametrize("event_shape", [(1, 5, 5), (1, 3, 7), (1, 8, 3), (3, 4, 5)], ids=str)
def test_spiral_goes_outwards_in_square_rings(event_shape: Event) -> None:
    _, height, width = event_shape
    centre = ((height - 1) // 2, (width - 1) // 2)
    found = pixels(spiral(event_shape), event_shape)
    assert found[0] == centre
    # An even ring lies half a pixel to the lower right of the odd ones: twice the distance to the
    # centre, from a point in between, never falls by more than the half pixel.
    rings = [max(abs(row - centre[0]), abs(column - centre[1])) for row, column in found]
    assert all(later >= earlier - 1 for earlier, later in itertools.pairwise(rings))
    assert rings[-1] == max(rings)


def test_spiral_turns_clockwise() -> None:
    expected = [(1, 1), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0), (0, 1), (0, 2)]
    assert pixels(spiral((1, 3, 3)), (1, 3, 3)) == expected


def test_random_order_is_the_same_for_a_seed_and_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    first = random_order((1, 5, 5), seed=3)
    torch.rand(3)
    assert torch.equal(first, random_order((25,), seed=3))
    assert not torch.equal(first, random_order((25,), seed=4))
    assert torch.equal(named_order("random", (25,), seed=3), first)
    torch.random.set_rng_state(before)
    random_order((9,), seed=1)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_random_order_of_seed_0_is_this_one_on_every_machine() -> None:
    assert random_order((8,), seed=0).tolist() == RANDOM_8


def test_random_orders_are_uniform() -> None:
    counts = torch.zeros(4, 4)
    for seed in range(2000):
        counts[torch.arange(4), random_order((4,), seed)] += 1
    assert bool(((counts / 2000 - 0.25).abs() < 0.05).all())


def test_an_unknown_name_lists_the_names() -> None:
    with pytest.raises(ValueError, match="unknown order 'zigzag'") as caught:
        named_order("zigzag", (4,))
    assert all(name in str(caught.value) for name in NAMES)
