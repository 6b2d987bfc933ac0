"""What models give pictures and test images, and how right a ranking is."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from arviz_models import MADE, NADE
from arviz_models.analysis import scores
from arviz_models.analysis.ranking import pairs_right, places_right
from arviz_models.analysis.rivals import ModelFacts, PictureScores, sampling_seconds, scores_of
from arviz_models.cards import list_pretrained, read_card
from arviz_models.data import load_dataset
from arviz_models.descent import weights_of
from arviz_models.pretrained import load_pretrained
from tests import recorded_nlls

SMALL = "nade-digits"


def run(task: scores.RunScores | PictureScores | ModelFacts) -> list[float]:
    """Take all steps; the part that was done after each."""
    return [step.part for step in task.steps()]


def test_the_table_is_that_of_the_shipped_weights() -> None:
    """If not, weights have changed: `python -m arviz_models.analysis.scores`."""
    table = json.loads(scores.TABLE.read_text("utf-8"))
    assert {name: scores.weights_hash(name) for name in list_pretrained()} == {
        name: entry["weights"] for name, entry in table.items()
    }
    for name, entry in table.items():
        assert entry["mean"] == pytest.approx(read_card(name)["test_nll"], abs=2e-3)
        assert len(entry["quantiles"]) == scores.PERCENT
        assert entry["quantiles"] == sorted(entry["quantiles"])


@pytest.mark.parametrize("name", [SMALL, "made-digits"])
def test_an_entry_of_the_table_is_computed_again(name: str) -> None:
    said, found = json.loads(scores.TABLE.read_text("utf-8"))[name], scores.measured(name)
    assert found["weights"] == said["weights"]
    assert found["mean"] == pytest.approx(said["mean"], abs=1e-2)
    np.testing.assert_allclose(found["quantiles"], said["quantiles"], atol=0.02)


def test_the_table_tells_the_recorded_nlls() -> None:
    record = recorded_nlls.read()
    for name, said in json.loads(scores.TABLE.read_text("utf-8")).items():
        found = scores.range_of(record[recorded_nlls.key(name, "test_nll")], whole=True)
        assert found.count == said["count"]
        assert found.mean == pytest.approx(said["mean"], abs=1e-2)
        np.testing.assert_allclose(found.quantiles, said["quantiles"], atol=0.02)


def test_where_a_picture_lies_is_the_share_of_test_images_below_it() -> None:
    found = scores.range_of(np.arange(1001.0), whole=True)
    assert (found.count, found.mean, found.quantiles[25]) == (1001, 500.0, 250.0)
    assert found.share_below(-1) == 0
    assert found.share_below(5000) == 1
    assert found.share_below(704) == pytest.approx(0.7, abs=0.01)


def test_some_test_images_are_no_prefix_and_always_the_same() -> None:
    dataset = load_dataset("mnist_binary")
    some = scores.some_test_images(dataset, 30)
    assert torch.equal(some, scores.some_test_images(dataset, 30))
    assert not torch.equal(some, dataset.batch("test", slice(0, 30)))
    small = load_dataset("digits")
    assert len(scores.some_test_images(small, 500)) == small.size("test")


def test_a_run_is_scored_on_test_images_by_its_own_weights() -> None:
    torch.manual_seed(0)
    model = NADE((1, 8, 8), hidden=3)
    task = scores.RunScores("NADE", model.config, "digits", 2, weights_of(model), most=60)
    parts = run(task)
    assert parts == sorted(parts)
    assert parts[-1] == 1
    found = task.result()
    expected = -model.log_prob(scores.some_test_images(load_dataset("digits"), 60))
    np.testing.assert_allclose(found["nll"], expected.detach(), rtol=1e-5)
    assert not found["whole"]


def test_a_picture_gets_the_models_own_log_prob_and_the_surprisal_of_its_pixels_adds_up() -> None:
    x = load_dataset("digits").batch("test", [4])
    torch.manual_seed(0)
    own = MADE((1, 8, 8), hidden=(8,), order=list(range(63, -1, -1)))
    described = {"model": "MADE", "config": own.config, "weights": weights_of(own)}
    task = PictureScores([{"checkpoint": SMALL}, described], x[0, 0].numpy().astype(np.uint8))
    run(task)
    for found, model in zip(task.result(), (load_pretrained(SMALL, "cpu"), own), strict=True):
        assert found["nll"] == pytest.approx(-model.log_prob(x).item(), rel=1e-6)
        assert found["surprisal"].sum() == pytest.approx(found["nll"], rel=1e-5)
        assert found["surprisal"].shape == (64,)


def test_what_a_model_reads_is_its_dependencies_as_bits() -> None:
    task = ModelFacts([{"checkpoint": SMALL}])
    run(task)
    [found] = task.result()
    model = load_pretrained(SMALL, "cpu")
    bits = np.unpackbits(found["reads"], axis=1)[:, :64].astype(bool)
    np.testing.assert_array_equal(bits, model.dependencies().numpy())
    np.testing.assert_array_equal(found["order"], model.order.numpy())
    assert found["seconds"] > 0


def test_a_fast_model_is_timed_several_times() -> None:
    assert len(sampling_seconds(load_pretrained(SMALL, "cpu"))) > 1


def test_one_picture_gets_what_every_batch_gives_it() -> None:
    model, x = load_pretrained(SMALL, "cpu"), load_dataset("digits").batch("test", slice(0, 3))
    each = [scores_of(model, image[0].numpy())["nll"] for image in x]
    np.testing.assert_allclose(np.concatenate([*scores.nlls(model, x)]), each, rtol=1e-5)


def test_a_ranking_is_right_by_its_places_and_by_its_pairs() -> None:
    order = ["a", "b", "c", "d"]
    assert (places_right(order, order), pairs_right(order, order)) == (4, (6, 6))
    backward = order[::-1]
    assert (places_right(backward, order), pairs_right(backward, order)) == (0, (0, 6))
    moved = ["d", "a", "b", "c"]  # no place is right, half of the pairs are
    assert (places_right(moved, order), pairs_right(moved, order)) == (0, (3, 6))
    assert (
        places_right(["b", "a", "c", "d"], order),
        pairs_right(["b", "a", "c", "d"], order),
    ) == (
        2,
        (5, 6),
    )
