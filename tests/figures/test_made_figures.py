"""MADE's pictures hold the network's own numbers, and its mistakes do what the lesson says."""

from __future__ import annotations

import io
import itertools
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from PIL import Image

from arviz_models.analysis.made_graph import MISTAKES, graph_arrays, illegal_paths, network
from arviz_models.analysis.tiny import distribution, entropy, learned, learned_factors, strips
from arviz_models.figures.export import figure_bytes
from arviz_models.figures.palette import MEANINGS
from arviz_models.ordering import ranks
from arviz_models.teaching_made import TeachingMADE
from pages.made import figures

ORDER = (2, 0, 4, 1, 3)  # is not its own inverse
SLIDE = ((1, 3, 2, 1), (2, 1, 3, 2))  # the degrees of the lesson's first step
# What a student meets: each way to number, each depth, an order that is none of the named ones.
CONFIGURATIONS: list[dict[str, Any]] = [
    {"variables": 5, "widths": (8, 8), "order": ORDER, "degrees": "even"},
    {"variables": 5, "widths": (8, 8), "order": range(5), "degrees": "random"},
    {"variables": 3, "widths": (4,), "order": (1, 2, 0), "degrees": "even"},
    {"variables": 4, "widths": (4, 4), "order": range(4), "degrees": SLIDE},
    {"variables": 7, "widths": (6, 6, 6), "order": (6, 5, 4, 3, 2, 1, 0), "degrees": "even"},
]


