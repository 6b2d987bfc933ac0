"""The data sets are what their names say, the same everywhere, and refuse what they cannot read."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from arviz_models import data
from arviz_models.data import (
    SPLITS,
    Dataset,
    DatasetNotFoundError,
    Split,
    dataset_names,
    draw_bits,
    load_dataset,
    read_amat,
)

MNIST_SIZES = (50_000, 10_000, 10_000)
EMBEDDED = {  # name: event_shape, default K, largest K, sizes
    "mnist_binary": ((1, 28, 28), 2, 2, MNIST_SIZES),
    "mnist": ((1, 28, 28), 4, 256, MNIST_SIZES),
    "mnist14": ((1, 14, 14), 2, 256, (49_970, 9_998, 10_000)),
    "digits": ((1, 8, 8), 2, 17, (1232, 264, 270)),
}
# Of the pixels as bytes in raster order. A change here is another data set: every checkpoint
# trained on it and every number reported for it would have to be made again.
SHA256 = {
    ("mnist_binary", "train"): "ab10bb1c03352fb65bc48d7d288fde55431455db4da4b47fca56a897ec8bebbd",
    ("mnist_binary", "valid"): "4c1b6406eaeb25490ca8f942dd43b8d892ac2b828b9c0ff351465f6971def288",
    ("mnist_binary", "test"): "364fe314051539134860b3d36fc42402c12ceb632f4ff1aedc9de2e38473443b",
    ("mnist", "train"): "d68665c888a0b922b849549a8aaba1114c1d38967fab38205e3d5098da3d8c83",
    ("mnist", "valid"): "ea7c64e078cdb1feddebf689625ebfa5d3521ed7a52d65dd14841e3c094b7c2d",
    ("mnist", "test"): "de5f6c705106334b3ea80bb1d058eb099ac1e219d6eb3ccef2a81d4189e7f7b5",
    ("mnist14", "train"): "56356a0ea83cd15cd8b4fd3d84ee3af52de72d9b2c7c26ff5ec912282a0d7481",
    ("mnist14", "valid"): "b61c302ea7082f0b86fd1751ca38b4fa070b4b693409180128657066cad21d01",
    ("mnist14", "test"): "cacbb97714b0eccdaf505918ae33b8c46e843fe0138e1378aec78eee437cabe5",
    ("digits", "train"): "3b7b9170bc8018547ec7bbced566b4dde754d5df5ccd64610678a213480fa848",
    ("digits", "valid"): "d92b48afc9efc88751a00726da4fcafd6740a7cc1ebca5d8da1a3e5eef9af9c7",
    ("digits", "test"): "da3083b3208423ce362729f7f27efc7a01c7c000b073f309cd19dd496eac86e1",
    ("binarized_mnist", "test"): "ca0294c3b8d984c7a1dc891015a8eea6f37bae59a34e35ea0fc8c47110a8dd86",
}
needs_published_draw = pytest.mark.skipif(
    not os.environ.get("ARVIZ_DATA"),
    reason="needs ARVIZ_DATA: the folder of binarized_mnist, which is not distributed",
)


def pixels(dataset: Dataset, split: Split) -> NDArray[np.uint8]:
    """uint8 (N, C, H, W), a block at a time, so that the long tensor never exists."""
    size, block = dataset.size(split), 10_000
    parts = [dataset.batch(split, slice(i, i + block)).byte() for i in range(0, size, block)]
    return torch.cat(parts).numpy()


def with_repeats(name: str, levels: int) -> dict[Split, NDArray[np.uint8]]:
    """uint8 (N, H, W) by split, before images that stand in two splits are left out."""
    made, _ = data._RECIPES[name].make(levels, "")
    return made


@pytest.fixture(scope="module")
def grey() -> dict[Split, NDArray[np.uint8]]:
    """MNIST's grey values, straight from the embedded file: uint8 (N, 28, 28)."""
    with np.load(data._MNIST_FILE) as archive:
        train, test = archive["train"], archive["test"]
    return {"train": train[:50_000], "valid": train[50_000:], "test": test}


