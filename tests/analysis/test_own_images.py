"""Own pictures as a data set: every kind of file, every kind of fault, and what comes of them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from arviz_models.analysis import own_images
from arviz_models.analysis.own_images import (
    OwnImagesError,
    as_levels,
    data_set,
    read_files,
    reduced,
    shares,
    standing,
)
from arviz_models.data import SPLITS, Dataset

SIZE = (40, 30)  # (h, w)


def strokes(dark: bool = True) -> np.ndarray:
    """A bar at the left of the upper half: it tells up from down and left from right."""
    grey = np.full(SIZE, 255, np.uint8)
    grey[5:20, 4:8] = 0
    return grey if dark else 255 - grey


def saved(picture: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()


def grey_16() -> bytes:
    return saved(Image.fromarray(strokes().astype(np.uint16) * 257))


def cmyk() -> bytes:
    return saved(Image.fromarray(strokes()).convert("CMYK"), "JPEG", quality=95)


def palette() -> bytes:
    return saved(Image.fromarray(strokes()).convert("RGB").convert("P"))


def one_bit() -> bytes:
    return saved(Image.fromarray(strokes()).convert("1"))


def transparent() -> bytes:
    alpha = np.zeros((*SIZE, 4), np.uint8)
    alpha[..., 3] = 255 - strokes()
    return saved(Image.fromarray(alpha))


def turned_by_exif() -> bytes:
    picture = Image.fromarray(strokes()).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    return saved(picture, "JPEG", exif=exif, quality=95)


def animated() -> bytes:
    frames = [Image.fromarray(strokes()), Image.fromarray(strokes(dark=False))]
    return saved(frames[0], save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    "content",
    [grey_16, cmyk, palette, one_bit, transparent, turned_by_exif, animated],
    ids=lambda content: content.__name__,
)
def test_every_kind_of_picture_is_read_upright(content: Callable[[], bytes]) -> None:
    found = read_files([("a.png", content())])
    assert found.refused == {}
    ink = as_levels(found.greys, SIZE, 2, fit="whole")[0]
    assert np.array_equal(ink == 1, strokes() == 0)


def test_of_an_animation_the_first_frame_is_taken_and_that_is_said() -> None:
    assert "2 frames" in read_files([("a.png", animated())]).notes["a.png"]


def declaring(width: int, height: int) -> bytes:
    """A PNG whose header says that size, and that holds nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


PICTURE = saved(Image.fromarray(strokes()))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.png", b"", "empty"),
        ("program.png", b"MZ" + bytes(200), "not a PNG or JPEG"),
        ("half.png", PICTURE[: len(PICTURE) // 2], "damaged"),
        ("a.gif", saved(Image.fromarray(strokes()), "GIF"), "not a PNG or JPEG"),
        ("bomb.png", declaring(30_000, 30_000), "at most"),
        ("a.zip", zipped({"a.png": PICTURE})[:-30], "zip is damaged"),
    ],
    ids=lambda each: each if isinstance(each, str) and "." in each else "",
)
def test_a_bad_file_is_named_and_the_others_are_read(name: str, content: bytes, words: str) -> None:
    found = read_files([("good.png", PICTURE), (name, content), ("also good.png", PICTURE)])
    assert found.names == ["good.png", "also good.png"]
    assert words in found.refused[name]


def test_a_zip_gives_its_pictures_and_nothing_that_systems_put_there() -> None:
    content = zipped(
        {
            "folder/a.png": PICTURE,
            "../../b.png": PICTURE,
            "__MACOSX/folder/._a.png": b"x",
            ".DS_Store": b"x",
            "words.txt": b"words",
            "inner.zip": zipped({"c.png": PICTURE}),
        }
    )
    found = read_files([("mine.zip", content)])
    assert found.names == ["mine.zip: a.png", "mine.zip: b.png"]
    assert set(found.refused) == {"mine.zip: words.txt", "mine.zip: inner.zip"}


def test_what_a_zip_unpacks_to_is_bounded_whatever_it_declares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_images, "MOST_FILE_BYTES", 10_000)
    found = read_files([("bomb.zip", zipped({"a.png": bytes(10_001), "b.png": PICTURE}))])
    assert "Save it smaller" in found.refused["bomb.zip: a.png"]
    assert found.names == ["bomb.zip: b.png"]


@pytest.mark.parametrize(
    ("limit", "value", "words"),
    [
        ("MOST_BYTES", 10, "MB together"),
        ("MOST_PIXELS", 1_500, "pixels together"),
        ("MOST_IMAGES", 1, "more than 1 pictures"),
    ],
)
def test_all_together_are_bounded(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, words: str
) -> None:
    monkeypatch.setattr(own_images, limit, value)
    with pytest.raises(OwnImagesError, match=words):
        read_files([("a.png", PICTURE), ("b.png", PICTURE)])


def test_light_strokes_and_dark_ones_become_the_same_ink_and_can_be_told_apart() -> None:
    greys = [strokes(), strokes(dark=False)]
    assert np.array_equal(*as_levels(greys, (28, 28), 2))
    dark = as_levels(greys, SIZE, 2, fit="whole", dark=True)
    assert dark[0].sum() == 60
    assert dark[1].sum() == strokes().size - 60


