"""Training goes down, keeps the best, stops early, goes on after an interruption; the commands."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from arviz_models import (
    MADE,
    MODELS,
    NADE,
    Dataset,
    RowLSTM,
    list_pretrained,
    load_dataset,
    load_pretrained,
)
from arviz_models.__main__ import _parser, main
from arviz_models.base import AutoregressiveModel
from arviz_models.cards import read_card
from arviz_models.degrees import degrees_by_entropy
from arviz_models.evaluation import negative_log_likelihood, nll_by_order, validation_loss
from arviz_models.fitting import STATE_FILE, Finished, ResumeError, fit
from arviz_models.ordering import ORDERS
from arviz_models.pretrained import save_checkpoint
from arviz_models.recipes import RECIPES
from arviz_models.training import Progress, Run, TrainingSettings

ROOT = Path(__file__).resolve().parent.parent


def stripes(**sizes: int) -> Dataset:
    """2x3 images of which every pixel equals the first but for one in ten."""
    generator = torch.Generator().manual_seed(0)

    def split(size: int) -> Tensor:
        first = torch.randint(0, 2, (size, 1, 1, 1), generator=generator)
        noise = torch.rand(size, 1, 2, 3, generator=generator) < 0.1
        return (first ^ noise.long()).to(torch.uint8)

    sizes = {"train": 200, "valid": 100, "test": 100} | sizes
    pixels: Any = {name: split(size) for name, size in sizes.items()}
    return Dataset("stripes", (1, 2, 3), 2, "none", "drawn in this test", pixels, {})


def ones_then_zeros() -> Dataset:
    """Training on it makes the validation NLL worse and worse."""
    pixels: Any = {
        "train": torch.ones(60, 1, 2, 3, dtype=torch.uint8),
        "valid": torch.zeros(20, 1, 2, 3, dtype=torch.uint8),
        "test": torch.zeros(20, 1, 2, 3, dtype=torch.uint8),
    }
    return Dataset("ones_then_zeros", (1, 2, 3), 2, "none", "made in this test", pixels, {})


def small_nade(seed: int = 0, **options: Any) -> NADE:
    torch.manual_seed(seed)
    return NADE((1, 2, 3), hidden=4, **options)


def small_row_lstm(seed: int = 0) -> RowLSTM:
    """With layers wide enough for Muon."""
    torch.manual_seed(seed)
    return RowLSTM((1, 2, 3), features=8)


def small_made(seed: int = 0) -> MADE:
    torch.manual_seed(seed)
    return MADE((1, 2, 3), hidden=(20,))


BUILDS: dict[str, Callable[..., AutoregressiveModel]] = {
    "nade": small_nade,
    "agnostic": partial(small_nade, order_agnostic=True),
    "decay": small_nade,
    "dropout": small_made,
    "muon": small_row_lstm,
}
"""Models whose training goes on after an interruption, by what is special about it."""


def weights(model: AutoregressiveModel) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def epochs_of(progress: list[Progress]) -> list[Progress]:
    return [step for step in progress if step.valid_nll is not None]


# fit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agnostic", [False, True])
def test_training_brings_the_nll_down(agnostic: bool) -> None:
    model, data = small_nade(order_agnostic=agnostic), stripes()
    before = negative_log_likelihood(model, data)
    ended = list(fit(model, data, TrainingSettings(epochs=15, batch_size=20, learning_rate=0.05)))
    assert negative_log_likelihood(model, data) < 0.8 * before
    assert ended[-1].loss < 0.85 * ended[9].loss  # that of the first epoch
    assert not model.training


def test_training_starts_at_the_marginals_of_the_training_data() -> None:
    """Without one step more: 0.999 of a corner that no training image has is not to be learned."""
    digits = load_dataset("digits")
    never = digits.level_counts()[..., 1] == 0
    assert int(never.sum()) == 11
    for model in (NADE((1, 8, 8), hidden=8), MADE((1, 8, 8), hidden=(8,), masks=2)):
        run = fit(model, digits, TrainingSettings(batch_size=10, learning_rate=1e-6))
        begun = next(run)
        p = model.logits(digits.batch("valid", slice(0, 50))).softmax(-1)[..., 1].detach()
        assert float(p[:, never].max()) < 0.001
        assert begun.loss < 30  # 25.3 are the pixels alone, 64 log 2 = 44.4 is where it was built


def test_a_resumed_run_does_not_start_at_the_marginals_again(tmp_path: Path) -> None:
    settings, model = TrainingSettings(epochs=2), small_nade()
    calls: list[Tensor] = []
    model.start_at_marginals = calls.append  # type: ignore[method-assign,assignment]
    next(fit(model, stripes(), settings, tmp_path))
    list(fit(small_nade(), stripes(), settings, tmp_path))
    list(fit(model, stripes(), settings, tmp_path))
    assert len(calls) == 1


@pytest.mark.parametrize("levels", [2, 3])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", MODELS)
def test_output_biases_are_the_log_odds_of_the_counts(
    name: str, channels: int, levels: int
) -> None:
    """Exactly where nothing else speaks; of the channel where all its pixels share a bias."""
    shape = (channels, 2, 3)
    model = MODELS[name](event_shape=shape, levels=levels)
    counts = torch.randint(0, 9, (*shape, levels), generator=torch.Generator().manual_seed(0))
    counts[0, 0, 0] = torch.tensor([30] + [0] * (levels - 1))  # a corner that is always empty
    model.start_at_marginals(counts)
    bias = model.output_bias
    assert bias is not None
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter is not bias:
                parameter.zero_()
    found = model.logits(torch.zeros(1, *shape, dtype=torch.long)).softmax(-1)[0]
    if bias.numel() == channels * (levels if levels > 2 else 1):
        counts = counts.sum((1, 2), keepdim=True).expand_as(counts)
    expected = (counts + 1 / levels) / (counts.sum(-1, keepdim=True) + 1)
    assert torch.allclose(found, expected, atol=1e-6)


def test_progress_is_told_after_every_batch_and_every_epoch() -> None:
    settings = TrainingSettings(epochs=2, batch_size=60)  # 200 images: 60, 60, 60, 20
    steps = list(fit(small_nade(), stripes(), settings))
    assert [step.epoch for step in steps] == [0.25, 0.5, 0.75, 1, 1, 1.25, 1.5, 1.75, 2, 2]
    assert [step.valid_nll is not None for step in steps] == ([False] * 4 + [True]) * 2
    assert all(math.isfinite(step.loss) for step in steps)
    assert math.isinf(steps[0].best_nll)
    assert steps[4].best_nll == steps[4].valid_nll
    assert steps[4].best_epoch == 1
    seconds = [step.seconds for step in steps]
    assert seconds == sorted(seconds)


def test_the_best_weights_by_validation_are_kept() -> None:
    """Not the last ones, nor a reference to weights that training goes on to change."""
    model, snapshots, seen = small_nade(), [], []
    for step in fit(model, ones_then_zeros(), TrainingSettings(epochs=4, batch_size=20)):
        if step.valid_nll is not None:
            snapshots.append(weights(model))
            seen.append(step.valid_nll)
    assert seen == sorted(seen)  # ever worse
    assert (step.best_epoch, step.best_nll) == (1, seen[0])
    assert same(weights(model), snapshots[0])
    assert not same(snapshots[0], snapshots[-1])
    assert validation_loss(model, ones_then_zeros()) == seen[0]


def test_without_progress_on_validation_training_stops_after_patience_epochs() -> None:
    settings = TrainingSettings(epochs=20, batch_size=20, patience=3)
    steps = list(fit(small_nade(), ones_then_zeros(), settings))
    assert len(epochs_of(steps)) == 1 + 3
    settings = TrainingSettings(epochs=6, batch_size=20, patience=None)
    assert len(epochs_of(list(fit(small_nade(), ones_then_zeros(), settings)))) == 6


def test_a_dropped_run_leaves_the_best_weights_so_far() -> None:
    model = small_nade()
    run = fit(model, stripes(), TrainingSettings(epochs=5, batch_size=50))
    for step in run:
        if step.epoch == 2 and step.valid_nll is not None:
            kept = weights(model)
        if step.epoch > 2.3:
            break
    assert not same(weights(model), kept)
    run.close()  # type: ignore[attr-defined]
    assert same(weights(model), kept)
    assert not model.training


def test_the_same_seed_trains_the_same_weights_and_another_does_not() -> None:
    ended = []
    for seed in (1, 1, 2):
        model = small_nade(order_agnostic=True)
        torch.rand(seed)  # the global generator does not matter
        list(fit(model, stripes(), TrainingSettings(epochs=2, batch_size=50, seed=seed)))
        ended.append(weights(model))
    assert same(ended[0], ended[1])
    assert not same(ended[0], ended[2])


def test_a_loss_that_is_no_number_ends_with_what_to_do() -> None:
    model = small_nade()
    with torch.no_grad():
        model.c.fill_(math.nan)
    with pytest.raises(FloatingPointError, match="epoch 1: lower the learning rate"):
        list(fit(model, stripes(), TrainingSettings(epochs=1)))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("epochs", 0),
        ("epochs", -1),
        ("batch_size", 0),
        ("patience", 0),
        ("learning_rate", 0.0),
        ("learning_rate", -1.0),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("optimizer", "sgd"),
        ("weight_decay", -0.1),
        ("weight_decay", math.nan),
        ("dropout", 1.0),
        ("dropout", -0.1),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(setting: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{setting} is .*; given {value!r}"):
        TrainingSettings(**{setting: value})


def test_dropout_is_refused_by_models_without_it() -> None:
    with pytest.raises(ValueError, match=r"dropout is for MADE; given 0\.2"):
        Run(small_nade(), stripes(), TrainingSettings(dropout=0.2))


def test_the_command_gives_degrees_by_the_entropy_of_the_data(place: Path) -> None:
    words = ["train", "made", "--data", "digits", "--epochs", "1", "--hidden", "30", "--out"]
    folders = [str(place / "out"), "--state", str(place / "runs")]
    assert main([*words, *folders, "--degrees", "by-entropy", "--name", "informed"]) == 0
    card = read_card("informed", place / "out")
    digits = load_dataset("digits")
    expected = degrees_by_entropy(digits.level_counts("train"), torch.arange(64), 30)
    assert card["config"]["degrees"] == [expected]
    assert "--degrees by-entropy" in card["command"]
    assert min(expected) > 1  # the corner is always paper


# Cycles -------------------------------------------------------------------------------------------


def rates(run: Run) -> Iterator[float]:
    """The learning rate of each step."""
    while run.epoch < run.settings.epochs * run.settings.cycles:
        run.take_step()
        yield run.optimizer.param_groups[0]["lr"]


def test_each_cycle_falls_to_nothing_and_begins_with_half_the_rate_and_a_fresh_adam() -> None:
    settings = TrainingSettings(epochs=2, batch_size=50, learning_rate=0.01, cycles=3)
    run = Run(small_nade(), stripes(), settings)
    steps = 2 * run.epoch_steps
    found = []
    for number, rate in enumerate(rates(run)):
        found.append(rate)
        taken = {int(each["step"]) for each in run.optimizer.state.values()}
        assert taken == {number % steps + 1}
    falls = [0.01 * (1 + math.cos(math.pi * k / steps)) / 2 for k in range(steps)]
    assert found == pytest.approx([rate / 2**cycle for cycle in range(3) for rate in falls])


def test_what_has_ended_goes_on_as_if_its_cycles_had_been_asked_for_at_once(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=2, batch_size=50, learning_rate=0.01)
    twice = replace(settings, cycles=2)
    straight, first, second = small_nade(), small_nade(), small_nade(seed=1)
    expected = list(fit(straight, stripes(), twice))[-1]
    ended = list(fit(first, stripes(), settings))[-1]
    assert ended.best_epoch == 2  # so that the best weights are those of the last step
    before = Finished(weights(first), 1, ended.best_nll, ended.best_epoch, 100.0)
    [*_, last] = fit(second, stripes(), twice, tmp_path, before)
    assert same(weights(second), weights(straight))
    assert (last.epoch, last.best_nll, last.best_epoch) == (4.0, expected.best_nll, 4)
    assert last.seconds > 100
    with pytest.raises(ResumeError, match="another model"):
        next(fit(NADE((1, 2, 3), hidden=3), stripes(), twice, finished=before))


def test_the_command_goes_on_from_a_checkpoint_of_fewer_cycles(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words_of_train(place)) == 0
    once = read_card("nade-digits", place / "out")
    more = ["--cycles", "2", "--go-on-from", str(place / "out"), "--out", str(place / "more")]
    assert main([*words_of_train(place), *more, "--state", str(place / "other")]) == 0
    twice = read_card("nade-digits", place / "more")
    assert sorted(twice["command"].split()) == sorted(f"{once['command']} --cycles 2".split())
    assert twice["training_seconds"] >= once["training_seconds"]
    for others in (["--cycles", "1"], ["--cycles", "3", "--seed", "5"]):
        assert main([*words_of_train(place), *more, *others]) == 2
        assert "which is not this one with fewer than" in capsys.readouterr().err


# Going on after an interruption -------------------------------------------------------------------


def test_seconds_count_what_was_spent_before_an_interruption(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=3)
    for step in fit(small_nade(), stripes(), settings, tmp_path):
        if step.valid_nll is not None:
            break
    with safe_open(tmp_path / STATE_FILE, "pt") as file:
        before = json.loads(file.metadata()["standing"])["seconds"]
    assert before > 0
    assert next(fit(small_nade(), stripes(), settings, tmp_path)).seconds > before


@pytest.mark.parametrize("kind", BUILDS)
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(kind: str, tmp_path: Path) -> None:
    settings = TrainingSettings(
        epochs=5,
        batch_size=50,
        learning_rate=0.01,
        seed=3,
        optimizer="muon" if kind == "muon" else "adam",
        weight_decay=0.1 if kind in ("muon", "decay") else 0.0,
        dropout=0.3 if kind == "dropout" else 0.0,
    )
    straight = BUILDS[kind]()
    expected = list(fit(straight, stripes(), settings))

    stopped = BUILDS[kind]()
    for step in fit(stopped, stripes(), settings, tmp_path):
        if step.epoch > 2.3:
            break
    resumed = BUILDS[kind](seed=99)  # whatever it starts from
    found = list(fit(resumed, stripes(), settings, tmp_path))
    assert same(weights(resumed), weights(straight))
    assert found[0].epoch == 2.25  # epoch 3 from its start, and no epoch before it
    expected = [step for step in expected if step.epoch > 2][-len(found) :]
    for here, there in zip(found, expected, strict=True):
        assert here.epoch == there.epoch
        assert here.loss == there.loss
        assert here.valid_nll == there.valid_nll
        assert (here.best_nll, here.best_epoch) == (there.best_nll, there.best_epoch)


def test_a_resumed_run_remembers_a_best_epoch_before_the_interruption(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=20, batch_size=20, patience=3)
    straight, resumed = small_nade(), small_nade(seed=1)
    list(fit(straight, ones_then_zeros(), settings))
    for step in fit(small_nade(), ones_then_zeros(), settings, tmp_path):
        if step.epoch > 2:
            break
    last = list(fit(resumed, ones_then_zeros(), settings, tmp_path))[-1]
    assert (last.best_epoch, last.epoch) == (1, 4)
    assert same(weights(resumed), weights(straight))


def test_a_run_that_had_finished_yields_where_it_stands_and_its_weights(tmp_path: Path) -> None:
    settings, model = TrainingSettings(epochs=2), small_nade()
    ended = list(fit(model, stripes(), settings, tmp_path))[-1]
    again = small_nade(seed=1)
    steps = list(fit(again, stripes(), settings, tmp_path))
    assert [(step.epoch, step.best_nll, step.best_epoch) for step in steps] == [
        (2.0, ended.best_nll, ended.best_epoch)
    ]
    assert same(weights(again), weights(model))


KILLED = """
import os, signal, sys
import torch
from pathlib import Path
from arviz_models import NADE, load_dataset
from arviz_models.fitting import fit
from arviz_models.training import TrainingSettings
import arviz_models.fitting as fitting