# What every data set is --------------------------------------------------------------------------


def test_names_are_the_four_embedded_sets_and_the_published_draw() -> None:
    assert dataset_names() == (*EMBEDDED, "binarized_mnist")


@pytest.mark.slow
@pytest.mark.parametrize("name", EMBEDDED)
def test_shape_levels_and_sizes_by_default(name: str) -> None:
    event_shape, levels, _, sizes = EMBEDDED[name]
    dataset = load_dataset(name)
    assert dataset.name == name
    assert dataset.event_shape == event_shape
    assert dataset.levels == levels
    assert tuple(dataset.size(split) for split in SPLITS) == sizes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "levels"),
    [("mnist_binary", 2), ("mnist", 2), ("mnist", 256), ("mnist14", 5), ("digits", 3)],
)
def test_every_level_occurs_and_no_other(name: str, levels: int) -> None:
    dataset = load_dataset(name, levels)
    seen = np.unique(pixels(dataset, "train"))
    assert dataset.levels == levels
    assert seen.tolist() == list(range(levels))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "split"), [key for key in SHA256 if key[0] in EMBEDDED])
def test_values_are_the_same_on_every_machine(name: str, split: Split) -> None:
    digest = hashlib.sha256(pixels(load_dataset(name), split).tobytes()).hexdigest()
    assert digest == SHA256[name, split]


@pytest.mark.parametrize("split", SPLITS)
def test_splits_are_long_tensors_with_the_batch_values(split: Split) -> None:
    dataset = load_dataset("digits", 17)
    whole: torch.Tensor = getattr(dataset, split)
    assert whole.dtype == torch.long
    assert whole.shape == (dataset.size(split), *dataset.event_shape)
    assert torch.equal(whole, dataset.batch(split, slice(None)))


@pytest.mark.slow
@pytest.mark.parametrize("name", EMBEDDED)
def test_licence_and_source_name_the_authors(name: str) -> None:
    dataset = load_dataset(name)
    licence, author = (
        ("CC BY 4.0", "Alpaydin") if name == "digits" else ("CC BY-SA 3.0", "Yann LeCun")
    )
    assert dataset.licence == licence
    assert author in dataset.source


@pytest.mark.slow
@pytest.mark.parametrize("name", EMBEDDED)
def test_labels_are_one_digit_for_each_image(name: str) -> None:
    dataset = load_dataset(name)
    for split in SPLITS:
        labels = dataset.labels(split)
        assert labels is not None
        assert labels.dtype == torch.uint8
        assert labels.shape == (dataset.size(split),)
        assert set(labels.tolist()) == set(range(10))


@pytest.mark.parametrize(("name", "accuracy"), [("mnist_binary", 0.78), ("digits", 0.82)])
def test_labels_belong_to_their_images(name: str, accuracy: float) -> None:
    """The nearest class mean of train names most test images; wrong rows would give 10 %."""
    dataset = load_dataset(name)
    x, y = pixels(dataset, "train").reshape(dataset.size("train"), -1), dataset.labels("train")
    test, truth = pixels(dataset, "test").reshape(dataset.size("test"), -1), dataset.labels("test")
    assert y is not None
    assert truth is not None
    means = np.stack([x[y.numpy() == digit].mean(0) for digit in range(10)])
    distance = (means**2).sum(1) - 2 * test.astype(np.float64) @ means.T
    assert (distance.argmin(1) == truth.numpy()).mean() > accuracy


def images(dataset: Dataset, split: Split) -> list[bytes]:
    return [image.tobytes() for image in pixels(dataset, split)]


def assert_no_image_is_in_two_splits(dataset: Dataset) -> None:
    train, valid, test = (set(images(dataset, split)) for split in SPLITS)
    what = f"{dataset.name} with {dataset.levels} levels"
    assert not train & valid, what
    assert not train & test, what
    assert not valid & test, what


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "levels"),
    # The fewer the levels, the more images become equal.
    [("mnist_binary", 2)]
    + [("mnist", levels) for levels in (*range(2, 12), 16, 31, 64, 255, 256)]
    + [("mnist14", levels) for levels in (*range(2, 12), 16, 31, 64, 255, 256)]
    + [("digits", levels) for levels in range(2, 18)],
)
def test_no_image_is_in_two_splits(name: str, levels: int) -> None:
    assert_no_image_is_in_two_splits(load_dataset(name, levels))


