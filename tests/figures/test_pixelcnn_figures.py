"""The pictures of what PixelCNNs read hold what the networks really read."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from PIL import Image

from arviz_models.analysis.pixelcnn_fields import pixelcnn_fields
from arviz_models.analysis.receptive_fields import NAMES, NEVER, receptive_field
from arviz_models.analysis.side_by_side import Fields, Panel
from arviz_models.base import AutoregressiveModel
from arviz_models.figures import fields as figures
from arviz_models.figures.export import figure_bytes
from arviz_models.figures.fields import HATCHES
from arviz_models.figures.frames import explained
from arviz_models.figures.palette import MEANINGS
from arviz_models.pixelcnn import (
    GatedLayer,
    GatedPixelCNN,
    LeakyGatedPixelCNN,
    LeakyPixelCNN,
    PixelCNN,
)
from pages.ui.fields import meta as meta_of

CONFIGURATIONS = [(11, 3, 3, "A"), (7, 3, 7, "A"), (8, 5, 3, "A"), (7, 7, 5, "A"), (7, 3, 5, "B")]
KNOWN = (11, 3, 3, "A")  # with the numbers of the lesson
TARGET = 7 * 11 + 5


@pytest.fixture(params=CONFIGURATIONS, ids=lambda found: "-".join(map(str, found)))
def configuration(request: pytest.FixtureRequest) -> tuple[int, int, int, str]:
    """Size, later kernel, first kernel, first mask."""
    size, kernel, first, mask = request.param
    return size, kernel, first, mask


def networks(
    size: int, kernel: int, first: int, mask: str
) -> dict[str, Callable[[int], AutoregressiveModel]]:
    """By title, the network of a panel with so many layers after the first."""
    classes: dict[str, type[PixelCNN] | type[GatedPixelCNN]] = {
        "PixelCNN": PixelCNN if mask == "A" else LeakyPixelCNN,
        "Gated PixelCNN": GatedPixelCNN if mask == "A" else LeakyGatedPixelCNN,
    }

    def maker(
        of: type[PixelCNN] | type[GatedPixelCNN],
    ) -> Callable[[int], AutoregressiveModel]:
        return lambda layers: of(
            (1, size, size), features=2, layers=layers, kernel=kernel, first_kernel=first
        )

    return {title: maker(of) for title, of in classes.items()}


def counts(fields: Fields, panel: Panel, target: int, depth: int) -> dict[str, int]:
    pixels = np.bincount(fields.classes(panel, target, depth).ravel(), minlength=len(NAMES))
    return dict(zip(NAMES, pixels.tolist(), strict=True))


# --- what is read --------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [0, 1, 3, 6])
def test_classes_are_those_of_the_networks(
    configuration: tuple[int, int, int, str], depth: int
) -> None:
    fields = pixelcnn_fields(*configuration)
    size = configuration[0]
    made = networks(*configuration)
    assert [panel.title for panel in fields.panels] == list(made)
    for panel in fields.panels:
        model = made[panel.title](depth)
        for target in ((0, 0), (0, size - 1), (size // 2, 1), (size - 1, 0), (size - 1, size - 1)):
            flat = target[0] * size + target[1]
            np.testing.assert_array_equal(
                fields.classes(panel, flat, depth), receptive_field(model, target).classes
            )


def test_the_numbers_of_the_lesson() -> None:
    fields = pixelcnn_fields(*KNOWN)
    plain, gated = fields.panels
    assert counts(fields, plain, TARGET, 3) == {
        "future": 38,
        "target": 1,
        "seen": 34,
        "depth-limited": 38,
        "blind": 10,
    }
    assert counts(fields, gated, TARGET, 3)["seen"] == 49
    for depth in (6, 7, 40):
        assert counts(fields, plain, TARGET, depth)["seen"] == 72
        assert counts(fields, plain, TARGET, depth)["blind"] == 10
    assert counts(fields, plain, TARGET, 5)["seen"] < 72


def test_the_gated_network_has_no_blind_pixel_and_the_plain_one_has() -> None:
    fields = pixelcnn_fields(*KNOWN)
    plain, gated = fields.panels
    blind = [
        [counts(fields, panel, target, fields.last)["blind"] for target in range(121)]
        for panel in (plain, gated)
    ]
    assert sum(blind[0]) > 0
    assert sum(blind[1]) == 0


def test_the_last_layers_are_those_after_which_nothing_changes(
    configuration: tuple[int, int, int, str],
) -> None:
    fields = pixelcnn_fields(*configuration)
    pixels = configuration[0] ** 2

    def whole(target: int, depth: int) -> bytes:
        return b"".join(fields.classes(p, target, depth).tobytes() for p in fields.panels)

    for target in range(1, pixels, 5):
        last = fields.deepest(target)
        assert last <= fields.last
        assert whole(target, last) == whole(target, 60)
        if last:
            assert whole(target, last) != whole(target, last - 1)
    assert fields.last == max(fields.deepest(target) for target in range(pixels))


@pytest.mark.parametrize("size", [7, 11])
def test_mask_b_adds_the_target_itself_and_nothing_later(size: int) -> None:
    right, wrong = (pixelcnn_fields(size, 3, 3, mask) for mask in "AB")
    later = np.triu_indices(size**2, 1)
    for panel in right.panels:
        table = {"A": right.arrays[panel.table], "B": wrong.arrays[panel.table]}
        assert (np.diag(table["A"]) == NEVER).all()
        assert (np.diag(table["B"]) == 0).all()
        for each in table.values():
            assert (each[later] == NEVER).all()


def test_the_broken_gated_network_reads_what_its_structure_says() -> None:
    """By gradient: its class is of the pictures alone, and no other test knows it."""
    reads = torch.zeros(20, 20, dtype=torch.bool)
    for seed in range(4):  # a ReLU can be off in one draw
        torch.manual_seed(seed)
        model = LeakyGatedPixelCNN((1, 4, 5), features=4, layers=1, kernel=3, first_kernel=3)
        x = torch.rand(1, 1, 4, 5, 2, dtype=torch.float64, requires_grad=True)
        for target, logit in enumerate(model.double()(x)[..., 1].flatten()):
            (gradient,) = torch.autograd.grad(logit, x, retain_graph=True)
            reads[target] |= gradient.abs().sum(-1).flatten() > 0
    assert torch.equal(reads, model.dependencies())
    assert bool(reads.diagonal().all())


def test_another_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="A, or B to break it; given 'C'"):
        pixelcnn_fields(7, 3, 3, "C")
    with pytest.raises(ValueError, match="odd"):
        pixelcnn_fields(7, 4, 3, "A")


# --- streams and kernels -------------------------------------------------------------------------


def test_every_pixel_read_by_the_gated_network_is_read_by_one_of_its_stacks(
    configuration: tuple[int, int, int, str],
) -> None:
    fields = pixelcnn_fields(*configuration)
    size = configuration[0]
    gated = fields.panels[1]
    output, vertical = (fields.arrays[name] for name in gated.streams)
    assert (output <= vertical).all()  # the horizontal stack reads the vertical one
    rows = np.arange(size**2) // size
    above = rows[:, None] > rows
    assert (vertical[above] != NEVER).all()  # all rows above, whole
    assert (vertical[~above] == NEVER).all()  # and never its own
    for way in gated.ways:
        assert way.mark in HATCHES
        assert set(way.tables) <= fields.arrays.keys()
    assert gated.ways[-1].tables == (gated.table,)  # what is read has a way


def test_kernels_are_the_masks_of_the_layers(configuration: tuple[int, int, int, str]) -> None:
    fields = pixelcnn_fields(*configuration)
    made = networks(*configuration)
    plain, gated = fields.panels
    model = made["PixelCNN"](1)
    assert isinstance(model, PixelCNN)
    for kernel, layer in zip(plain.kernels, (model.first, model.blocks[0].conv), strict=True):
        np.testing.assert_array_equal(fields.arrays[kernel.cells], layer.mask[0, 0].numpy())
    for panel in fields.panels:
        for kernel in panel.kernels:
            assert fields.arrays[kernel.cells].shape == (kernel.rows, kernel.columns)
            assert kernel.rows % 2 == kernel.columns % 2 == 1
    assert gated.kernels[0].columns == configuration[2]
    assert gated.kernels[1].columns == configuration[1]


@pytest.mark.parametrize("which", [0, 1], ids=["first", "later"])
@pytest.mark.parametrize("stream", [0, 1], ids=["vertical", "horizontal"])
def test_cells_of_a_gated_kernel_are_what_a_layer_reads_of_each_stack(
    configuration: tuple[int, int, int, str], which: int, stream: int
) -> None:
    """By gradient of the real layer, at a place that the whole kernel fits around."""
    fields = pixelcnn_fields(*configuration)
    kernel = fields.panels[1].kernels[which]
    model = networks(*configuration)["Gated PixelCNN"](1)
    assert isinstance(model, GatedPixelCNN)
    layer: GatedLayer = (model.first, model.blocks[0])[which].double()
    maps = 1 if which == 0 else model.features
    middle, side = 9, 19
    inputs = [
        torch.rand(1, maps, side, side, dtype=torch.float64, requires_grad=True) for _ in "vh"
    ]
    made = layer(*inputs)[stream][0, :, middle, middle].sum()
    gradient = torch.autograd.grad(made, inputs, allow_unused=True)
    down, across = kernel.rows // 2, kernel.columns // 2

    def read(of: int) -> np.ndarray:
        """Of the vertical (0) or horizontal (1) input, what lies under the kernel."""
        if gradient[of] is None:
            return np.zeros((kernel.rows, kernel.columns), bool)
        found = gradient[of][0].abs().sum(0) > 0
        inside = found[
            middle - down : middle + down + 1, middle - across : middle + across + 1
        ].numpy()
        assert int(found.sum()) == int(inside.sum())  # nothing outside it
        return inside

    cells = fields.arrays[kernel.cells]
    np.testing.assert_array_equal(read(0), cells & 2 > 0)
    expected = cells & 1 > 0 if stream == 1 else np.zeros_like(cells, bool)
    np.testing.assert_array_equal(read(1), expected)


def test_meta_is_json_and_names_arrays_that_there_are(
    configuration: tuple[int, int, int, str],
) -> None:
    fields = pixelcnn_fields(*configuration)
    meta = json.loads(json.dumps(meta_of(fields)))
    assert (meta["rows"], meta["columns"], meta["last"]) == (*fields.shape, fields.last)
    pixels = configuration[0] ** 2
    for panel in meta["panels"]:
        for name in {panel["table"], *panel["streams"]}:
            assert fields.arrays[name].shape == (pixels, pixels)
            assert fields.arrays[name].dtype == np.uint8
        assert panel["streams"][0] == panel["table"]
        assert all(kernel["cells"] in fields.arrays for kernel in panel["kernels"])
    for name, word in meta["words"].items():
        assert word == MEANINGS[name].word


def test_the_global_generator_is_left_alone() -> None:
    torch.manual_seed(1234)
    before = torch.get_rng_state()
    pixelcnn_fields.__wrapped__(7, 3, 3, "A")
    assert torch.equal(torch.get_rng_state(), before)


# --- to take away --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("depth", [0, 3, 40])
def test_the_figure_has_a_patch_for_every_pixel_in_the_colour_of_its_class(depth: int) -> None:
    fields = pixelcnn_fields(*KNOWN)
    figure = figures.fields_figure(fields, TARGET, depth)
    assert len(figure.axes) == len(fields.panels)
    for axis, panel in zip(figure.axes, fields.panels, strict=True):
        count = counts(fields, panel, TARGET, depth)
        faces = [to_hex(patch.get_facecolor()).upper() for patch in axis.patches]
        assert len(faces) == 121
        for name in ("seen", "depth-limited", "future"):
            assert faces.count(MEANINGS[name].light) == count[name], name
        hatched = [patch.get_hatch() for patch in axis.patches]
        assert hatched.count("////") == count["blind"]
        assert hatched.count("..") == count["depth-limited"]
        if panel.ways:  # the row on the left, and all above
            assert hatched.count("--") + hatched.count("||") == count["seen"]
            assert hatched.count("--") == min(5, depth + 1)
        assert f"reads {count['seen']} of {TARGET}" in axis.get_title()
        assert f"{count['blind']} never" in axis.get_title()
    Image.open(io.BytesIO(figure_bytes(figure, "png")), formats=["PNG"]).verify()
    assert figure_bytes(figure, "svg").startswith(b"<?xml version")


def test_the_figure_shows_a_leak() -> None:
    for mask, said in (("A", 0), ("B", 2)):
        figure = figures.fields_figure(pixelcnn_fields(7, 3, 3, mask), 30, 2)
        assert sum("and itself" in axis.get_title() for axis in figure.axes) == said
        faces = [to_hex(patch.get_facecolor()).upper() for patch in figure.axes[0].patches]
        assert faces.count(MEANINGS["target"].light) == (mask == "B")


def test_the_animation_has_a_frame_for_each_layer_that_adds_a_pixel() -> None:
    fields = pixelcnn_fields(*KNOWN)
    gif = Image.open(io.BytesIO(figures.growth(fields, TARGET)), formats=["GIF"])
    assert getattr(gif, "n_frames", 1) == fields.deepest(TARGET) + 1
    frames = []
    for depth in range(fields.deepest(TARGET) + 1):
        gif.seek(depth)
        frames.append(np.asarray(gif.convert("RGB")))
    assert all((a != b).any() for a, b in itertools.pairwise(frames))


@pytest.mark.parametrize("depth", [0, 2, 6])
def test_a_picture_of_the_animation_has_a_blue_square_for_each_pixel_that_is_read(
    depth: int,
) -> None:
    fields = pixelcnn_fields(*KNOWN)
    cell = figures.cell_of(fields.shape)
    picture = np.asarray(figures.growth_picture(fields, TARGET, depth))
    blue = np.array([int(MEANINGS["seen"].light[at : at + 2], 16) for at in (1, 3, 5)])
    below_titles = picture[len(picture) - 11 * cell :]
    corners = below_titles[1::cell, 1::cell][:, : 2 * 11 + 1]  # both grids, the gap between them
    seen = int((corners == blue).all(-1).sum())
    assert seen == sum(counts(fields, panel, TARGET, depth)["seen"] for panel in fields.panels)


@pytest.mark.parametrize(("mask", "leak"), [("A", ""), ("B", " and itself, a leak")])
def test_the_animation_says_how_much_each_network_reads(
    mask: str, leak: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = pixelcnn_fields(7, 3, 3, mask)
    said: list[str] = []

    def heard(pictures: Any, words: list[str], legend: Any) -> Any:
        said.extend(words)
        return explained(pictures, words, legend)

    monkeypatch.setattr(figures, "explained", heard)
    figures.growth(fields, 30)
    plain, gated = (
        [counts(fields, panel, 30, depth)["seen"] for depth in range(len(said))]
        for panel in fields.panels
    )
    assert said == [
        f"Layer {depth}. Read of the 30 pixels before the target: "
        f"PixelCNN {plain[depth]}{leak}, Gated PixelCNN {gated[depth]}{leak}"
        for depth in range(fields.deepest(30) + 1)
    ]


def test_the_csv_has_the_first_layer_of_every_earlier_pixel() -> None:
    fields = pixelcnn_fields(*KNOWN)
    lines = list(csv.DictReader(io.StringIO(figures.first_layers(fields, TARGET))))
    assert len(lines) == TARGET
    for pixel, line in enumerate(lines):
        assert (int(line["row"]), int(line["column"])) == divmod(pixel, 11)
        for panel in fields.panels:
            first = int(fields.arrays[panel.table][TARGET, pixel])
            assert line[panel.table] == ("" if first == NEVER else str(first))
    assert sum(line["PixelCNN"] == "" for line in lines) == 10
    assert len(figures.first_layers(fields, 0).splitlines()) == 1


def test_the_archive_holds_the_tables_exactly(configuration: tuple[int, int, int, str]) -> None:
    fields = pixelcnn_fields(*configuration)
    with np.load(io.BytesIO(figures.archive(fields)), allow_pickle=False) as file:
        assert file["shape"].tolist() == list(fields.shape)
        assert set(file.files) == {"shape", *fields.arrays}
        for name, array in fields.arrays.items():
            np.testing.assert_array_equal(file[name], array)