torch.set_num_threads(1)
torch.manual_seed(0)
model = NADE((1, 8, 8), hidden=4)
settings = TrainingSettings(epochs=4, batch_size=200, learning_rate=0.01)
if sys.argv[2] == "saving":
    replace, calls = os.replace, []
    def killed(*paths):
        calls.append(paths)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*paths)
    fitting.os.replace = killed
for step in fit(model, load_dataset("digits"), settings, Path(sys.argv[1])):
    if sys.argv[2] == "batches" and step.epoch > 2.5:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("moment", ["batches", "saving"])
def test_kill_9_loses_at_most_one_epoch_and_nothing_of_the_result(
    moment: str, tmp_path: Path
) -> None:
    """Between two batches of epoch 3, and with its state written but not yet put in place."""
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), moment],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    assert ended.returncode == -signal.SIGKILL
    settings = TrainingSettings(epochs=4, batch_size=200, learning_rate=0.01)
    digits = load_dataset("digits")
    models = []
    for folder in (tmp_path, None):
        torch.manual_seed(0)
        model = NADE((1, 8, 8), hidden=4)
        steps = list(fit(model, digits, settings, folder))
        models.append(weights(model))
        if folder is not None:
            assert 2 < steps[0].epoch < 2.5, "it begins with epoch 3"
    assert same(*models)