@needs_published_draw
def test_no_image_of_the_published_draw_is_in_two_splits() -> None:
    assert_no_image_is_in_two_splits(load_dataset("binarized_mnist"))


def test_repeats_are_taken_out_of_the_earlier_split_with_their_labels() -> None:
    """a in all three stays in test alone, b in valid and test in test, c in train and valid in
    valid; d, twice in train alone, stays there twice."""
    named = {"train": "dacde", "valid": "bcfa", "test": "abg"}
    drawn = {split: np.array([[[ord(x)]] for x in named[split]], np.uint8) for split in SPLITS}
    labels = {split: drawn[split].ravel() for split in SPLITS}
    expected = {"train": "dde", "valid": "cf", "test": "abg"}
    pixels, kept = data.without_repeats(drawn, labels)
    for split in SPLITS:
        assert bytes(pixels[split].ravel()).decode() == expected[split]
        assert bytes(kept[split]).decode() == expected[split]
    assert data.without_repeats(drawn, {})[1] == {}


@pytest.mark.parametrize(("name", "levels"), [("digits", 2), ("digits", 5), ("mnist14", 3)])
def test_level_counts_are_how_often_each_level_stands_at_each_pixel(name: str, levels: int) -> None:
    dataset = load_dataset(name, levels)
    for split in SPLITS:
        counts = dataset.level_counts(split)
        assert counts.shape == (*dataset.event_shape, levels)
        for level in range(levels):
            expected = (pixels(dataset, split) == level).sum(0)
            assert np.array_equal(counts[..., level].numpy(), expected)


def test_one_data_set_is_loaded_once_whether_or_not_its_default_is_spelled_out() -> None:
    assert load_dataset("digits") is load_dataset("digits", 2)


def test_changing_what_was_handed_out_changes_nothing_else() -> None:
    dataset = load_dataset("digits")
    labels = dataset.labels("test")
    assert labels is not None
    before, first = dataset.test, labels.clone()
    dataset.test.fill_(-1)
    dataset.batch("test", slice(0, 5)).fill_(-1)
    labels.fill_(99)
    assert torch.equal(dataset.test, before)
    again = dataset.labels("test")
    assert again is not None
    assert torch.equal(again, first)


@pytest.mark.slow
def test_loading_imports_no_library_that_takes_seconds() -> None:
    code = (
        "import sys; from arviz_models.data import load_dataset; load_dataset('mnist14', 4); "
        "load_dataset('digits'); "
        "sys.exit(any(name in sys.modules for name in ('streamlit', 'sklearn', 'scipy')))"
    )
    root = Path(data.__file__).resolve().parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


# Batches -----------------------------------------------------------------------------------------


@given(st.lists(st.integers(-270, 269), max_size=20))
def test_batch_takes_the_rows_asked_for_in_the_order_asked_for(rows: list[int]) -> None:
    dataset = load_dataset("digits", 17)
    wanted = dataset.test[torch.tensor(rows, dtype=torch.long)]
    assert torch.equal(dataset.batch("test", rows), wanted)
    assert torch.equal(dataset.batch("test", torch.tensor(rows, dtype=torch.long)), wanted)
    assert dataset.batch("test", rows).dtype == torch.long


def test_batch_takes_a_slice_and_a_boolean_mask() -> None:
    dataset = load_dataset("digits")
    labels = dataset.labels("test")
    assert labels is not None
    assert torch.equal(dataset.batch("test", slice(5, 9)), dataset.test[5:9])
    assert torch.equal(dataset.batch("test", labels == 3), dataset.test[labels == 3])


def test_batch_takes_bytes_for_row_numbers() -> None:
    dataset = load_dataset("digits")
    rows = torch.tensor([3, 0, 1], dtype=torch.uint8)
    assert torch.equal(dataset.batch("test", rows), dataset.test[[3, 0, 1]])