@pytest.fixture(params=CONFIGURATIONS, ids=lambda options: "-".join(map(str, options["widths"])))
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The arguments of one network of the lesson."""
    return dict(request.param)


def square(arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    side = round(arrays[name].size ** 0.5)
    return arrays[name].reshape(side, side)


def rank_of(model: TeachingMADE) -> list[int]:
    """Ranks from 1, as the paper and the picture count them."""
    return [int(rank) + 1 for rank in ranks(model.order)]


def logits(model: TeachingMADE) -> torch.Tensor:
    """Of every state there is: (2^D, D), the logit of a 1."""
    x = torch.tensor(list(itertools.product((0, 1), repeat=model.dimensions)))
    with torch.no_grad():
        return model.logits(x)[..., 1]


# --- the network ---------------------------------------------------------------------------------


def test_without_a_mistake_it_is_a_distribution(options: dict[str, Any]) -> None:
    model = network(**options)
    assert learned(model).sum() == pytest.approx(1, abs=1e-5)
    _, arrays = graph_arrays(model)
    counts, gradient = square(arrays, "counts"), square(arrays, "gradient")
    assert (gradient[counts == 0] == 0).all()
    rank = np.array(rank_of(model))
    assert (counts[rank[:, None] <= rank] == 0).all()


def test_a_unit_of_degree_d_may_read_all_and_feeds_nothing(options: dict[str, Any]) -> None:
    model = network(**options, mistake="degree D")
    *_, last, output = model.masks()
    assert model.degrees[-1][0] == model.dimensions
    assert bool(last[0].all())  # it may read every unit of the layer before
    assert not bool(output[:, 0].any())
    before = logits(model)
    with torch.no_grad():
        model.layers[-2].bias[0] += 10.0  # whatever it computes
        model.layers[-2].weight[0] *= -3.0
    assert torch.equal(logits(model), before)
    right = network(**options)
    changed = [
        (a != b).nonzero().tolist()
        for a, b in zip(model.degrees, right.degrees, strict=True)
        if not torch.equal(a, b)
    ]
    assert changed == [[[0]]]  # one unit alone has another degree


def test_a_unit_of_degree_0_is_a_second_bias(options: dict[str, Any]) -> None:
    model = network(**options, mistake="degree 0")
    assert model.degrees[0][0] == 0
    assert not bool(model.masks()[0][0].any())
    x = torch.tensor(list(itertools.product((0, 1), repeat=model.dimensions)))
    with torch.no_grad():
        unit = model.layers[0](x.float())[:, 0]
    assert torch.equal(unit, model.layers[0].bias[0].expand(len(x)))
    assert learned(model).sum() == pytest.approx(1, abs=1e-5)  # a distribution all the same


def test_with_equal_degrees_later_outputs_read_the_same_first_inputs(
    options: dict[str, Any],
) -> None:
    model = network(**options, mistake="all equal")
    [m] = set(torch.cat(model.degrees).tolist())
    assert 1 <= m < model.dimensions
    _, arrays = graph_arrays(model)
    first = {int(index) for index in model.order[:m]}
    for index, rank in enumerate(rank_of(model)):
        reads = set(np.flatnonzero(square(arrays, "counts")[index]).tolist())
        assert reads == (set() if rank <= m else first)
    assert learned(model).sum() == pytest.approx(1, abs=1e-5)


def test_a_relaxed_mask_lets_outputs_read_themselves(options: dict[str, Any]) -> None:
    model = network(**options, mistake="relaxed")
    _, arrays = graph_arrays(model)
    counts, gradient = square(arrays, "counts"), square(arrays, "gradient")
    # Each variable whose rank some unit of every layer has as its degree.
    itself = np.array([all(rank in layer for layer in model.degrees) for rank in rank_of(model)])
    assert itself.any()
    assert (np.diag(counts)[itself] > 0).all()
    assert (np.diag(gradient) > 0).any()
    assert (gradient[counts == 0] == 0).all()
    rank = np.array(rank_of(model))
    assert (counts[rank[:, None] < rank] == 0).all()  # it reads itself, but not ahead
    right = np.asarray(square(graph_arrays(network(**options))[1], "counts"))
    assert (np.diag(right) == 0).all()


def trained(**options: Any) -> tuple[TeachingMADE, float]:
    """A trained network and the loss at its end, in nats."""
    model: Any = network(**options, trained=True)
    return model, float(model.strips_nll)


@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 2])
def test_trained_a_relaxed_network_has_a_loss_that_no_distribution_can_have(layers: int) -> None:
    numbers: dict[str, Any] = {"variables": 5, "widths": (8,) * layers, "order": range(5)}
    numbers["degrees"] = "even"
    relaxed, wrong = trained(**numbers, mistake="relaxed")
    proper, right = trained(**numbers)
    _, counts = np.unique(strips(5).numpy(), axis=0, return_counts=True)
    least = entropy(counts / counts.sum())
    assert wrong < least < right
    assert right < 5 * np.log(2)  # it learned something
    assert learned(relaxed).sum() > 1.2  # no distribution
    assert learned(proper).sum() == pytest.approx(1, abs=1e-5)


def test_trained_weights_keep_the_masks_and_differ_from_random_ones() -> None:
    options = CONFIGURATIONS[0]
    random, trained = network(**options), network(**options, trained=True)
    (_, before), (_, after) = graph_arrays(random), graph_arrays(trained)
    for name in before:
        assert np.array_equal(before[name], after[name]) == (name != "gradient")
    assert not hasattr(random, "strips_nll")


def test_the_seed_decides_degrees_and_weights() -> None:
    def of(seed: int) -> tuple[list[list[int]], torch.Tensor]:
        model = network(5, (8, 8), ORDER, "random", seed=seed)
        return [layer.tolist() for layer in model.degrees], model.layers[0].weight

    (degrees, weights), (same, same_weights), (others, other_weights) = of(3), of(3), of(4)
    assert degrees == same
    assert torch.equal(weights, same_weights)
    assert degrees != others
    assert not torch.equal(weights, other_weights)


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="degree D"):
        network(5, (8,), range(5), "even", mistake="degree 7")
    with pytest.raises(ValueError, match="permutation"):
        network(5, (8,), [0, 0, 1, 2, 3], "even")
    with pytest.raises(ValueError, match="degree"):
        network(5, (2,), range(5), [[1, 6]])


# --- the lecture's slide -------------------------------------------------------------------------


def test_the_lectures_slide() -> None:
    """Four variables, two hidden layers; i <= j between layers, i < j to the outputs."""
    model = network(4, (4, 4), range(4), SLIDE)
    meta, arrays = graph_arrays(model)
    assert meta["labels"] == [[1, 2, 3, 4], [1, 3, 2, 1], [2, 1, 3, 2], [1, 2, 3, 4]]
    numbers = meta["labels"]
    for layer in (1, 2):
        mask = arrays[f"mask{layer}"]
        for j, i in itertools.product(range(4), range(4)):
            assert mask[j, i] == (numbers[layer - 1][i] <= numbers[layer][j])
    for j, i in itertools.product(range(4), range(4)):
        assert arrays["mask3"][j, i] == (numbers[2][i] < numbers[3][j])
    # "A hidden node 1 is only connected to 1; the second is 3, connected by 1, 2 and 3."
    assert arrays["mask1"].tolist() == [[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]
    # p(x2 | x1) passes nodes numbered 1 alone and sees x1 alone.
    counts = square(arrays, "counts")
    assert [np.flatnonzero(row).tolist() for row in counts] == [[], [0], [0, 1], [0, 1, 2]]
    assert np.flatnonzero(arrays["mask3"][1]).tolist() == [1]
    assert counts.tolist() == [[0, 0, 0, 0], [2, 0, 0, 0], [8, 2, 0, 0], [12, 4, 1, 0]]


# --- arrays --------------------------------------------------------------------------------------


def test_the_counts_are_those_of_the_drawing_we_began_with() -> None:
    """Five inputs in the order x3 x1 x5 x2 x4, two layers of eight."""
    _, arrays = graph_arrays(network(5, (8, 8), ORDER, "even"))
    counts = square(arrays, "counts")
    assert counts[1].tolist() == [12, 0, 24, 0, 4]
    assert counts[2].tolist() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("direct", [False, True])
def test_arrays_are_the_networks_own(options: dict[str, Any], direct: bool, mistake: str) -> None:
    model = network(**options, direct=direct, mistake=mistake)
    meta, arrays = graph_arrays(model, seed=3)
    D, masks = model.dimensions, model.masks()
    assert meta["sizes"] == [D, *options["widths"], D]
    assert meta["order"] == list(options["order"])
    assert meta["labels"][0] == meta["labels"][-1] == rank_of(model)
    assert meta["labels"][1:-1] == [layer.tolist() for layer in model.degrees]
    # x_i of rank t is the one drawn at step t, not the t-th in the list of ranks.
    assert [meta["labels"][0][index] for index in meta["order"]] == list(range(1, D + 1))
    for number, mask in enumerate(masks, start=1):
        assert arrays[f"mask{number}"].dtype == np.uint8
        np.testing.assert_array_equal(arrays[f"mask{number}"], mask.numpy())
    assert len([name for name in arrays if name.startswith("mask")]) == len(masks)
    product = np.linalg.multi_dot([mask.numpy().astype(int) for mask in reversed(masks)])
    if direct:
        own = model.direct_mask()
        assert own is not None
        np.testing.assert_array_equal(arrays["direct"], own.numpy())
        product = product + own.numpy()
    else:
        assert arrays["direct"].size == 0
    assert arrays["counts"].dtype == np.int32
    np.testing.assert_array_equal(square(arrays, "counts"), product)
    assert arrays["gradient"].dtype == np.float32
    gradient = square(arrays, "gradient")
    assert (gradient[product == 0] == 0).all()
    assert (gradient > 0).any()
    lost = model.lost_dependencies()
    assert all(product[i, j] == 0 for i, j in lost)


def test_the_largest_network_there_is_has_counts_that_fit() -> None:
    model = network(16, (32, 32, 32), range(16), "even")
    counts = square(graph_arrays(model)[1], "counts")
    assert counts.max() > 1000
    assert (counts >= 0).all()  # no overflow
    np.testing.assert_array_equal(counts, model.path_counts().numpy())


def test_the_gradient_is_the_same_for_a_seed() -> None:
    model = network(16, (16,), range(16), "even")  # too many states for all of them to be tried
    first, same, other = (graph_arrays(model, seed)[1]["gradient"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


# --- to take away --------------------------------------------------------------------------------


@pytest.mark.parametrize("direct", [False, True])
def test_archive_holds_the_arrays_exactly(options: dict[str, Any], direct: bool) -> None:
    model = network(**options, direct=direct)
    meta, arrays = graph_arrays(model, seed=5)
    with np.load(io.BytesIO(figures.archive(model, seed=5)), allow_pickle=False) as file:
        for name, array in arrays.items():
            np.testing.assert_array_equal(file[name], array)
        assert file["order"].tolist() == meta["order"]
        found = [file[f"degree{number}"].tolist() for number in range(len(meta["labels"]))]
        assert found == meta["labels"]


@pytest.mark.slow
@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("mistake", ["none", "relaxed"])
def test_network_figure_shows_every_kept_weight_and_every_number(
    options: dict[str, Any], direct: bool, mistake: str
) -> None:
    model = network(**options, direct=direct, mistake=mistake)
    meta, arrays = graph_arrays(model)
    [axis] = figures.network_figure(model).axes
    kept = sum(int(arrays[name].sum()) for name in arrays if name.startswith("mask"))
    lines = {True: 0, False: 0}
    for collection in axis.collections:
        if isinstance(collection, PathCollection) and not len(collection.get_sizes()):
            colour = to_hex(tuple(np.asarray(collection.get_edgecolor())[0]))
            lines[colour == MEANINGS["illegal"].light.lower()] += len(collection.get_paths())
    assert sum(lines.values()) == kept + int(arrays["direct"].sum())
    assert bool(lines[True]) == (mistake == "relaxed")
    said = [text.get_text() for text in axis.texts]
    for layer in meta["labels"]:
        for number in layer:
            said.remove(str(number))
    assert len(said) == 2 * model.dimensions + len(meta["sizes"])  # their names, and the heads


def test_illegal_paths_are_those_from_an_input_that_is_not_drawn_before() -> None:
    relaxed = network(5, (8, 8), ORDER, "even", mistake="relaxed")
    illegal = illegal_paths(relaxed)
    rank = rank_of(relaxed)
    for i, j in itertools.product(range(5), repeat=2):
        assert bool(illegal[i, j]) == (i == j and rank[i] < 5)  # no unit has the last rank
    across = network(5, (8, 8), ORDER, "even", direct=True, mistake="relaxed")
    assert torch.equal(illegal_paths(across), torch.eye(5, dtype=torch.bool))


@pytest.mark.parametrize("direct", [False, True])
def test_without_the_relaxed_sign_no_path_is_illegal(options: dict[str, Any], direct: bool) -> None:
    for mistake in set(MISTAKES) - {"relaxed"}:
        assert not illegal_paths(network(**options, direct=direct, mistake=mistake)).any()


@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 3])
def test_matrices_figure_shows_masks_counts_and_gradient(layers: int) -> None:
    model = network(4, (6, 5, 7)[:layers], (1, 3, 0, 2), "even", direct=True)
    _, arrays = graph_arrays(model, seed=2)
    figure = figures.matrices_figure(model, seed=2)
    shown = [np.asarray(axis.images[0].get_array()) for axis in figure.axes]
    names = [*(f"mask{number}" for number in range(1, layers + 2)), "counts", "gradient"]
    assert len(shown) == len(names)
    for image, name in zip(shown, names, strict=True):
        np.testing.assert_array_equal(image, arrays[name].reshape(image.shape))
    exported = figure_bytes(figure, "png")
    Image.open(io.BytesIO(exported), formats=["PNG"]).verify()
    assert figure_bytes(figure, "svg").startswith(b"<?xml version")


@pytest.mark.slow
def test_learned_factors_are_those_of_a_made_that_learned_the_table() -> None:
    table = distribution("chain", 3)
    for order in ((0, 1, 2), (2, 1, 0)):
        found, nll = learned_factors(tuple(table), order, 16, 0)
        assert found.shape == (8, 3)
        assert found.prod(1).sum() == pytest.approx(1, abs=1e-5)
        np.testing.assert_allclose(found.prod(1), table, atol=0.02)
        assert nll == pytest.approx(entropy(table), rel=0.02)
        again, _ = learned_factors(tuple(table), order, 16, 0)
        assert again is found  # kept, not learned anew


def test_world_table_has_a_line_for_every_state() -> None:
    true, other = distribution("parity", 3), np.full(8, 0.125)
    head, *lines = figures.world_table(true, other, true).splitlines()
    assert head == "state,true,natural_order,reversed_order"
    assert [line.split(",")[0] for line in lines] == [format(state, "03b") for state in range(8)]
    read = np.array([line.split(",")[1:] for line in lines], float)
    np.testing.assert_allclose(read, np.stack([true, other, true], 1))


def test_trace_archive_holds_its_arrays() -> None:
    arrays: dict[str, np.ndarray] = {"order": np.arange(3), "values": np.ones((3, 2), np.uint8)}
    with np.load(io.BytesIO(figures.trace_archive(arrays))) as found:
        assert {name: found[name].tolist() for name in found} == {
            name: array.tolist() for name, array in arrays.items()
        }


def test_the_global_generator_is_left_alone() -> None:
    torch.manual_seed(1234)
    before = torch.get_rng_state()
    numpy_before = np.random.get_state()[1].tolist()  # type: ignore[index]
    model = network(5, (8, 8), ORDER, "random", seed=9, trained=True)
    graph_arrays(model, seed=9)
    figures.archive(model, seed=9)
    learned_factors((0.4, 0.1, 0.1, 0.4), (0, 1), 4, 9)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.random.get_state()[1].tolist() == numpy_before  # type: ignore[index]
