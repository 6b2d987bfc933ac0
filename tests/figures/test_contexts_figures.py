"""Networks side by side: contexts, differences and gradients are those of the models."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models import (
    MADE,
    NADE,
    DiagonalBiLSTM,
    GatedPixelCNN,
    PixelCNN,
    RowLSTM,
)
from arviz_models.analysis.conditionals import gradient
from arviz_models.analysis.contexts import (
    chosen,
    contexts,
    differences,
    missed_by_one,
    reads,
    trained,
)
from arviz_models.analysis.networks import NETWORKS
from arviz_models.analysis.receptive_fields import NEVER, gradient_map, receptive_field
from arviz_models.analysis.sensitivity import near, sensitivity
from arviz_models.base import AutoregressiveModel
from arviz_models.cards import list_pretrained, read_card
from arviz_models.figures.export import figure_bytes
from pages.contexts import figures

SIZE, TARGET = 11, 7 * 11 + 5
IMAGE = (1, 6, 5)


def network(word: str, shape: tuple[int, int, int], layers: int, first: int) -> AutoregressiveModel:
    torch.manual_seed(0)
    small: dict[str, Any] = {"features": 2, "layers": layers, "first_kernel": first}
    if word in ("nade", "made"):
        return NADE(shape, hidden=4) if word == "nade" else MADE(shape, hidden=(60,))
    if word in ("diagonal", "full"):
        return DiagonalBiLSTM(shape, full_context=word == "full", **small)
    kinds: dict[str, Any] = {"pixelcnn": PixelCNN, "gated": GatedPixelCNN, "row": RowLSTM}
    model: AutoregressiveModel = kinds[word](shape, **small)
    return model


def every(layers: int = 1) -> dict[str, AutoregressiveModel]:
    return {word: network(word, IMAGE, layers, 3) for word in NETWORKS}


@pytest.mark.parametrize("first", [3, 5])
@pytest.mark.parametrize("depth", [0, 1, 4])
def test_each_context_is_that_of_the_network(first: int, depth: int) -> None:
    fields = contexts(7, first)
    assert list(fields.arrays) == list(NETWORKS)
    for target in ((0, 0), (3, 6), (6, 2)):
        flat = 7 * target[0] + target[1]
        found = reads(fields, flat, dict.fromkeys(NETWORKS, depth))
        for word in NETWORKS:
            if depth == 0 and word not in ("nade", "made"):
                continue  # a network has a layer at least
            classes = receptive_field(network(word, (1, 7, 7), depth, first), target).classes
            seen = classes.ravel() == 2
            assert np.array_equal(found[word], seen), (word, target)


def test_the_numbers_of_the_lesson() -> None:
    """Those of models.md, on 11 x 11 with the target in row 7, column 5."""
    fields = contexts(SIZE, 3)

    def seen(depth: int) -> dict[str, int]:
        depths = dict.fromkeys(NETWORKS, depth)
        return {word: int(row.sum()) for word, row in reads(fields, TARGET, depths).items()}

    assert seen(3)["pixelcnn"] == 34
    assert seen(3)["gated"] == 49
    assert seen(1) | {"pixelcnn": 0, "gated": 0} == {
        "pixelcnn": 0,
        "gated": 0,
        "row": 66,
        "diagonal": 81,
        "full": 82,
        "nade": 82,
        "made": 82,
    }
    assert seen(40) == {
        "pixelcnn": 72,
        "gated": 82,
        "row": 72,
        "diagonal": 81,
        "full": 82,
        "nade": 82,
        "made": 82,
    }


def test_differences_are_those_of_the_sets() -> None:
    fields = contexts(7, 3)
    depths = dict.fromkeys(NETWORKS, 2)
    sets = {word: set(np.flatnonzero(row)) for word, row in reads(fields, 24, depths).items()}
    expected = [[len(one - other) for other in sets.values()] for one in sets.values()]
    assert differences(fields, 24, depths).tolist() == expected


def test_only_the_diagonal_misses_the_end_of_the_row_above() -> None:
    fields = contexts(SIZE, 3)
    depths = dict.fromkeys(NETWORKS, 15)
    for target in (4 * SIZE + 3, TARGET):
        end_of_row_above = target // SIZE * SIZE - 1
        found = missed_by_one(fields, ("gated", "diagonal", "full"), target, depths)
        assert found == {end_of_row_above: "diagonal"}


def test_subtitles_say_what_the_networks_are_built_of() -> None:
    titles = {panel.table: panel.subtitle for panel in trained(every(layers=2)).panels}
    assert titles["pixelcnn"] == "3×3 + {layers} of 3×3"
    assert titles["row"] == "3×3 + {layers}, k = 3"
    assert len(set(titles.values())) == len(titles) - 1  # full context has the layers of the other


def test_every_checkpoint_belongs_to_one_network_at_most() -> None:
    for name in list_pretrained():
        card = read_card(name)
        assert sum(network.has(card) for network in NETWORKS.values()) <= 1, name
    full = [name for name in list_pretrained() if NETWORKS["full"].has(read_card(name))]
    assert full == ["diagonal-bilstm-mnist-full"]


# --- sensitivity ----------------------------------------------------------------------------------


@pytest.mark.parametrize("word", NETWORKS)
def test_the_sensitivity_is_the_models_own(word: str) -> None:
    model = network(word, IMAGE, 1, 3)
    x = np.random.default_rng(3).integers(0, 2, IMAGE[1:])
    found = sensitivity(model, x, 17)
    images = torch.from_numpy(x).view(1, *IMAGE)
    assert np.allclose(found.gradient, gradient_map(model, images, (3, 2)), atol=1e-6)
    with torch.no_grad():
        p = model.logits(images).flatten(1, -2)[0, 17].softmax(-1)[x.flat[17]].item()
        nats = -model.log_prob(images).item()
    assert found.probability == pytest.approx(p, abs=1e-5)
    assert found.nats == pytest.approx(nats, abs=1e-3)
    assert not found.gradient.ravel()[17:].any()


def test_near_is_the_least_distance_with_half_of_the_gradient() -> None:
    gradient = np.zeros((5, 7))
    gradient[1, 3], gradient[2, 2], gradient[0, 6] = 1, 1, 3  # 1, 1 and 3 away from (2, 3)
    assert near(gradient, 2 * 7 + 3) == 3
    gradient[0, 6] = 2
    assert near(gradient, 2 * 7 + 3) == 1
    assert near(np.zeros((5, 7)), 17) == 0


@pytest.mark.parametrize("target", [0, 3 * 7 + 3])
def test_rounding_at_pixels_that_are_not_read_leaves_the_distance(
    monkeypatch: pytest.MonkeyPatch, target: int
) -> None:
    """Another device may leave 1e-9 there; the first pixel reads none at all."""
    torch.manual_seed(0)
    model = PixelCNN((1, 5, 7), features=4, layers=1, first_kernel=3).eval()
    x = np.ones((5, 7), np.int64)
    as_it_is = sensitivity(model, x, target)
    exact = gradient
    residue = np.float32(1e-9)
    monkeypatch.setattr(
        "arviz_models.analysis.sensitivity.gradient",
        lambda *given: np.where(exact(*given) == 0, residue, exact(*given)),
    )
    assert sensitivity(model, x, target).near == as_it_is.near


# --- to take away ---------------------------------------------------------------------------------


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_some_networks_alone_keep_their_tables() -> None:
    whole = contexts(7, 3)
    some = chosen(whole, ("full", "gated"))
    assert [panel.table for panel in some.panels] == list(some.arrays) == ["gated", "full"]
    assert some.arrays["gated"] is whole.arrays["gated"]


def test_the_counts_are_those_of_the_contexts() -> None:
    fields = contexts(SIZE, 3)
    depths = dict.fromkeys(NETWORKS, 3)
    lines = {line["network"]: line for line in table(figures.counts_table(fields, TARGET, depths))}
    assert list(lines) == list(NETWORKS)
    apart = differences(fields, TARGET, depths)
    for number, (word, line) in enumerate(lines.items()):
        seen = int(reads(fields, TARGET, depths)[word].sum())
        assert int(line["seen"]) == seen
        assert int(line["seen"]) + int(line["depth_limited"]) + int(line["blind"]) == TARGET
        assert [int(line[f"not_read_by_{other}"]) for other in NETWORKS] == apart[number].tolist()


def test_gradients_can_be_taken_away() -> None:
    models = every()
    x = np.random.default_rng(5).integers(0, 2, IMAGE[1:])
    found = {word: sensitivity(model, x, 17) for word, model in models.items()}
    lines = table(figures.gradients_table(x, 17, found))
    assert len(lines) == 17
    for pixel, line in enumerate(lines):
        assert int(line["value"]) == x.flat[pixel]
        for word, each in found.items():
            assert math.isclose(
                float(line[f"{word}_nats"]), each.gradient.flat[pixel], rel_tol=1e-4, abs_tol=1e-9
            )


def test_the_gradients_figure_shows_a_gradient_where_the_network_reads_and_nowhere_else() -> None:
    models = every()
    fields = trained(models)
    depths = {word: 0 if word in ("nade", "made") else 1 for word in models}
    x = np.random.default_rng(5).integers(0, 2, IMAGE[1:])
    found = {word: sensitivity(model, x, 17) for word, model in models.items()}
    figure = figures.gradients_figure(fields, depths, x, 17, found)
    assert figure_bytes(figure, "png").startswith(b"\x89PNG")
    for axis, (word, each) in zip(figure.axes, found.items(), strict=False):
        assert axis.get_title().startswith(NETWORKS[word].title)
        heat = axis.images[0].get_array()
        assert heat is not None
        seen = reads(fields, 17, depths)[word].reshape(IMAGE[1:])
        assert np.array_equal(~np.ma.getmaskarray(heat), seen)
        assert np.allclose(heat.data[seen], each.gradient[seen])


def test_tables_hold_no_depth_for_networks_without_layers() -> None:
    fields = contexts(7, 3)
    for word in ("nade", "made"):
        lower = np.tri(49, k=-1, dtype=bool)
        assert np.array_equal(fields.arrays[word], np.where(lower, 0, NEVER))
