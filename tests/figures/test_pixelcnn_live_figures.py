"""What the live tabs of the PixelCNN page draw and say holds the models' own numbers."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
import torch
from PIL import ImageColor

from arviz_models.analysis.break_the_mask import (
    MOMENTS,
    SAMPLES,
    film,
    first_masks,
    moment,
    moment_steps,
    pair,
    real_digit,
    total_probability,
)
from arviz_models.analysis.timing import WAYS, Comparison, Cost
from arviz_models.base import NOT_DRAWN
from arviz_models.data import load_dataset
from arviz_models.figures.palette import MEANINGS
from arviz_models.figures.timing import doing, duration, measured_words
from pages.pixelcnn import live_figures as figures

D = 784


def comparison(n: int = 16, done: int = 40, ways: tuple[str, ...] = WAYS) -> Comparison:
    costs = {
        "forward": Cost(1, 1, 1, 0.02 * n),
        "training": Cost(1, 1, 1, 0.05 * n),
        "decoder": Cost(0, D, D, 0.25),
        "naive": Cost(done, done, D, 0.02 * n * done),
    }
    drawn = np.random.default_rng(0).integers(0, 2, (n, 1, 28, 28)).astype(np.uint8)
    naive = np.full(drawn.shape, NOT_DRAWN)
    naive.reshape(n, -1)[:, :done] = drawn.reshape(n, -1)[:, :done]
    return Comparison(n, "cpu", None, {way: costs[way] for way in ways}, drawn, naive)


# A broken mask ------------------------------------------------------------------------------------


def test_the_masks_are_those_of_the_models() -> None:
    models = pair((1, 8, 8))
    shown = first_masks()
    for mask, model in zip(shown, models, strict=True):
        assert np.array_equal(mask, model.first.mask[0, 0].numpy())


def test_a_moment_is_the_models_own() -> None:
    models, image = pair((1, 8, 8), seed=4), real_digit(load_dataset("digits"), 4)
    totals, arrays = moment(models, image, seed=4)
    assert totals == [total_probability(model) for model in models]
    for number, model in enumerate(models):
        with torch.no_grad():
            p = model.logits(image).softmax(-1)[0, 0, :, :, 1].flatten()
        assert np.allclose(arrays["told"][number], p, atol=1e-3)
        drawn = model.sample(SAMPLES, generator=torch.Generator().manual_seed(4))
        assert np.array_equal(arrays["samples"][number], drawn.flatten(1).numpy())


def test_the_digit_asked_about_is_one_that_nothing_learned_from() -> None:
    """Whatever the seed: some test images of so few pixels stand among the training images too."""
    dataset = load_dataset("digits")
    learned = {image.numpy().tobytes() for image in dataset.batch("train", slice(None))}
    test = {image.numpy().tobytes() for image in dataset.batch("test", slice(None))}
    asked = {real_digit(dataset, seed).numpy().tobytes() for seed in range(dataset.size("test"))}
    assert asked == test - learned
    assert len(asked) > 200


@pytest.mark.parametrize("steps", [1, 50, 200, 400, 800])
def test_moments_are_kept_to_the_last_step_and_most_of_them_early(steps: int) -> None:
    kept = moment_steps(steps)
    assert kept == sorted(set(kept))
    assert 1 <= kept[0] <= kept[-1] == steps
    assert len(kept) < MOMENTS
    if steps >= 200:
        assert sum(step <= steps / 4 for step in kept) > len(kept) / 2


def test_the_film_of_all_moments_has_the_moment_first() -> None:
    models, image = pair((1, 8, 8)), real_digit(load_dataset("digits"), 0)
    moments = [moment(models, image, seed)[1] for seed in range(3)]
    together = film(moments)
    assert together["samples"].shape == (3, 2, SAMPLES, 64)
    assert np.array_equal(together["told"][1], moments[1]["told"])


def test_the_losses_are_drawn_as_they_were() -> None:
    losses = [(44.0, 43.0), (30.0, 1.0), (25.0, 0.001)]
    sound, leaking = figures.loss_curves(losses, 64)
    assert (list(sound.y), list(leaking.y)) == ([44, 30, 25], [43, 1, 0.001])
    assert list(sound.x) == list(leaking.x) == [1, 2, 3]
    assert sound.factor == pytest.approx(1 / (64 * math.log(2)))
    tones = [sound.style()["tone"], leaking.style()["tone"]]
    assert [tone["dark"] for tone in tones] == [MEANINGS["seen"].dark, MEANINGS["target"].dark]
    assert sound.dashed != leaking.dashed


def test_nothing_learned_yet_is_two_curves_without_a_point() -> None:
    assert [len(each.x) for each in figures.loss_curves([], 64)] == [0, 0]


def test_losses_are_taken_away_as_they_were() -> None:
    rows = list(csv.DictReader(io.StringIO(figures.losses_table([(40.0, 1.5), (30, 0.25)], 64))))
    assert [row["step"] for row in rows] == ["1", "2"]
    assert float(rows[1]["mask_b_nats"]) == 0.25
    assert float(rows[1]["mask_a_bits_per_dim"]) == pytest.approx(30 / 64 / math.log(2), rel=1e-5)


# In parallel or in sequence -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.00042, "0.42 ms"),
        (0.0041, "4.1 ms"),
        (0.00999, "10 ms"),
        (0.0671, "67 ms"),
        (0.9996, "1.0 s"),
        (4.72, "4.7 s"),
        (36.2, "36 s"),
        (119.0, "119 s"),
        (234.0, "3.9 min"),
        (900.0, "15 min"),
    ],
)
def test_times_have_a_unit_and_no_more_digits_than_mean_something(
    seconds: float, said: str
) -> None:
    assert duration(seconds) == said


def test_every_cost_has_its_dot_and_its_time() -> None:
    both = [comparison(1), comparison(16)]
    figure = figures.costs_figure(both, figures.span(both), "light")
    dots = [trace for trace in figure.data if trace.mode == "markers+text"]
    costs = [each.costs[way] for each in both for way in WAYS]
    assert [dot.x[0] for dot in dots] == [cost.whole for cost in costs]
    said = [("about " if cost.estimated else "") + duration(cost.whole) for cost in costs]
    assert [dot.text for dot in dots] == said
    assert figure.layout.xaxis.type == "log"
    low, high = figure.layout.xaxis.range
    assert all(low <= math.log10(cost.whole) <= high for cost in costs)
    names = figure.layout.yaxis.ticktext
    assert "decoder: 784 steps" in names
    assert "naive: 784 passes" in names
    assert len(names) == len(set(figure.layout.yaxis.tickvals)) == len(dots)


def test_what_is_not_measured_yet_has_no_dot() -> None:
    figure = figures.costs_figure([comparison(1, ways=("decoder",))], (0.1, 1.0), "dark")
    assert [t.text for t in figure.data if t.mode == "markers+text"] == ["250 ms"]


def test_what_is_estimated_says_from_how_much() -> None:
    said = measured_words("naive", comparison(16, done=40))
    assert said == "4.2 min for 16 images, estimated from 40 of 784 steps, which took 13 s"
    assert measured_words("naive", comparison(1, D)).endswith("for 1 image, measured")


def test_the_verdict_is_the_ratio_of_what_was_measured() -> None:
    one, many = comparison(1, D), comparison(16, 40)
    said = figures.verdict([one, many])
    assert f"**{0.02 * D / 0.25:.0f} times**" in said
    assert f"**about {0.02 * 16 * D / 0.25:,.0f} times**" in said
    assert f"{16 * D:,} conditionals" in said
    assert figures.verdict([comparison(1, ways=("decoder",))]) == ""


def test_agreement_counts_the_pixels_drawn_both_ways() -> None:
    one, many = comparison(1, D), comparison(16, 40)
    assert f"the {D + 16 * 40:,} pixels" in figures.agreement([one, many])
    assert "are the same in both." in figures.agreement([one, many])
    one.naive[0, 0, 3, 3] = 1 - one.naive[0, 0, 3, 3]
    assert "but for 1:" in figures.agreement([one, many])


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_both_draws_are_shown_and_what_is_missing_is_grey(ground: str) -> None:
    found = comparison(1, done=30)
    drawn, naive = figures.first_draws(found, ground, scale=2)
    assert drawn.shape == naive.shape == (60, 60, 3)
    tone = {
        name: ImageColor.getrgb(getattr(MEANINGS[name], ground))
        for name in ("ink", "paper", "future")
    }
    ink = (drawn[2:-2:2, 2:-2:2] == tone["ink"]).all(-1)
    assert np.array_equal(ink, found.drawn[0, 0] == 1)
    grey = (naive[2:-2:2, 2:-2:2] == tone["future"]).all(-1).flatten()
    assert not grey[:30].any()
    assert grey[30:].all()
    assert figures.naive_caption(found) == "naively, 30 of 784 pixels"
    assert figures.naive_caption(comparison(1, D)) == "naively"


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("decoder", "drawing 16 images by the decoder"),
        ("forward", "one pass over 16 images"),
        ("naive", "drawing 16 images naively, pass 40 of 784"),
    ],
)
def test_it_says_what_it_is_doing(way: str, said: str) -> None:
    found = comparison(16)
    assert doing(Comparison(16, "cpu", way, found.costs)) == said


def test_times_are_taken_away_as_they_were_measured() -> None:
    table = figures.costs_table([("pixelcnn-mnist", comparison(16, 40))])
    rows = {row["way"]: row for row in csv.DictReader(io.StringIO(table))}
    assert rows.keys() == set(WAYS)
    assert rows["naive"]["full_passes"] == rows["naive"]["steps_done"] == "40"
    assert float(rows["naive"]["seconds_whole"]) == pytest.approx(0.02 * 16 * D)
    assert rows["decoder"]["full_passes"] == "0"