@pytest.mark.parametrize("index", [torch.tensor(3), torch.tensor([0.5]), torch.zeros(2, 2).long()])
def test_batch_refuses_another_kind_of_index(index: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"index: got .* expected a slice"):
        load_dataset("digits").batch("test", index)


def test_batch_refuses_a_row_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        load_dataset("digits").batch("test", [270])


def test_an_unknown_split_is_refused_with_the_list() -> None:
    dataset = load_dataset("digits")
    for ask in (dataset.size, dataset.labels, lambda split: dataset.batch(split, [0])):
        with pytest.raises(ValueError, match="got 'training'; expected one of train, valid, test"):
            ask("training")  # type: ignore[arg-type]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_batch_lands_on_the_device() -> None:
    x = load_dataset("digits").batch("test", torch.tensor([1, 2], device="cuda"), "cuda")
    assert x.device.type == "cuda"
    assert torch.equal(x.cpu(), load_dataset("digits").batch("test", [1, 2]))


# From grey values to levels ----------------------------------------------------------------------


@given(
    st.integers(1, 2**32 - 1).flatmap(
        lambda top: st.tuples(st.just(top), st.lists(st.integers(0, top), max_size=50))
    ),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3),
)
def test_a_draw_repeats_and_is_certain_at_both_ends(
    case: tuple[int, list[int]], seed: list[int]
) -> None:
    maximum, values = case
    intensity = np.array([0, *values, maximum], dtype=np.uint32)
    bits = draw_bits(intensity, maximum, seed)
    assert bits.dtype == np.uint8
    assert set(bits.tolist()) <= {0, 1}
    assert (bits[0], bits[-1]) == (0, 1)
    assert np.array_equal(bits, draw_bits(intensity, maximum, seed))


def test_a_draw_uses_one_uniform_number_for_each_pixel() -> None:
    """Raising one intensity can only turn its own pixel on."""
    low = np.full(1000, 100, dtype=np.uint8)
    high = low.copy()
    high[17] = 255
    before, after = draw_bits(low, 255, [1]), draw_bits(high, 255, [1])
    assert np.flatnonzero(before != after).tolist() in ([], [17])
    assert after[17] == 1


def test_a_draw_in_several_chunks_continues_one_stream() -> None:
    intensity = np.full(1_000_500, 128, dtype=np.uint8)
    bits = draw_bits(intensity, 255, [3])
    uniform = np.random.PCG64(np.random.SeedSequence([3])).random_raw(intensity.size)
    expected = uniform.astype(np.float64) / 2**64 < 128 / 255
    assert (bits != expected).sum() == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist_binary", "mnist14"])
def test_drawn_pixels_follow_their_grey_values(
    name: str, grey: dict[Split, NDArray[np.uint8]]
) -> None:
    """Pixels of one grey value g are on with frequency g/255, within 5 standard errors."""
    side = load_dataset(name).event_shape[1]
    drawn = with_repeats(name, 2)
    for split in SPLITS:
        step = 28 // side
        shape = (-1, side, step, side, step)
        sums = grey[split].reshape(shape).sum((2, 4), dtype=np.int64).ravel()
        maximum = 255 * step**2
        bits = drawn[split].ravel()
        count = np.bincount(sums, minlength=maximum + 1)
        ones = np.bincount(sums, weights=bits, minlength=maximum + 1)
        p = np.arange(maximum + 1) / maximum
        error = np.abs(ones - count * p)
        assert (error <= 5 * np.sqrt(count * p * (1 - p)) + 1).all()