def test_the_threshold_decides_and_more_levels_cut_the_range_evenly() -> None:
    grey = np.tile(np.linspace(255, 0, 28), (28, 1))
    less, more = (
        as_levels([grey], (28, 28), 2, fit="whole", dark=True, threshold=t) for t in (0.2, 0.8)
    )
    assert less.mean() == pytest.approx(0.8, abs=0.03)
    assert more.mean() == pytest.approx(0.2, abs=0.05)
    four = as_levels([grey], (28, 28), 4, fit="whole", dark=True)[0, 0]
    assert [int((four == level).sum()) for level in range(4)] == [7, 7, 7, 7]


def test_centred_is_placed_as_mnist_does() -> None:
    placed = as_levels([strokes()], (28, 28), 2)[0].astype(float)
    rows = np.flatnonzero(placed.any(1))
    assert len(rows) == 20
    assert np.average(np.arange(28) + 0.5, weights=placed.sum(1)) == pytest.approx(14, abs=0.6)


def test_a_blank_picture_is_blank_and_no_error() -> None:
    blank = np.full(SIZE, 200.0)
    assert as_levels([blank], (8, 8), 2).sum() == 0


def test_ink_has_the_levels_that_the_page_gives_it() -> None:
    ink = np.array([0, 1, 127, 128, 255], np.uint8)  # the same numbers as in lab_images.test.js
    assert reduced(ink, 2).tolist() == [0, 0, 0, 1, 1]
    assert reduced(ink, 2, 0.0).tolist() == [0, 1, 1, 1, 1]
    assert reduced(ink, 2, 1.0).tolist() == [0, 0, 0, 0, 1]
    assert reduced(ink, 4, 0.9).tolist() == [0, 0, 1, 2, 3]
    images = np.array([[1, 0], [0, 0], [1, 0], [0, 1], [0, 1]], np.uint8)[:, None]
    assert standing(images) == ["kept", "empty", "repeat", "kept", "repeat"]


@pytest.mark.parametrize("side", [8, 14, 28])
def test_a_thin_ring_keeps_its_hole_and_has_no_gap_at_every_size(side: int) -> None:
    ring = Image.new("L", (112, 112), 255)
    ImageDraw.Draw(ring).ellipse((30, 20, 80, 95), outline=0, width=4)
    [image] = as_levels([np.asarray(ring)], (side, side), 2)
    assert image[side // 2, side // 2] == 0
    ground = Image.fromarray(image * 255)
    ImageDraw.floodfill(ground, (side // 2, side // 2), 128, thresh=0)
    assert 128 not in np.asarray(ground)[[0, -1]]  # the hole does not reach the border


def different(count: int, side: int = 4) -> np.ndarray:
    """So many images that are not empty, each another one."""
    bits = (np.arange(1, count + 1)[:, None] >> np.arange(side * side)) & 1
    return bits.astype(np.uint8).reshape(count, side, side)


def splits(made: Dataset) -> list[set[bytes]]:
    return [
        {bytes(each) for each in made.batch(split, slice(None)).byte().flatten(1).numpy()}
        for split in SPLITS
    ]


@pytest.mark.parametrize("count", [10, 11, 200])
def test_each_image_stands_in_one_split_and_once_however_often_it_was_given(count: int) -> None:
    images = different(count)
    given = np.concatenate([images, np.zeros((3, 4, 4), np.uint8), *[images[:7]] * 20])
    made = data_set(given, 2)
    assert tuple(made.size(split) for split in SPLITS) == shares(count)
    assert min(shares(count)) >= 1
    assert sum(map(len, splits(made))) == count
    assert set.union(*splits(made)) == {bytes(each) for each in images}


def test_the_order_in_which_images_come_changes_nothing() -> None:
    images = different(40)
    one, other = data_set(images, 2), data_set(images[::-1], 2)
    assert torch.equal(one.train, other.train)
    assert one.name == other.name != data_set(images[:30], 2).name


def test_too_few_different_pictures_are_refused_with_what_is_needed() -> None:
    given = np.concatenate([different(9)] * 5)
    with pytest.raises(OwnImagesError, match=r"9 different images.*at least 10\. Add 1 more"):
        data_set(given, 2)
    with pytest.raises(OwnImagesError, match="There are 0 different images"):
        data_set(np.zeros((20, 4, 4), np.uint8), 2)


def test_a_zip_of_pictures_that_is_saved_gives_the_same_pictures_from_zip_and_folder(
    tmp_path: Path,
) -> None:
    greys = read_files([("a.png", PICTURE), ("b.jpg", cmyk()), ("c.png", grey_16())]).greys
    (tmp_path / "mine.zip").write_bytes(own_images.zipped(greys))
    with zipfile.ZipFile(tmp_path / "mine.zip") as packed:
        packed.extractall(tmp_path / "folder")
    for given in ("mine.zip", "folder"):
        found = own_images.read_paths([tmp_path / given])
        assert not found.refused
        assert [each.tobytes() for each in found.greys] == [each.tobytes() for each in greys]
    with pytest.raises(OwnImagesError, match="no file"):
        own_images.read_paths([tmp_path / "not there"])


def test_dark_ink_and_light_ink_are_known_by_the_border() -> None:
    assert own_images.is_dark(strokes())
    assert not own_images.is_dark(strokes(dark=False))
