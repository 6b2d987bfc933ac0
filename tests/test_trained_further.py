"""What went on from a shipped checkpoint; the words of lessons still name samples of that."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from arviz_models import list_pretrained, load_dataset, load_pretrained
from arviz_models.cards import read_card
from arviz_models.evaluation import negative_log_likelihood

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "trained_further"
NAMES = list_pretrained(FOLDER)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_shipped_one_after_more_cycles_and_better_on_validation_data(name: str) -> None:
    further, shipped = read_card(name, FOLDER), read_card(name)
    words = shlex.split(further["command"])
    at = words.index("--cycles")
    assert int(words[at + 1]) > 1
    assert words[:at] + words[at + 2 :] == shlex.split(shipped["command"])
    assert further["config"] == shipped["config"]
    assert further["valid_nll"] < shipped["valid_nll"]
    assert further["training_seconds"] > shipped["training_seconds"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_its_weights_give_the_figure_on_its_card(name: str) -> None:
    card = read_card(name, FOLDER)
    dataset = load_dataset(card["data"], card["levels"])
    nll = negative_log_likelihood(load_pretrained(name, "cpu", FOLDER), dataset)
    assert nll == pytest.approx(card["test_nll"], abs=0.01)