def test_mean_of_mnist_binary_is_near_that_of_the_published_draw() -> None:
    """0.1306 is the mean of the published training pixels."""
    assert pixels(load_dataset("mnist_binary"), "train").mean() == pytest.approx(0.1306, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("levels", [2, 3, 4, 255, 256])
def test_mnist_levels_cut_the_grey_values_evenly(
    levels: int, grey: dict[Split, NDArray[np.uint8]]
) -> None:
    expected = grey["test"].astype(np.int64) * levels // 256
    assert np.array_equal(pixels(load_dataset("mnist", levels), "test")[:, 0], expected)


@pytest.mark.slow
@pytest.mark.parametrize("levels", [3, 4, 256])
def test_mnist14_levels_cut_the_mean_of_four_pixels_evenly(
    levels: int, grey: dict[Split, NDArray[np.uint8]]
) -> None:
    x = grey["test"].astype(np.float64)
    mean = (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4
    expected = np.floor(mean * levels / 256).astype(np.int64)
    assert np.array_equal(pixels(load_dataset("mnist14", levels), "test")[:, 0], expected)


def test_digits_with_17_levels_are_scikit_learns_images_each_once() -> None:
    from sklearn.datasets import load_digits

    dataset = load_dataset("digits", 17)
    ours = np.concatenate([pixels(dataset, split) for split in SPLITS]).reshape(-1, 64)
    labels = [dataset.labels(split) for split in SPLITS]
    ours = np.column_stack([ours, np.concatenate([y.numpy() for y in labels if y is not None])])
    bunch = load_digits()
    theirs = np.column_stack([bunch.data, bunch.target])
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, theirs.astype(int).tolist()))


@given(st.integers(2, 17))
def test_digits_take_the_nearest_level(levels: int) -> None:
    full = pixels(load_dataset("digits", 17), "test").astype(np.float64)
    expected = np.floor(full * (levels - 1) / 16 + 0.5)
    assert np.array_equal(pixels(load_dataset("digits", levels), "test"), expected)


def test_digits_with_2_levels_are_thresholded_at_8() -> None:
    full, two = (with_repeats("digits", levels)["train"] for levels in (17, 2))
    assert np.array_equal(two, full >= 8)


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "MNIST", "cifar10"])
def test_an_unknown_name_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(ValueError) as caught:
        load_dataset(name)
    assert repr(name) in str(caught.value)
    assert all(known in str(caught.value) for known in dataset_names())


@pytest.mark.parametrize("name", dataset_names())
@pytest.mark.parametrize("levels", [0, 1, -2, 257, 2.0, "2", True])
def test_levels_that_cannot_be_are_refused(name: str, levels: object) -> None:
    with pytest.raises(ValueError) as caught:
        load_dataset(name, levels)  # type: ignore[arg-type]
    assert repr(name) in str(caught.value)
    assert f"got {levels!r}; expected" in str(caught.value)


@pytest.mark.parametrize("name", EMBEDDED)
def test_one_level_more_than_the_largest_is_refused(name: str) -> None:
    largest = EMBEDDED[name][2]
    with pytest.raises(ValueError, match="expected"):
        load_dataset(name, largest + 1)


def test_levels_may_be_a_numpy_integer() -> None:
    assert load_dataset("digits", np.int64(4)) is load_dataset("digits", 4)  # type: ignore[arg-type]


def test_a_missing_mnist_file_says_where_it_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "_MNIST_FILE", tmp_path / "mnist.npz")
    with pytest.raises(DatasetNotFoundError, match=r"mnist\.npz; it is part of this repository"):
        data._read_mnist()


# The published draw ------------------------------------------------------------------------------

ROWS: dict[Split, int] = {"train": 5, "valid": 2, "test": 3}


def published_images() -> dict[Split, NDArray[np.uint8]]:
    """Random bits in place of the published ones: uint8 (n, 784)."""
    generator = np.random.default_rng(0)
    return {s: generator.integers(0, 2, (n, 784), dtype=np.uint8) for s, n in ROWS.items()}


def write_amat(folder: Path, images: dict[Split, NDArray[np.uint8]]) -> None:
    for split, rows in images.items():
        lines = [" ".join(map(str, row)) + "\n" for row in rows.tolist()]
        (folder / f"binarized_mnist_{split}.amat").write_text("".join(lines))


def packed(images: dict[Split, NDArray[np.uint8]]) -> dict[str, NDArray[np.uint8]]:
    arrays: dict[str, NDArray[np.uint8]] = {s: np.packbits(x, axis=1) for s, x in images.items()}
    arrays |= {f"{s}_labels": np.arange(len(x), dtype=np.uint8) for s, x in images.items()}
    return arrays