@pytest.mark.parametrize(
    ("difference", "named"),
    [
        ({"settings": TrainingSettings(epochs=3)}, "settings"),
        ({"settings": TrainingSettings(epochs=2, seed=1)}, "settings"),
        ({"model": {"order": [5, 4, 3, 2, 1, 0]}}, "config"),
        ({"model": {"order_agnostic": True}}, "config"),
        ({"data": ones_then_zeros()}, "data"),
    ],
    ids=["epochs", "seed", "order", "agnostic", "data"],
)
def test_another_run_s_state_is_not_taken_up(
    difference: dict[str, Any], named: str, tmp_path: Path
) -> None:
    list(fit(small_nade(), stripes(), TrainingSettings(epochs=2), tmp_path))
    before = (tmp_path / STATE_FILE).read_bytes()
    other: dict[str, Any] = {
        "model": {},
        "data": stripes(),
        "settings": TrainingSettings(epochs=2),
    } | difference
    with pytest.raises(ResumeError, match=f"another run.*{named}.*choose another folder"):
        list(fit(small_nade(**other["model"]), other["data"], other["settings"], tmp_path))
    assert (tmp_path / STATE_FILE).read_bytes() == before


def test_a_state_from_before_a_setting_was_added_is_that_of_its_default(tmp_path: Path) -> None:
    settings, path = TrainingSettings(epochs=2), tmp_path / STATE_FILE
    ended = list(fit(small_nade(), stripes(), settings, tmp_path))[-1]
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    identity = json.loads(metadata["identity"])
    for added in ("optimizer", "weight_decay"):
        del identity["settings"][added]
    save_file(tensors, path, metadata | {"identity": json.dumps(identity)})
    (again,) = fit(small_nade(), stripes(), settings, tmp_path)
    assert (again.epoch, again.best_nll) == (2.0, ended.best_nll)
    other = replace(settings, optimizer="muon")
    with pytest.raises(ResumeError, match="another run"):
        list(fit(small_row_lstm(), stripes(), other, tmp_path))


