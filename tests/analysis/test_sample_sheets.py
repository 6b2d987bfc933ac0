"""The sheets of samples: each is that of the weights that are shipped, seed by seed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from arviz_models import list_pretrained, load_pretrained
from arviz_models.__main__ import main
from arviz_models.analysis import sample_sheets
from arviz_models.cards import read_card
from arviz_models.figures import sheets
from tests import recorded_samples

LARGEST_BYTES = 20_000


def test_every_checkpoint_has_a_small_sheet_that_its_weights_have_drawn_and_no_other_is_there() -> (
    None
):
    files = {path.stem: path for path in sheets.FOLDER.glob("*.png")}
    assert sorted(files) == list(list_pretrained())
    for name, path in files.items():
        assert sheets.said(name) == sample_sheets.text_of(name), (
            f"{name} has other weights than those that drew its sheet: python -m arviz_models "
            "samples"
        )
        assert path.stat().st_size < LARGEST_BYTES


@pytest.mark.parametrize("name", list_pretrained())
def test_a_sheet_shows_for_a_seed_what_was_recorded_for_it(name: str) -> None:
    """`tests/test_random_numbers.py` compares the record with what the models draw."""
    config = read_card(name)["config"]
    on_sheet = sheets.samples_on(name, tuple(config["event_shape"][1:])).reshape(64, -1)
    assert config.get("order") is None
    recorded = json.loads(recorded_samples.FILE.read_text("utf-8"))[name]["samples"]["as trained"]
    for seed, text in recorded.items():
        assert recorded_samples.packed(on_sheet[int(seed)]) == text


def test_a_sheet_of_seeds_has_the_image_that_each_seed_draws_alone() -> None:
    model = load_pretrained("made-digits", "cpu")
    found = sample_sheets.drawn(model, range(8))
    on_sheet = sheets.samples_on("made-digits", (8, 8))
    assert np.array_equal(found[:, 0], on_sheet[:8])
    assert len(np.unique(found, axis=0)) == 8


def test_a_sheet_gives_back_its_levels(tmp_path: Path) -> None:
    x = np.arange(64 * 6 * 5).reshape(64, 1, 6, 5) % 7
    scale = sheets.scale_of(5)
    sheets.save_sheet(x, 7, tmp_path / "some.png", scale, {"weights": "w"})
    assert np.array_equal(sheets.samples_on("some", (6, 5), tmp_path), x[:, 0])
    assert sheets.said("some", tmp_path) == {"weights": "w"}


def test_the_sheet_of_an_unknown_checkpoint_is_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["samples", "nade-digit"]) == 2
    assert "no checkpoint is called 'nade-digit'" in capsys.readouterr().err