def test_amat_files_are_read(tmp_path: Path) -> None:
    images = published_images()
    write_amat(tmp_path, images)
    read, labels = data._read_published(str(tmp_path), ROWS)
    assert labels == {}
    for split in SPLITS:
        assert np.array_equal(read[split], images[split].reshape(-1, 28, 28))


def test_the_packed_file_is_read_with_its_labels(tmp_path: Path) -> None:
    images = published_images()
    np.savez_compressed(tmp_path / "binarized_mnist.npz", **packed(images))  # type: ignore[arg-type]
    read, labels = data._read_published(str(tmp_path), ROWS)
    for split in SPLITS:
        assert np.array_equal(read[split], images[split].reshape(-1, 28, 28))
        assert labels[split].tolist() == list(range(ROWS[split]))


def test_load_dataset_reads_the_folder_that_arviz_data_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = published_images()
    write_amat(tmp_path, images)
    monkeypatch.setattr(data, "_PUBLISHED_ROWS", ROWS)
    monkeypatch.setenv("ARVIZ_DATA", str(tmp_path))
    dataset = load_dataset("binarized_mnist")
    assert dataset.event_shape == (1, 28, 28)
    assert dataset.labels("train") is None
    assert np.array_equal(pixels(dataset, "test").reshape(-1, 784), images["test"])


@pytest.mark.parametrize("unset", [None, "", "  "])
def test_without_arviz_data_the_error_says_how_to_get_the_files(
    unset: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if unset is None:
        monkeypatch.delenv("ARVIZ_DATA", raising=False)
    else:
        monkeypatch.setenv("ARVIZ_DATA", unset)
    with pytest.raises(DatasetNotFoundError, match=r"ARVIZ_DATA is not set.*Set ARVIZ_DATA to"):
        load_dataset("binarized_mnist")


def test_a_missing_file_is_a_file_not_found_error() -> None:
    assert issubclass(DatasetNotFoundError, FileNotFoundError)


def test_a_folder_without_all_files_is_named_with_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_amat(tmp_path, published_images())
    (tmp_path / "binarized_mnist_valid.amat").unlink()
    monkeypatch.setenv("ARVIZ_DATA", str(tmp_path))
    with pytest.raises(DatasetNotFoundError) as caught:
        load_dataset("binarized_mnist")
    assert str(tmp_path) in str(caught.value)
    said = str(caught.value).split("Set ARVIZ_DATA")[0]
    assert "binarized_mnist_valid.amat" in said
    assert "binarized_mnist_train.amat" not in said


LINE = " ".join(["0", "1"] * 392)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{LINE}\n{LINE[:-2]}\n", r"line 2: got 783 values; expected 784"),
        (f"{LINE}\n{LINE} 1\n", r"line 2: got 785 values; expected 784"),
        (f"{LINE}\n2{LINE[1:]}\n", r"line 2: got 784 values, among them b'2'; expected 784"),
        (f"{LINE}\n0.5{LINE[1:]}\n", r"among them b'0\.5'"),
        (f"<html>\n{LINE}\n", r"line 1: got 1 values, among them b'<html>'"),
        (f"{LINE}\n", r"got 1 images; expected 2.*cut short"),
        (f"{LINE}\n" * 3, r"got 3 images; expected 2"),
        ("", r"got 0 images; expected 2"),
    ],
)
def test_a_damaged_amat_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "binarized_mnist_test.amat"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        read_amat(path, 2)
    assert str(path) in str(caught.value)


def test_amat_line_ends_of_windows_and_empty_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "binarized_mnist_test.amat"
    path.write_bytes(f"{LINE} \r\n{LINE}\r\n\r\n".encode())
    assert read_amat(path, 2).reshape(2, 784).tolist() == [[0, 1] * 392] * 2