def test_a_damaged_state_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=2)
    list(fit(small_nade(), stripes(), settings, tmp_path))
    path = tmp_path / STATE_FILE
    whole = path.read_bytes()
    header_size = int.from_bytes(whole[:8], "little")
    damaged = [b"", whole[:5], whole[: len(whole) // 2], whole[:-1], b"\xff" * 100]
    damaged.append(whole.replace(b"model.W", b"model.w", 1))
    damaged.append(whole.replace(b"best_epoch", b"best-epoch", 1))
    damaged.append(whole.replace(b'"identity"', b'"identitx"', 1))
    damaged.append(whole[:8] + b"{}".ljust(header_size))
    for contents in damaged:
        path.write_bytes(contents)
        with pytest.raises(ResumeError, match=f"{re.escape(str(path))} .*delete it to start anew"):
            list(fit(small_nade(), stripes(), settings, tmp_path))


def test_a_folder_that_cannot_be_written_is_an_os_error_before_training(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    model = small_nade()
    before = weights(model)
    with pytest.raises(OSError):
        next(fit(model, stripes(), TrainingSettings(), file / "below"))
    assert same(weights(model), before)


# NLL --------------------------------------------------------------------------------------------


def test_negative_log_likelihood_is_the_mean_over_the_split() -> None:
    """Also where the last batch is smaller, and over the first images alone."""
    model, data = small_nade(), stripes(test=1203)
    with torch.no_grad():
        log_p = model.log_prob(data.test).double()
    assert negative_log_likelihood(model, data) == pytest.approx(-float(log_p.mean()), rel=1e-6)
    assert negative_log_likelihood(model, data, limit=7) == pytest.approx(-float(log_p[:7].mean()))
    assert negative_log_likelihood(model, data, limit=10**9) == negative_log_likelihood(model, data)
    with torch.no_grad():
        train = -float(model.log_prob(data.train).mean())
    assert negative_log_likelihood(model, data, "train") == pytest.approx(train)


def test_nll_by_order_has_every_named_order_and_the_mean_over_random_ones() -> None:
    model, data = small_nade(order_agnostic=True), stripes()
    each = []
    for seed in range(3):
        order = torch.randperm(6, generator=torch.Generator().manual_seed(seed))
        each.append(negative_log_likelihood(model.with_order(order), data))
    figures = nll_by_order(model, data, seeds=3)
    assert figures["random"] == pytest.approx(sum(each) / 3)
    assert len(set(each)) == 3
    backwards = model.with_order(range(5, -1, -1))
    assert figures["reversed"] == pytest.approx(negative_log_likelihood(backwards, data))
    assert set(figures) == {*ORDERS, "random"}


def test_validation_of_an_order_agnostic_model_is_the_same_every_time() -> None:
    model, data = small_nade(order_agnostic=True), stripes()
    assert validation_loss(model, data) == validation_loss(model, data)


# The commands -----------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ARVIZ_DATA", raising=False)
    monkeypatch.setenv("ARVIZ_DEVICE", "cpu")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words_of_train(place: Path, *more: str) -> list[str]:
    folders = ["--out", str(place / "out"), "--state", str(place / "runs")]
    size = ["--hidden", "3", "--batch-size", "300", "--epochs", "2"]
    return ["train", "nade", "--data", "digits", *folders, *size, *more]


def test_train_writes_a_checkpoint_with_a_card_that_says_where_it_is_from(place: Path) -> None:
    assert main(words_of_train(place, "--name", "tiny", "--seed", "4", "--patience", "2")) == 0
    assert list_pretrained(place / "out") == ("tiny",)
    card = json.loads((place / "out" / "tiny.json").read_text())
    assert card["class"] == "NADE"
    assert card["config"]["event_shape"] == [1, 8, 8]
    assert card["config"]["hidden"] == 3
    assert (card["data"], card["levels"], card["seed"]) == ("digits", 2, 4)
    assert card["parameters"] == 2 * 64 * 3 + 64 + 3
    assert card["torch"] == torch.__version__
    assert card["device"] == "cpu"
    assert 1 <= card["epochs"] <= 2
    model = load_pretrained("tiny", "cpu", place / "out")
    digits = load_dataset("digits")
    assert card["test_nll"] == pytest.approx(negative_log_likelihood(model, digits), abs=0.01)
    bits = card["test_nll"] / math.log(2) / 64
    assert card["test_bits_per_dim"] == pytest.approx(bits, abs=1e-4)
    assert "binarized_mnist_test_nll" not in card  # another shape, and the files are not there
    assert card["command"].startswith("python -m arviz_models train nade --data digits ")


def test_the_card_s_command_trains_the_same_weights_again(place: Path) -> None:
    more = ("--seed", "4", "--order", "random", "--order-agnostic", "--learning-rate", "0.02")
    assert main(words_of_train(place, *more)) == 0
    card = json.loads((place / "out" / "nade-digits.json").read_text())
    words = card["command"].split()
    assert words[:3] == ["python", "-m", "arviz_models"]
    again = ["--out", str(place / "again"), "--state", str(place / "other")]
    assert main([*words[3:], *again]) == 0
    first, second = (
        (place / folder / "nade-digits.safetensors").read_bytes() for folder in ("out", "again")
    )
    assert first == second
    assert {"test_nll_by_order", "test_nll"} <= card.keys()


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
@pytest.mark.parametrize("told", [{"avx512_bf16": False, "amx_bf16": False}, {"amx_bf16": True}])
def test_bfloat16_on_a_cpu_without_it_is_warned_of(
    told: dict[str, bool],
    precision: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    assert main(words_of_train(place, "--precision", precision)) == 0
    warned = "no bfloat16 instructions" in capsys.readouterr().err
    assert warned == (precision == "bfloat16" and not any(told.values()))


def test_the_bare_row_lstm_is_trained_from_the_command_line_and_by_its_card_s_command(
    place: Path,
) -> None:
    words = ["train", "row-lstm", "--data", "digits", "--first-kernel", "none", "--features", "2"]
    folders = ["--out", str(place / "out"), "--state", str(place / "runs")]
    assert main([*words, *folders, "--epochs", "1", "--batch-size", "1000"]) == 0
    card = json.loads((place / "out" / "row-lstm-digits.json").read_text())
    assert card["config"]["first_kernel"] is None
    model = load_pretrained("row-lstm-digits", "cpu", place / "out")
    assert model.config["first_kernel"] is None
    assert "--first-kernel none" in card["command"]


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_that_may_be_none_can_be_given_as_none(name: str) -> None:
    hints = get_type_hints(MODELS[name].__init__)
    optional = [key for key, hint in hints.items() if NoneType in get_args(hint) and key != "order"]
    for key in optional:
        for word, value in (("none", None), ("5", 5)):
            words = ["train", name, "--data", "digits", f"--{key.replace('_', '-')}", word]
            assert getattr(_parser().parse_args(words), key) == value
    assert (optional != []) == (name == "row-lstm")


def test_train_twice_is_the_same_as_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second finds the first's state finished: it saves that again."""
    assert main(words_of_train(place)) == 0
    path = place / "out" / "nade-digits.safetensors"
    before = path.read_bytes()
    path.unlink()
    assert main(words_of_train(place)) == 0
    assert path.read_bytes() == before


def test_the_state_of_a_run_is_kept_under_its_name(place: Path) -> None:
    assert main(words_of_train(place, "--name", "tiny")) == 0
    with safe_open(place / "runs" / "tiny" / STATE_FILE, "pt") as file:
        assert json.loads(file.metadata()["standing"])["epoch"] == 2


def test_every_shipped_checkpoint_has_the_recipe_that_its_card_says() -> None:
    assert sorted(RECIPES) == list(list_pretrained())
    for name, words in RECIPES.items():
        assert read_card(name)["command"] == shlex.join(
            ["python", "-m", "arviz_models", "train", *words]
        )


def test_train_all_trains_what_is_not_there_and_goes_on_where_it_was_interrupted(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    size = ["--epochs", "2", "--batch-size", "300", "--hidden", "3"]
    recipes = {
        name: ["nade", "--data", "digits", "--name", name, *size, "--seed", str(seed)]
        for seed, name in enumerate(("first", "second"), start=1)
    }
    monkeypatch.setattr("arviz_models.__main__.RECIPES", recipes)
    run = ["train-all", "--out", str(place / "out"), "--state", str(place / "runs")]
    with monkeypatch.context() as patch:  # interrupted at the end of the second's first epoch
        patch.setattr("arviz_models.__main__.fit", interrupted_in("second"))
        assert main(run) == 130
    assert list_pretrained(place / "out") == ("first",)
    capsys.readouterr()
    assert main(run) == 0
    captured = capsys.readouterr()
    assert list_pretrained(place / "out") == ("first", "second")
    assert f"first: {place / 'out'} has it" in captured.out
    assert "epoch 1: valid" not in captured.out
    assert "epoch 2: valid" in captured.out
    straight = ["train", *recipes["second"], "--out", str(place / "again")]
    assert main([*straight, "--state", str(place / "other")]) == 0
    one, other = (place / where / "second.safetensors" for where in ("out", "again"))
    assert one.read_bytes() == other.read_bytes()


def interrupted_in(name: str) -> Any:
    """`fit`, but for the checkpoint of that name interrupted after its first epoch."""

    def fit_until_interrupted(*arguments: Any) -> Any:
        for progress in fit(*arguments):
            yield progress
            if arguments[3].name == name and progress.valid_nll is not None:
                raise KeyboardInterrupt

    return fit_until_interrupted


def test_train_all_does_not_write_over_what_another_command_trained(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_checkpoint(NADE((1, 8, 8), hidden=3), "nade-digits", {"command": "x"}, place / "out")
    before = (place / "out" / "nade-digits.safetensors").read_bytes()
    words = ["train-all", "nade-digits", "--out", str(place / "out"), "--state", str(place)]
    assert main(words) == 2
    assert "that another command trained; move it away" in one_line(capsys.readouterr().err)
    assert (place / "out" / "nade-digits.safetensors").read_bytes() == before


@pytest.fixture
def checkpoint(place: Path) -> Path:
    torch.manual_seed(0)
    model = NADE((1, 8, 8), hidden=3)
    card = {"data": "digits", "levels": 2, "parameters": 451, "test_nll": 44.0}
    save_checkpoint(model, "tiny", card, place / "out")
    return place / "out"


def test_list_prints_name_class_parameters_and_nll(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--folder", str(checkpoint)]) == 0
    line = capsys.readouterr().out
    assert re.fullmatch(r"tiny +NADE +451 parameters, 44.00 nats on digits\n", line)


def test_list_of_an_empty_folder_prints_nothing(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--folder", str(place / "none")]) == 0
    assert capsys.readouterr().out == ""


def test_evaluate_prints_the_test_nll(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "tiny", "--folder", str(checkpoint)]) == 0
    figures = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    model = load_pretrained("tiny", "cpu", checkpoint)
    expected = negative_log_likelihood(model, load_dataset("digits"))
    assert float(figures["test_nll"]) == pytest.approx(expected, abs=1e-4)
    assert float(figures["test_bits_per_dim"]) == pytest.approx(
        expected / math.log(2) / 64, abs=1e-5
    )


def test_sample_writes_a_sheet_the_same_for_the_same_seed(checkpoint: Path, place: Path) -> None:
    sheets = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        png = place / f"{name}.png"
        words = ["sample", "tiny", "--folder", str(checkpoint), "--n", "4"]
        assert main([*words, "--seed", seed, "--png", str(png)]) == 0
        with Image.open(png, formats=("PNG",)) as image:
            assert image.size == (66, 66)  # two by two images of 8 pixels, gaps of 2, threefold
        sheets.append(png.read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]


def one_line(error: str) -> str:
    """The message, when there is nothing else but a usage line of argparse before it."""
    lines = [line for line in error.strip().splitlines() if not re.match(r"usage: | {4}", line)]
    assert len(lines) == 1, error
    assert "Traceback" not in error
    return lines[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "nade", "--data", "nix"], "got 'nix'; expected one of mnist_binary"),
        (["train", "nade", "--data", "digits", "--epochs", "0"], "epochs is at least 1; given 0"),
        (["train", "nade", "--data", "digits", "--learning-rate", "nan"], "learning_rate is above"),
        (["train", "nade", "--data", "digits", "--levels", "99"], "levels of 'digits': got 99"),
        (["train", "nade", "--data", "digits", "--hidden", "0"], "hidden is the number"),
        (["train", "row-lstm", "--data", "digits", "--first-kernel", "no"], "invalid int or none"),
        (["train", "nade", "--data", "digits", "--start", "noon"], "start is one of"),
        (["train", "nade", "--data", "digits", "--order", "zigzag"], "invalid choice: 'zigzag'"),
        (["train", "nade", "--data", "binarized_mnist"], "ARVIZ_DATA is not set"),
        (["train", "nade"], "--data"),
        (["train", "nix", "--data", "digits"], "invalid choice: 'nix' (choose from 'nade'"),
        (["--device", "abacus", "train", "nade", "--data", "digits"], "got 'abacus'; expected"),
        (["--threads", "0", "list"], "threads is at least 1; given 0"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "required: command"),
        (["evaluate", "nix"], "no checkpoint is called 'nix'"),
        (["sample", "nix"], "no checkpoint is called 'nix'"),
        (["train-all", "nix"], "name: got 'nix'; expected some of nade-digits, made-digits"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_input_exits_with_2_and_one_line(
    words: list[str], message: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status: object = main(words)
    except SystemExit as ended:  # argparse's way
        status = ended.code
    assert status == 2
    assert message in one_line(capsys.readouterr().err)
    assert not [path for path in place.rglob("*") if path.is_file()]


@pytest.mark.parametrize("flag", ["--out", "--state"])
def test_a_folder_that_cannot_be_written_exits_with_2_before_training(
    flag: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "file").write_text("")
    assert main(words_of_train(place, flag, str(place / "file" / "below"))) == 2
    captured = capsys.readouterr()
    assert "file" in one_line(captured.err)
    assert "epoch" not in captured.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sample", "tiny", "--n", "0"], "n is the number of samples"),
        (["sample", "tiny", "--n", "-1"], "n is the number of samples"),
        (["sample", "tiny", "--temperature", "nan"], "temperature is a number"),
        (["sample", "tiny", "--temperature", "-1"], "temperature is a number"),
        (["sample", "tiny", "--png", "nowhere/a.png"], "nowhere/a.png"),
        (["evaluate", "tiny", "--data", "mnist_binary"], "x has shape (N, 1, 8, 8)"),
    ],
    ids=lambda value: " ".join(value[2:]) if isinstance(value, list) else "",
)
def test_wrong_input_to_a_checkpoint_s_commands_exits_with_2_and_one_line(
    words: list[str], message: str, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words[:2], "--folder", str(checkpoint), *words[2:]]) == 2
    assert message in one_line(capsys.readouterr().err)


def test_evaluate_of_a_card_without_data_says_what_to_do(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_checkpoint(NADE((1, 8, 8), hidden=3), "bare", {}, place / "out")
    assert main(["evaluate", "bare", "--folder", str(place / "out")]) == 2
    assert "give --data" in one_line(capsys.readouterr().err)


def test_another_run_s_state_and_a_damaged_one_exit_with_2_and_one_line(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words_of_train(place)) == 0
    capsys.readouterr()
    assert main(words_of_train(place, "--seed", "1")) == 2
    errors = [capsys.readouterr().err]
    (place / "runs" / "nade-digits" / STATE_FILE).write_bytes(b"half")
    assert main(words_of_train(place)) == 2
    errors.append(capsys.readouterr().err)
    for error, message in zip(errors, ("another run", "delete it"), strict=True):
        # The progress bar may have drawn its empty self before.
        last = error.strip().splitlines()[-1]
        assert last.startswith("arviz_models: ")
        assert message in last
        assert "Traceback" not in error


def test_the_command_line_itself_exits_with_2_and_one_line(place: Path) -> None:
    """As a student runs it, in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-m", "arviz_models", "train", "nade", "--data", "nix"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert one_line(ended.stderr).startswith("arviz_models: data set: got 'nix'")
