"""What the drawing tabs show is what the model computed, and what is not read moves nothing."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageSequence

from arviz_models import GatedPixelCNN, PixelCNN, cards, load_dataset, load_pretrained
from arviz_models.analysis.conditionals import (
    conditionals,
    field_table,
    given_rows,
    gradient,
    surprisal,
)
from arviz_models.analysis.digit_strip import digit_strip
from arviz_models.analysis.picture_file import STROKE, PictureError, _stroke_width, read_picture
from arviz_models.analysis.receptive_fields import NAMES, first_seen, gradient_map, receptive_field
from arviz_models.base import AutoregressiveModel
from arviz_models.figures import completion, frames
from arviz_models.figures.palette import MEANINGS
from arviz_models.figures.sheets import GAP
from pages.pixelcnn import softmax_figures as figures

if TYPE_CHECKING:
    from matplotlib.patches import Rectangle

SHAPE = (1, 7, 6)
UNREAD = ("target", "depth-limited", "blind", "future")


def some_image(model: AutoregressiveModel, seed: int = 0) -> np.ndarray:
    _, height, width = model.event_shape
    numbers = np.random.default_rng(seed)
    return numbers.integers(0, model.levels, (height, width)).astype(np.uint8)


def pixels_of(model: AutoregressiveModel, target: tuple[int, int], *names: str) -> np.ndarray:
    """bool (H, W): which pixels are one of those to the target."""
    classes = receptive_field(model, target).classes
    return np.isin(classes, [NAMES.index(name) for name in names])


@pytest.fixture(params=[(PixelCNN, 2), (PixelCNN, 4), (GatedPixelCNN, 2), (GatedPixelCNN, 5)])
def model(request: pytest.FixtureRequest) -> Any:
    kind, levels = request.param
    torch.manual_seed(1)
    return kind(SHAPE, levels=levels, features=6, layers=1, first_kernel=3)


SHIPPED = [
    name
    for name in cards.list_pretrained()
    if cards.read_card(name)["class"] in ("PixelCNN", "GatedPixelCNN")
]


# --- a pixel's softmax ----------------------------------------------------------------------------


def test_conditionals_are_the_models_own(model: Any) -> None:
    x = some_image(model)
    arrays = conditionals(model, x)
    with torch.no_grad():
        logits = model.logits(torch.from_numpy(x.astype(np.int64))[None, None])[0, 0]
    expected = logits.numpy().reshape(x.size, model.levels)
    np.testing.assert_array_equal(arrays["logits"], expected)
    log_p = torch.log_softmax(logits.double(), -1).numpy().reshape(x.size, model.levels)
    np.testing.assert_allclose(arrays["log_p"], log_p, atol=1e-6)
    np.testing.assert_allclose(np.exp(arrays["log_p"]).sum(1), 1, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_what_a_shipped_model_does_not_read_changes_no_bit_of_the_softmax(name: str) -> None:
    """The pixels one by one, each kind of them together, and everything at once."""
    shipped = load_pretrained(name, device="cpu")
    x = load_dataset(shipped.card["data"], shipped.levels).batch("test", [1])[0, 0].numpy()
    numbers = np.random.default_rng(0)
    for place in ((16, 12), (9, 25), (20, 2)):  # in 28 x 28
        target = (place[0] * x.shape[0] // 28, place[1] * x.shape[1] // 28)
        at = target[0] * x.shape[1] + target[1]
        before = conditionals(shipped, x)["logits"][at]
        unread = pixels_of(shipped, target, *UNREAD)
        masks = [pixels_of(shipped, target, kind) for kind in UNREAD] + [unread]
        for index in numbers.choice(np.flatnonzero(unread), 8, replace=False):
            masks.append(np.arange(x.size).reshape(x.shape) == index)
        for mask in masks:
            painted = np.where(mask, (x + 1) % shipped.levels, x)
            after = conditionals(shipped, painted)["logits"][at]
            np.testing.assert_array_equal(after, before)


def test_a_pixel_that_is_read_moves_the_softmax(model: Any) -> None:
    x, target = some_image(model), (4, 3)
    at = target[0] * x.shape[1] + target[1]
    before = conditionals(model, x)["logits"][at]
    moved = 0
    for index in np.flatnonzero(pixels_of(model, target, "seen")):
        painted = x.copy()
        painted.flat[index] = (painted.flat[index] + 1) % model.levels
        moved += not np.array_equal(conditionals(model, painted)["logits"][at], before)
    assert moved > 0.7 * pixels_of(model, target, "seen").sum()  # a ReLU may be off


@pytest.mark.slow
def test_a_pixel_blind_to_the_shipped_pixelcnn_moves_the_gated_one() -> None:
    """What the lesson asks the student to find: the default pixel, and its nearest blind one."""
    blind, gated = load_pretrained("pixelcnn-mnist"), load_pretrained("gated-pixelcnn-mnist")
    x = load_dataset("mnist_binary").batch("test", [1])[0, 0].numpy()
    target = (16, 12)
    at = target[0] * x.shape[1] + target[1]
    row = target[0] - 1
    column = np.flatnonzero(pixels_of(blind, target, "blind")[row])[0]
    assert receptive_field(gated, target).classes[row, column] == NAMES.index("seen")
    painted = x.copy()
    painted[row, column] ^= 1
    for each, moves in ((blind, False), (gated, True)):
        before, after = (conditionals(each, y)["logits"][at] for y in (x, painted))
        assert (not np.array_equal(before, after)) == moves


def test_field_table_is_that_of_the_receptive_field(model: Any) -> None:
    np.testing.assert_array_equal(field_table(model)["first_seen"], first_seen(model))


def test_gradient_is_the_gradient_map(model: Any) -> None:
    x, target = some_image(model), (4, 3)
    expected = gradient_map(model, torch.from_numpy(x.astype(np.int64))[None, None], target)
    found = gradient(model, x, target)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_conditional_table_has_a_line_for_each_pixel(model: Any) -> None:
    x, target = some_image(model), (4, 3)
    lines = list(csv.DictReader(io.StringIO(figures.conditional_table(model, x, target))))
    assert len(lines) == x.size
    classes = receptive_field(model, target).classes.ravel()
    log_p = conditionals(model, x)["log_p"]
    moves = gradient(model, x, target).ravel()
    for index, line in enumerate(lines):
        assert int(line["index"]) == index
        assert (int(line["row"]), int(line["column"])) == divmod(index, x.shape[1])
        assert int(line["value"]) == x.flat[index]
        assert line["to_target"] == NAMES[classes[index]]
        assert float(line["gradient_nats"]) == pytest.approx(moves[index], rel=1e-5)
        assert float(line["surprisal_nats"]) == pytest.approx(
            -log_p[index, x.flat[index]], rel=1e-4
        )
        assert sum(float(line[f"p_{k}"]) for k in range(model.levels)) == pytest.approx(1, abs=1e-4)


def test_softmax_figure_shows_both_softmaxes_and_the_counts(model: Any) -> None:
    digit, target = some_image(model), (4, 3)
    x = digit.copy()
    x[3, 3] = (x[3, 3] + 1) % model.levels
    figure = figures.softmax_figure(model, x, digit, target)
    left, right = figure.axes
    at = target[0] * x.shape[1] + target[1]
    bars = cast("list[Rectangle]", right.patches)
    widths = [bar.get_width() for bar in bars]
    expected = [np.exp(conditionals(model, each)["log_p"][at]) for each in (x, digit)]
    np.testing.assert_allclose(widths, np.concatenate(expected), rtol=1e-6)
    counts = receptive_field(model, target).counts
    assert f"{counts['seen']} {MEANINGS['seen'].word}" in figure.get_suptitle()
    assert f"{counts['blind']} {MEANINGS['blind'].word}" in figure.get_suptitle()
    assert len(left.patches) == x.size + np.count_nonzero(x)


# --- a drawing completed --------------------------------------------------------------------------


def test_surprisal_adds_up_to_the_negative_log_likelihood(model: Any) -> None:
    x = np.stack([some_image(model, seed) for seed in range(3)])
    nats = surprisal(model, x)
    assert nats.shape == x.shape
    assert nats.dtype == np.float32
    assert (nats > 0).all()
    with torch.no_grad():
        log_prob = model.log_prob(torch.from_numpy(x.astype(np.int64))[:, None])
    np.testing.assert_allclose(nats.sum((1, 2)), -log_prob.numpy(), rtol=1e-5)
    log_p = conditionals(model, x[1])["log_p"]
    at = np.arange(x[1].size), x[1].ravel()
    np.testing.assert_allclose(nats[1].ravel(), -log_p[at], rtol=1e-5)


@pytest.mark.parametrize("rows", [0, 3, 6])
def test_given_rows_stand_and_the_rest_is_drawn_by_the_model(model: Any, rows: int) -> None:
    x = some_image(model)
    given = given_rows(x, rows)
    assert given.shape == (1, *SHAPE)
    assert bool((given[0, 0, rows:] == -1).all())
    drawn = model.sample(16, given=given, generator=torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(
        drawn[:, 0, :rows].numpy(), np.broadcast_to(x[:rows], (16, rows, SHAPE[2]))
    )
    assert len(torch.unique(drawn[:, 0, rows:], dim=0)) > 1


@pytest.fixture(scope="module")
def completed() -> tuple[np.ndarray, np.ndarray, int]:
    """Made-up continuations, their surprisal, and how many rows were given."""
    numbers = np.random.default_rng(0)
    x = numbers.integers(0, 4, (3, 5, 4)).astype(np.uint8)
    return x, numbers.uniform(0, 3, x.shape).astype(np.float32), 2


def test_completion_figure_shows_images_surprisal_and_what_was_drawn(
    completed: tuple[np.ndarray, np.ndarray, int],
) -> None:
    x, nats, rows = completed
    axes = completion.completion_figure(x, nats, rows, 4).axes[:6]
    for number in range(3):
        above, below = axes[number], axes[3 + number]
        for axis, expected in ((above, x[number]), (below, nats[number])):
            shown: np.ndarray = np.ma.filled(
                np.ma.asarray(axis.images[0].get_array(), float), np.nan
            )
            np.testing.assert_allclose(shown, expected, rtol=1e-6)
        assert above.get_title() == f"{nats[number, rows:].sum():.1f} nats"
    from_below = completion.completion_figure(x, nats, rows, 4, below=True).axes[0]
    assert from_below.get_title() == f"{nats[0, :rows].sum():.1f} nats"


@pytest.mark.parametrize("below", [False, True])
def test_completion_table_and_archive_hold_the_numbers(
    completed: tuple[np.ndarray, np.ndarray, int], below: bool
) -> None:
    x, nats, rows = completed
    lines = list(csv.DictReader(io.StringIO(completion.completion_table(x, nats, rows, below))))
    assert len(lines) == x.size
    for line in lines:
        at = int(line["continuation"]) - 1, int(line["row"]), int(line["column"])
        assert int(line["value"]) == x[at]
        assert int(line["given"]) == (at[1] >= rows if below else at[1] < rows)
        assert float(line["surprisal_nats"]) == pytest.approx(nats[at], rel=1e-5)
    archive = completion.completion_archive(x, nats, rows, below)
    with np.load(io.BytesIO(archive), allow_pickle=False) as file:
        np.testing.assert_array_equal(file["x"], x)
        np.testing.assert_array_equal(file["surprisal_nats"], nats)
        assert (int(file["rows"]), bool(file["below"])) == (rows, below)


@pytest.mark.parametrize("below", [False, True])
def test_completion_animation_begins_with_the_given_rows_and_ends_whole(
    completed: tuple[np.ndarray, np.ndarray, int], below: bool
) -> None:
    x, _, rows = completed
    scale = 4
    data = completion.completion_animation(x, rows, 4, frames=5, scale=scale, below=below)
    with Image.open(io.BytesIO(data)) as gif:
        pictures = [np.array(frame.convert("L")) for frame in ImageSequence.Iterator(gif)]
    assert len(pictures) == 5

    def cell(picture: np.ndarray, number: int, row: int, column: int) -> int:
        wide = (len(x) * (x.shape[2] + GAP) + GAP) * scale
        left = (picture.shape[1] - wide) // 2  # under the words
        left += (GAP + number * (x.shape[2] + GAP) + column) * scale
        top = frames.TEXT + 2 * frames.MARGIN + (GAP + row) * scale
        return int(picture[top + 1, left + 1])

    future = int(np.array(Image.new("RGB", (1, 1), MEANINGS["future"].light).convert("L"))[0, 0])
    for (number, row, column), value in np.ndenumerate(x.astype(int)):
        grey = 255 - value * 255 // 3
        assert cell(pictures[-1], number, row, column) == pytest.approx(grey, abs=3)
        first = cell(pictures[0], number, row, column)
        assert first == pytest.approx(grey if (row < rows) != below else future, abs=3)


def test_completion_animation_says_how_far_it_has_come(
    completed: tuple[np.ndarray, np.ndarray, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, _, rows = completed
    said: list[str] = []

    def heard(pictures: Any, words: list[str], legend: Any) -> Any:
        said.extend(words)
        return frames.explained(pictures, words, legend)

    monkeypatch.setattr(completion, "explained", heard)
    completion.completion_animation(x, rows, 4, frames=4)
    left = (x.shape[1] - rows) * x.shape[2]
    assert said == [
        f"{rows} of {x.shape[1]} rows are given; drawn so far: {drawn} of {left} pixels of each "
        "continuation"
        for drawn in (0, left // 3, 2 * left // 3, left)
    ]


def test_softmax_figure_explains_its_marks_and_no_probability_is_above_one(model: Any) -> None:
    x = some_image(model)
    figure = figures.softmax_figure(model, x, x, (4, 3))
    [legend] = figure.legends
    words = [text.get_text() for text in legend.get_texts()]
    ink = f"{model.levels - 1}, ink"
    assert words == [*(MEANINGS[name].word for name in (*NAMES[1:], "future")), ink]
    assert max(figure.axes[1].get_xticks()) == 1


# --- digits to begin with -------------------------------------------------------------------------


@pytest.mark.parametrize("index", [0, 57, 103, 269])
def test_strip_has_one_digit_of_each_kind_and_the_one_asked_for(index: int) -> None:
    data = load_dataset("digits")
    labels = data.labels("test")
    assert labels is not None
    strip = digit_strip(data, index)
    assert index in strip["indices"]
    assert labels[strip["indices"].tolist()].tolist() == list(range(10))
    expected = data.batch("test", strip["indices"].tolist())[:, 0].numpy()
    np.testing.assert_array_equal(strip["images"], expected)


def test_strip_stays_when_another_of_its_digits_is_taken() -> None:
    data = load_dataset("digits")
    strip = digit_strip(data, 0)
    for index in strip["indices"].tolist():
        again = digit_strip(data, index)
        np.testing.assert_array_equal(again["indices"], strip["indices"])


# --- pictures from files --------------------------------------------------------------------------


def file_of(picture: Image.Image, form: str = "PNG") -> io.BytesIO:
    file = io.BytesIO()
    picture.save(file, form)
    file.seek(0)
    return file


def seven(ground: Any = "white", ink: Any = "black", mode: str = "RGB", width: int = 24) -> Any:
    picture = Image.new(mode, (600, 420), ground)
    ImageDraw.Draw(picture).line([(220, 60), (430, 60), (300, 360)], fill=ink, width=width)
    return picture


def read(picture: Image.Image, levels: int = 2, form: str = "PNG") -> np.ndarray:
    return read_picture(file_of(picture, form), (28, 28), levels)


def test_a_picture_is_placed_as_mnist_places_its_digits() -> None:
    x = read(seven())
    rows, columns = np.flatnonzero(x.any(1)), np.flatnonzero(x.any(0))
    assert rows[-1] - rows[0] + 1 == 20  # it is taller than wide
    assert columns[-1] - columns[0] + 1 < 20
    middle = np.argwhere(x).mean(0) + 0.5
    np.testing.assert_allclose(middle, 14, atol=0.75)


@pytest.mark.parametrize(
    "picture",
    [
        seven("black", "white"),
        seven((250, 240, 225), (30, 20, 90)),
        seven((0, 0, 0, 0), (0, 0, 0, 255), "RGBA"),
        seven((0, 0, 0, 0), (255, 255, 255, 255), "RGBA"),
        seven(255, 0, "L"),
        seven(0, 1, "1"),
    ],
    ids=["light on dark", "coloured", "dark on nothing", "light on nothing", "grey", "one bit"],
)
def test_the_ink_is_what_differs_from_the_border(picture: Image.Image) -> None:
    assert np.mean(read(picture) != read(seven())) < 0.01


def test_jpeg_sixteen_bits_and_rotation_by_exif_are_read() -> None:
    plain = read(seven())
    assert np.mean(read(seven(), form="JPEG") != plain) < 0.01
    deep = Image.fromarray(np.asarray(seven(255, 0, "L")).astype(np.uint16) * 257)
    assert np.mean(read(deep) != plain) < 0.01
    turned, exif = seven().rotate(90, expand=True), Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    file = io.BytesIO()
    turned.save(file, "JPEG", exif=exif)
    file.seek(0)
    assert np.mean(read_picture(file, (28, 28), 2) != plain) < 0.01


@pytest.mark.parametrize("width", [2, 6, 24])
def test_thin_strokes_are_thickened_to_about_those_of_mnist(width: int) -> None:
    found = _stroke_width(read(seven(width=width)).astype(bool))
    assert found == pytest.approx(STROKE, rel=0.3)


def test_the_stroke_width_is_that_of_mnist() -> None:
    digits = load_dataset("mnist", 2).batch("test", slice(0, 2000))[:, 0].numpy().astype(bool)
    widths = [_stroke_width(digit) for digit in digits]
    assert np.mean(widths) == pytest.approx(STROKE, abs=0.05)


@pytest.mark.parametrize("levels", [2, 4, 16])
def test_levels_cut_the_greys_as_the_data_set_does(levels: int) -> None:
    x = read(seven(), levels)
    assert x.dtype == np.uint8
    assert x.min() == 0
    assert x.max() == levels - 1


def test_an_mnist_image_comes_back_as_it_is() -> None:
    digit = load_dataset("mnist", 256).batch("test", [3])[0, 0].numpy()
    picture = Image.fromarray(digit.astype(np.uint8))
    expected = load_dataset("mnist", 4).batch("test", [3])[0, 0].numpy()
    np.testing.assert_array_equal(read(picture, 4), expected)


def test_two_specks_far_apart_are_a_picture() -> None:
    picture = Image.new("L", (3000, 3000), 255)
    for corner in ((5, 5), (2990, 2990)):
        picture.putpixel(corner, 0)
    assert read(picture).any()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a PNG or JPEG"),
        (b"not a picture at all", "not a PNG or JPEG"),
        (file_of(seven(), "GIF").getvalue(), "not a PNG or JPEG"),
        (file_of(seven(), "BMP").getvalue(), "not a PNG or JPEG"),
        (file_of(seven()).getvalue()[:900], "damaged"),
        (file_of(seven(), "JPEG").getvalue()[:3000], "damaged"),
        (file_of(Image.new("L", (50, 50), 90)).getvalue(), "of one colour"),
        (file_of(Image.new("1", (5000, 5000))).getvalue(), "at most 17 million"),
        (file_of(Image.new("1", (14_000, 14_000))).getvalue(), "at most 17 million"),
    ],
    ids=["empty", "text", "GIF", "BMP", "cut PNG", "cut JPEG", "one colour", "large", "huge"],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_is_no_picture_is_refused_in_words(data: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        read_picture(io.BytesIO(data), (28, 28), 2)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_damaged_file_is_an_image_or_is_refused(form: str) -> None:
    """Random bytes changed anywhere: never another error."""
    good = file_of(seven(), form).getvalue()
    numbers = np.random.default_rng(0)
    refused = 0
    for _ in range(80):
        broken = bytearray(good)
        for place in numbers.integers(0, len(broken), 4):
            broken[place] = numbers.integers(256)
        try:
            x = read_picture(io.BytesIO(bytes(broken)), (28, 28), 4)
        except PictureError:
            refused += 1
        else:
            assert x.shape == (28, 28)
            assert x.max() < 4
    assert refused > 0