@pytest.mark.parametrize(
    ("key", "array", "message"),
    [
        ("test", None, "no array 'test'"),
        ("test_labels", None, "no array 'test_labels'"),
        (
            "test",
            np.zeros((3, 784), np.uint8),
            r"shape \(3, 784\); expected uint8 of shape \(3, 98",
        ),
        ("test", np.zeros((2, 98), np.uint8), r"shape \(2, 98\); expected uint8 of shape \(3, 98"),
        ("test", np.zeros((3, 98), np.float32), "is float32 of shape"),
        ("test", np.array([{}], dtype=object), "not a readable .npz"),
    ],
)
def test_a_packed_file_with_other_arrays_is_refused(
    tmp_path: Path, key: str, array: NDArray[np.generic] | None, message: str
) -> None:
    arrays: dict[str, NDArray[np.generic]] = {**packed(published_images())}
    arrays.pop(key)
    if array is not None:
        arrays[key] = array
    np.savez_compressed(tmp_path / "binarized_mnist.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        data._read_published(str(tmp_path), ROWS)


def test_a_single_array_in_place_of_the_packed_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "binarized_mnist.npz").open("wb") as file:
        np.save(file, np.zeros((3, 98), np.uint8))
    with pytest.raises(ValueError, match="a single array"):
        data._read_published(str(tmp_path), ROWS)


def archive_bytes() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **packed(published_images()))  # type: ignore[arg-type]
    return buffer.getvalue()


ARCHIVE = archive_bytes()


@settings(max_examples=300)
@given(at=st.integers(0, len(ARCHIVE) - 1), value=st.integers(0, 255), cut=st.booleans())
def test_a_broken_packed_file_is_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int, cut: bool
) -> None:
    """Cut anywhere or with one byte changed: a ValueError, or the very images, never others."""
    folder = tmp_path_factory.getbasetemp()
    broken = ARCHIVE[:at] if cut else ARCHIVE[:at] + bytes([value]) + ARCHIVE[at + 1 :]
    (folder / "binarized_mnist.npz").write_bytes(broken)
    try:
        read, _ = data._read_published(str(folder), ROWS)
    except ValueError as error:
        assert "binarized_mnist.npz" in str(error)
        return
    for split, images in published_images().items():
        assert np.array_equal(read[split], images.reshape(-1, 28, 28))


@needs_published_draw
def test_the_published_test_set_is_the_one_of_the_papers() -> None:
    dataset = load_dataset("binarized_mnist")
    assert tuple(dataset.size(split) for split in SPLITS) == MNIST_SIZES
    test = pixels(dataset, "test")
    assert hashlib.sha256(test.tobytes()).hexdigest() == SHA256["binarized_mnist", "test"]
    assert pixels(dataset, "train").mean() == pytest.approx(0.1306, abs=1e-4)


@needs_published_draw
def test_independent_pixels_score_205_8_nats_on_the_published_test_set() -> None:
    dataset = load_dataset("binarized_mnist")
    train, test = pixels(dataset, "train"), pixels(dataset, "test")
    p = (train.sum(0, dtype=np.int64) + 1) / (len(train) + 2)
    q = test.mean(0)
    assert -(q * np.log(p) + (1 - q) * np.log1p(-p)).sum() == pytest.approx(205.8, abs=0.1)


@needs_published_draw
def test_published_test_images_are_draws_of_mnists_own(
    grey: dict[Split, NDArray[np.uint8]],
) -> None:
    """The MNIST image under which a published draw is most probable is one of the test set.

    For 200 draws, all but a few: near twins of an image can explain its draw better. Drawn from
    any of the 70,000 images at random, one in seven would be.
    """
    bits = pixels(load_dataset("binarized_mnist"), "test")[::50].reshape(-1, 784)
    images = np.concatenate([grey[split].reshape(-1, 784) for split in SPLITS])
    p = np.arange(256) / 255
    log_p = np.log(p.clip(1e-6, 1 - 1e-6)).astype(np.float32)  # of a 1, by grey value
    log_q = log_p[::-1]
    best = [
        bits @ (log_p[block] - log_q[block]).T + log_q[block].sum(1)
        for block in np.split(images, 70)
    ]
    assert (np.concatenate(best, axis=1).argmax(1) >= 60_000).mean() > 0.97
