"""A checkpoint missing, damaged or of another model is one clear error; the shipped ones load."""

from __future__ import annotations

import copy
import errno
import json
import math
import os
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from arviz_models import MODELS, NADE, list_pretrained, load_dataset, load_pretrained
from arviz_models.cards import CheckpointError, read_card
from arviz_models.device import DeviceError
from arviz_models.ordering import reversed_raster
from arviz_models.pretrained import save_checkpoint, shipped_as
from tests import recorded_nlls

SHIPPED = list_pretrained()
shipped = pytest.mark.parametrize(
    "name",
    SHIPPED
    or [
        pytest.param("none", marks=pytest.mark.skip(reason="no checkpoints in assets/checkpoints"))
    ],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one sound checkpoint, "good"."""
    torch.manual_seed(0)
    save_checkpoint(NADE((5,), levels=3, hidden=4), "good", {"data": "none"}, tmp_path)
    return tmp_path


def load(folder: Path, name: str = "good") -> Any:
    return load_pretrained(name, "cpu", folder)


def edit_card(folder: Path, **changes: Any) -> None:
    path = folder / "good.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "good.json").read_text())["config"]
    edit_card(folder, config=config | changes)


def edit_weights(folder: Path, change: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> None:
    path = folder / "good.safetensors"
    save_file(change(load_file(path)), path)


def header(declared: dict[str, Any]) -> bytes:
    text = json.dumps(declared).encode()
    return len(text).to_bytes(8, "little") + text


# A sound checkpoint -----------------------------------------------------------------------------


def test_a_loaded_model_computes_what_the_saved_one_does(folder: Path) -> None:
    model = load(folder)
    torch.manual_seed(0)
    original = NADE((5,), levels=3, hidden=4)
    x = torch.randint(0, 3, (50, 5), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        difference = (model.log_prob(x) - original.log_prob(x)).abs().mean()
    assert float(difference) < 1e-3  # of float16


def test_a_loaded_model_is_in_eval_mode_without_gradients_in_float32_with_its_card(
    folder: Path,
) -> None:
    model = load(folder)
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())
    assert model.card == json.loads((folder / "good.json").read_text())
    assert model.card["data"] == "none"


def test_weights_are_kept_in_float16(folder: Path) -> None:
    assert {value.dtype for value in load_file(folder / "good.safetensors").values()} == {
        torch.float16
    }


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_any_floating_point_type_loads(dtype: torch.dtype, folder: Path) -> None:
    edit_weights(folder, lambda tensors: {key: value.to(dtype) for key, value in tensors.items()})
    assert next(load(folder).parameters()).dtype == torch.float32


def test_no_file_is_left_but_weights_and_card(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["good.json", "good.safetensors"]


def test_saving_again_replaces_both_files(folder: Path) -> None:
    save_checkpoint(NADE((2,), hidden=1), "good", {"note": 2}, folder)
    assert load(folder).event_shape == (2,)
    assert load(folder).card["note"] == 2


def test_a_full_disk_leaves_the_files_of_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(path: Path, content: bytes) -> NoReturn:
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", cut_off)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(NADE((2,), hidden=1), "good", {"note": 2}, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["good.json", "good.safetensors"]
    assert load(folder).event_shape == (5,)


def test_a_class_that_could_not_be_loaded_again_is_not_saved(tmp_path: Path) -> None:
    class Broken(NADE):
        pass

    with pytest.raises(ValueError, match="Broken is none of NADE"):
        save_checkpoint(Broken((2,), hidden=1), "bad", {}, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e6])
def test_weights_that_float16_cannot_hold_are_not_saved(value: float, tmp_path: Path) -> None:
    model = NADE((2,), hidden=1)
    with torch.no_grad():
        model.b[0] = value
    with pytest.raises(ValueError, match="not finite in float16"):
        save_checkpoint(model, "bad", {}, tmp_path)
    assert list(tmp_path.iterdir()) == []


# Names ------------------------------------------------------------------------------------------


def test_without_a_folder_there_are_none_and_loading_says_so(tmp_path: Path) -> None:
    missing = tmp_path / "checkpoints"
    assert list_pretrained(missing) == ()
    with pytest.raises(CheckpointError, match=r"'good'.*there are none in checkpoints/"):
        load(missing)


def test_an_unknown_name_lists_those_there_are(folder: Path) -> None:
    save_checkpoint(NADE((2,), hidden=1), "also", {}, folder)
    for name in ("god", "", "../good", "good.json", "<script>"):
        with pytest.raises(CheckpointError, match=r"choose one of: also, good$"):
            load(folder, name)


def test_only_weights_with_a_card_are_listed_sorted(folder: Path) -> None:
    save_checkpoint(NADE((2,), hidden=1), "also", {}, folder)
    (folder / "cardless.safetensors").write_bytes(b"")
    (folder / "weightless.json").write_text("{}")
    assert list_pretrained(folder) == ("also", "good")


# Damaged weights ----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0.0, 0.02, 0.3, 0.5, 0.99])
def test_a_file_cut_short_is_named_as_damaged(part: float, folder: Path) -> None:
    path = folder / "good.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(CheckpointError, match=r"good.safetensors is damaged .*Restore the file"):
        load(folder)


@pytest.mark.parametrize(
    "contents",
    [b"not a checkpoint", b"\x80\x04K*.", b"\xff" * 64, b"PK\x03\x04" + b"\0" * 60],
    ids=["text", "pickle", "ones", "zip"],
)
def test_another_kind_of_file_is_named_as_damaged(contents: bytes, folder: Path) -> None:
    (folder / "good.safetensors").write_bytes(contents)
    with pytest.raises(CheckpointError, match=r"good.safetensors is damaged"):
        load(folder)


def test_any_byte_of_the_header_changed_is_an_error_or_no_matter(folder: Path) -> None:
    """Never another exception, and never weights of another shape."""
    path = folder / "good.safetensors"
    whole = path.read_bytes()
    size = 8 + int.from_bytes(whole[:8], "little")
    refused = 0
    for place in range(size):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            assert load(folder).W.shape == (5, 3, 4)
        except CheckpointError:
            refused += 1
    assert refused > 0.8 * size


# Another model's weights, absurd sizes ------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (NADE((6,), levels=3, hidden=4), r"\(6, 3, 4\), expected \(5, 3, 4\)"),
        (NADE((5,), levels=3, hidden=7), r"\(5, 3, 7\), expected \(5, 3, 4\)|\(7,\), expected"),
        (NADE((5,), levels=2, hidden=4), r"\(5, 1, 4\), expected \(5, 3, 4\)"),
        (NADE((5,), levels=3, hidden=4, order_agnostic=True), "unknown U"),
    ],
    ids=["dimensions", "hidden", "levels", "agnostic"],
)
def test_the_weights_of_another_model_are_named_as_such(
    other: NADE, problem: str, folder: Path
) -> None:
    save_checkpoint(other, "other", {}, folder)
    os.replace(folder / "other.safetensors", folder / "good.safetensors")
    with pytest.raises(CheckpointError, match=f"does not hold the weights of NADE.*({problem})"):
        load(folder)


def test_a_missing_or_a_further_tensor_is_named(folder: Path) -> None:
    edit_weights(folder, lambda tensors: tensors | {"extra": torch.zeros(1).half()})
    with pytest.raises(CheckpointError, match="unknown extra"):
        load(folder)
    edit_weights(folder, lambda tensors: {key: tensors[key] for key in ("V", "W", "b")})
    with pytest.raises(CheckpointError, match="missing c"):
        load(folder)


@pytest.mark.parametrize("dtype", [torch.int16, torch.uint8, torch.bool])
def test_weights_that_are_no_floating_point_numbers_are_refused(
    dtype: torch.dtype, folder: Path
) -> None:
    edit_weights(folder, lambda tensors: tensors | {"c": tensors["c"].to(dtype)})
    with pytest.raises(CheckpointError, match=r"c is .*expected floating point"):
        load(folder)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_refused(value: float, folder: Path) -> None:
    def spoil(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        tensors["V"].view(-1)[7] = value
        return tensors

    edit_weights(folder, spoil)
    with pytest.raises(CheckpointError, match="not finite"):
        load(folder)


@pytest.fixture
def no_large_allocation(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Python and NumPy under 20 MB, and no torch tensor of more than a million numbers."""
    load_once = NADE((2,), hidden=1)  # what torch imports on first use does not count
    with torch.device("meta"):
        NADE(**load_once.config)
    empty = torch.empty

    def guarded(*sizes: Any, **options: Any) -> Tensor:
        made = empty(*sizes, **options)
        assert made.is_meta or made.numel() <= 10**6, f"torch.empty of {tuple(made.shape)}"
        return made

    monkeypatch.setattr(torch, "empty", guarded)
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6, f"{peak:,} bytes"


ABSURD = 10**6


@pytest.mark.usefixtures("no_large_allocation")
@pytest.mark.timeout(20)
def test_a_tensor_of_a_million_by_a_million_declared_without_data_is_refused(folder: Path) -> None:
    entry = {"dtype": "F16", "shape": [ABSURD, ABSURD], "data_offsets": [0, 2 * ABSURD**2]}
    for name in ("W", "other"):
        (folder / "good.safetensors").write_bytes(header({name: entry}))
        with pytest.raises(CheckpointError, match=r"good.safetensors"):
            load(folder)


@pytest.mark.usefixtures("no_large_allocation")
@pytest.mark.timeout(20)
def test_a_tensor_of_a_million_by_a_million_in_a_sparse_file_is_refused(folder: Path) -> None:
    """The header is true to the file, which has that size without taking it on the disk."""
    sound = load_file(folder / "good.safetensors")
    declared: dict[str, Any] = {}
    end = 0
    for name, tensor in sound.items():
        shape = [ABSURD, ABSURD] if name == "W" else list(tensor.shape)
        begin, end = end, end + 2 * math.prod(shape)
        declared[name] = {"dtype": "F16", "shape": shape, "data_offsets": [begin, end]}
    text = header(declared)
    path = folder / "good.safetensors"
    path.write_bytes(text)
    try:
        os.truncate(path, len(text) + end)
    except OSError as error:
        pytest.skip(f"this file system has no sparse file of 2 TB: {error}")
    with pytest.raises(CheckpointError):
        load(folder)


@pytest.mark.usefixtures("no_large_allocation")
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "config",
    [
        {"hidden": 10**9},
        {"hidden": 10**18},
        {"hidden": 10**30},
        {"levels": 10**9},
        {"levels": 10**30},
        {"event_shape": [10**10]},
        {"event_shape": [10**30]},
        {"event_shape": [1, 10**6, 10**6]},
        {"event_shape": [3] * 1000},
    ],
    ids=str,
)
def test_a_card_that_describes_an_absurd_model_is_refused(
    config: dict[str, Any], folder: Path
) -> None:
    edit_config(folder, **config)
    with pytest.raises(CheckpointError, match="good"):
        load(folder)


# Damaged cards ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        '{"class": "NADE", "config": {"event',
        "[" * 100_000,
        "null",
        "[]",
        '"NADE"',
        "{}",
        '{"class": "NADE"}',
        '{"class": ["NADE"], "config": {}}',
        '{"class": "NADE", "config": [5]}',
        '{"class": "NADE", "config": null}',
    ],
    ids=lambda text: text[:40] or "empty",
)
def test_a_card_that_is_none_is_named(text: str, folder: Path) -> None:
    (folder / "good.json").write_text(text)
    for read in (load, lambda folder: read_card("good", folder)):
        with pytest.raises(CheckpointError, match=r"good.json (cannot be read as a|is no) card"):
            read(folder)


def test_a_card_that_is_no_text_is_named(folder: Path) -> None:
    (folder / "good.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CheckpointError, match=r"good.json cannot be read as a card"):
        load(folder)


def test_an_unknown_class_is_named_with_the_known_ones(folder: Path) -> None:
    for name in ("Oracle", "Module", "os.system", ""):
        edit_card(folder, **{"class": name})
        with pytest.raises(CheckpointError, match=f"class '{name}'; known are NADE"):
            load(folder)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"event_shape": []}, "event_shape"),
        ({"event_shape": 5}, "not iterable"),
        ({"event_shape": "5"}, "str"),
        ({"event_shape": [5.0]}, "event_shape"),
        ({"hidden": 0}, "hidden"),
        ({"hidden": "4"}, "hidden"),
        ({"hidden": math.nan}, "hidden"),
        ({"levels": None}, "levels"),
        ({"order": [0, 0, 1, 2, 3]}, "order"),
        ({"order": [0, 1]}, "order"),
        ({"order": [0, 1, 2, 3, 10**40]}, "order"),
        ({"order": "raster"}, "order"),
        ({"start": 7}, "start"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_a_card_with_a_wrong_config_is_named_with_the_reason(
    config: dict[str, Any], message: str, folder: Path
) -> None:
    edit_config(folder, **config)
    with pytest.raises(CheckpointError, match=f"good.json does not describe a NADE.*{message}"):
        load(folder)


def test_a_card_without_what_the_class_needs_is_named(folder: Path) -> None:
    edit_card(folder, config={})
    with pytest.raises(CheckpointError, match=r"good.json does not describe a NADE.*event_shape"):
        load(folder)


def test_a_device_that_is_not_there_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    monkeypatch.setenv("ARVIZ_DEVICE", "cuda")
    with pytest.raises(DeviceError, match="ARVIZ_DEVICE: asked for 'cuda'"):
        load_pretrained("good", folder=folder)


# What is shipped ----------------------------------------------------------------------------------


@pytest.mark.slow
@shipped
def test_a_shipped_checkpoint_loads_and_its_card_is_consistent(name: str) -> None:
    model = load_pretrained(name, "cpu")
    card = model.card
    assert card["class"] in {cls.__name__ for cls in MODELS.values()}
    assert card["class"] == type(model).__name__
    assert card["config"] == model.config
    assert card["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    assert card["levels"] == model.levels
    bits = card["test_nll"] / math.log(2) / model.dimensions
    assert card["test_bits_per_dim"] == pytest.approx(bits, abs=1e-4)
    assert card["test_nll"] < model.dimensions * math.log(model.levels)
    assert {"data", "seed", "command", "epochs", "torch", "device"} <= card.keys()
    assert card["command"].startswith("python -m arviz_models train ")
    assert f"--data {card['data']}" in card["command"]
    sample = model.sample(1, generator=torch.Generator().manual_seed(0))
    assert sample.shape == (1, *model.event_shape)
    assert load_dataset(card["data"], model.levels).event_shape == model.event_shape


@pytest.mark.slow
def test_loading_imports_no_compiler() -> None:
    """On "meta" some operations of torch do: 3 s in which a server answers nobody, and 60 MB."""
    code = (
        "import sys; from arviz_models import list_pretrained, load_pretrained\n"
        "for name in list_pretrained(): load_pretrained(name, 'cpu')\n"
        "sys.exit('torch._dynamo' in sys.modules or 'sympy' in sys.modules)"
    )
    root = Path(__file__).resolve().parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


def test_each_nll_on_a_card_is_the_mean_of_what_was_recorded() -> None:
    """If not, weights have changed: `python -m tests.recorded_nlls`."""
    record, figures = recorded_nlls.read(), list(recorded_nlls.stated())
    assert set(record) == {recorded_nlls.key(*each) for each in figures}
    for name, figure in figures:
        nats = record[recorded_nlls.key(name, figure)]
        data, levels = recorded_nlls.data_of(name, figure)
        published = data == recorded_nlls.PUBLISHED  # which need not be here
        assert len(nats) == (10_000 if published else load_dataset(data, levels).size("test"))
        assert float(nats.mean()) == pytest.approx(read_card(name)[figure], abs=2e-3), name


@pytest.mark.slow
@shipped
@pytest.mark.parametrize("figure", recorded_nlls.FIGURES)
def test_the_recorded_nlls_are_those_that_the_weights_give(name: str, figure: str) -> None:
    """Of some test images, in other batches than when they were recorded; each to a hundredth."""
    if figure not in read_card(name):
        pytest.skip("this card states none")
    data, levels = recorded_nlls.data_of(name, figure)
    if data == recorded_nlls.PUBLISHED and not os.environ.get("ARVIZ_DATA"):
        pytest.skip("ARVIZ_DATA is not set: the published binarization is not part of the project")
    nats = recorded_nlls.read()[recorded_nlls.key(name, figure)]
    some = np.random.default_rng(zlib.crc32(name.encode())).choice(len(nats), 250, replace=False)
    found = recorded_nlls.test_nlls(load_pretrained(name), data, levels, some)
    np.testing.assert_allclose(found, nats[some], atol=0.01)


def test_a_model_knows_whether_its_weights_are_those_that_were_shipped(folder: Path) -> None:
    model = load_pretrained("nade-digits", "cpu")
    assert shipped_as(model) == "nade-digits"
    assert shipped_as(model.with_order(reversed_raster(model.event_shape))) == "nade-digits"
    assert shipped_as(copy.deepcopy(model)) is None
    assert shipped_as(load(folder)) is None
    next(model.parameters()).add_(1.0)
    assert shipped_as(model) is None
