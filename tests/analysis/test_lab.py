"""The lab: what it refuses, how it trains, what it keeps, and its files."""

from __future__ import annotations

import errno
import io
import itertools
import json
import math
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from arviz_models.analysis import lab, lab_files, lab_training
from arviz_models.analysis.lab_files import FileError
from arviz_models.analysis.lab_history import History
from arviz_models.analysis.lab_settings import DATA, KINDS, OWN, Conversion, Settings
from arviz_models.analysis.lab_training import ModelSamples, ModelTraining
from arviz_models.analysis.own_images import as_levels, data_set, shares, zipped
from arviz_models.data import load_dataset
from arviz_models.descent import weights_of
from arviz_models.evaluation import negative_log_likelihood
from arviz_models.fitting import fit
from arviz_models.training import TrainingSettings

SMALL = Settings(width=4, batch=300, epochs=1)


def trained(settings: Settings, **more: Any) -> tuple[ModelTraining, list[Any]]:
    """A training at its end, and its news."""
    task = ModelTraining(**lab.options_of(settings), **more)
    news = [step.news for step in task.steps() if step.news is not None]
    return task, news


def losses(news: list[Any]) -> list[float]:
    return [each["losses"][0] for each in news if "losses" in each]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"levels": 18}, "2 to 17 levels"),
        ({"data": "mnist_binary", "levels": 4}, "For grey levels, choose MNIST of 14×14"),
        ({"width": 0}, "from 1 to 2,000"),
        ({"model": "row-lstm", "width": 4, "depth": 0}, "LSTM layers: from 1 to 8"),
        ({"rate": math.nan}, "Learning rate"),
        ({"rate": 11.0}, "Learning rate: from 0.000010 to 10"),
        ({"batch": 1900}, "more than the 1,232"),
        ({"epochs": 501}, "Epochs: from 1 to 500"),
        ({"budget": "seconds", "seconds": 601}, "Seconds: from 1 to 600"),
        ({"seed": -1}, "Seed"),
        ({"model": "made", "width": 4000, "depth": 3}, "too large"),
        ({"model": "pixelcnn", "width": 128, "depth": 20, "batch": 1000}, "too large"),
        ({"model": "pixelcnn", "width": 100, "depth": 10, "batch": 100}, "too slow"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(lab.NotPossible, match=words):
        lab.check(replace(Settings(), **change))


def test_a_model_that_is_too_large_is_refused_with_its_size() -> None:
    with pytest.raises(lab.NotPossible, match=r"32,5\d\d,\d{3} parameters, about .* GB"):
        lab.check(Settings(model="made", width=4000, depth=3))


def test_what_is_too_large_depends_on_the_memory_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings(model="made", width=2000)
    lab.check(settings)
    monkeypatch.setattr(lab, "memory_for_jobs", lambda: 8_000_000)
    with pytest.raises(lab.NotPossible, match=r"too large .* the most is 4 MB"):
        lab.check(settings)


@pytest.mark.parametrize("model", KINDS)
def test_the_size_of_every_model_is_that_of_the_model_built(model: str) -> None:
    kind = KINDS[model]
    depth = 1 if kind.depth is None else kind.depth.start
    settings = Settings(model=model, width=kind.width.start, depth=depth)
    found = lab.built(kind.name, lab.config_of(settings), 0)
    assert lab.check(settings).parameters == sum(each.numel() for each in found.parameters())


def test_the_losses_are_those_of_fit_with_the_same_seed() -> None:
    settings = replace(SMALL, epochs=2)
    _, news = trained(settings)
    dataset = load_dataset("digits", 2)
    model = lab.built("NADE", lab.config_of(settings), settings.seed)
    plan = TrainingSettings(2, settings.batch, settings.rate, seed=settings.seed)
    told = [each.batch_loss for each in fit(model, dataset, plan) if each.valid_nll is None]
    assert losses(news) == told


def test_a_training_that_is_put_down_goes_on_to_the_last_bit() -> None:
    settings = replace(SMALL, epochs=2)
    whole, news = trained(settings)
    first = ModelTraining(**lab.options_of(settings))
    told = []
    for step in first.steps():
        if step.news is not None and "losses" in step.news:
            told.append(step.news["losses"][0])
            if len(told) == 3:
                break
    second = ModelTraining(**lab.options_of(settings))
    second.resume(first.state())
    told += losses([step.news for step in second.steps() if step.news is not None])
    assert told == losses(news)
    assert np.array_equal(second.result()["weights"][0], whole.result()["weights"][0])


def test_a_loss_that_explodes_ends_the_training_with_the_best_weights() -> None:
    settings = replace(SMALL, width=64, rate=10.0, batch=50, epochs=5)
    task, news = trained(settings)
    found = task.result()
    assert "exploded" in found["problem"]
    assert "Lower the learning rate" in found["problem"]
    looks = [each["moment"][0] for each in news if "moment" in each]
    best = min(looks, key=lambda look: look["valid"])
    assert found["step"] == best["step"]
    model = lab.built("NADE", lab.config_of(settings), 0, found["weights"][0])
    nll = negative_log_likelihood(model, task.dataset, "valid", lab.VALIDATED)
    assert nll == pytest.approx(best["valid"])


def test_a_loss_that_is_no_number_ends_the_training_with_the_weights_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = ModelTraining(**lab.options_of(replace(SMALL, epochs=2)))
    before = weights_of(task.model)
    nothing = torch.tensor(math.nan, requires_grad=True)
    monkeypatch.setattr(task.model, "training_loss", lambda *_: nothing * 1)
    for _ in task.steps():
        pass
    found = task.result()
    assert "no number" in found["problem"]
    assert found["step"] == 0
    assert np.array_equal(found["weights"][0], before)


def test_a_budget_in_seconds_ends_the_training_and_keeps_the_learning_rate() -> None:
    settings = replace(SMALL, budget="seconds", seconds=1)
    task = ModelTraining(**lab.options_of(settings) | {"seconds": 0.01})
    assert [step.part for step in task.steps()][-1] == 1.0
    assert task.run.optimizer.param_groups[0]["lr"] == settings.rate


def test_the_lines_are_those_of_the_data() -> None:
    found = {each.word: each.nats for each in lab.yardsticks("digits", 2, "NADE")}
    assert found["guessing"] == pytest.approx(64 * math.log(2))
    assert found["nade-digits"] == pytest.approx(17.8506)
    assert found["training set by heart"] <= math.log(1232)
    assert found["guessing"] > found["independent pixels"] > found["nade-digits"]
    model = lab.built("NADE", lab.config_of(replace(SMALL, width=1)), 0)
    dataset = load_dataset("digits", 2)
    model.start_at_marginals(dataset.level_counts("train"))
    model.load_state_dict(model.state_dict() | {"V": torch.zeros(64, 1, 1)})
    nll = negative_log_likelihood(model, dataset, "valid", lab.VALIDATED)
    assert found["independent pixels"] == pytest.approx(nll, rel=1e-5)


@pytest.mark.parametrize(
    "change",
    [{}, {"order": "random"}, {"budget": "seconds"}, {"model": "pixelcnn", "width": 2, "depth": 1}],
    ids=lambda change: "-".join(map(str, change.values())) or "plain",
)
def test_the_script_gives_the_same_figures(
    change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(SMALL, **change)
    options = lab.options_of(settings)
    options |= {"seconds": 0.05} if settings.budget == "seconds" else {}
    task = ModelTraining(**options)
    for _ in task.steps():
        pass
    found = task.result()
    text = lab_files.script(settings.used, found["step"])
    exec(compile(text, "lab_run.py", "exec"), {})
    valid = found["moment"][0]["valid"]
    assert f"validation NLL {valid:.4f} nats" in capsys.readouterr().out


# --- own images -----------------------------------------------------------------------------------

OWN_SMALL = replace(SMALL, data=OWN, side=8, batch=5, epochs=3)


def own_greys(count: int = 20) -> list[np.ndarray]:
    """Pictures of 8 x 8, each another one."""
    return list(np.random.default_rng(0).integers(0, 256, (count, 8, 8), dtype=np.uint8))


def own_images(threshold: float = 0.5) -> np.ndarray:
    return as_levels(own_greys(), (8, 8), 2, fit="whole", threshold=threshold)


@pytest.mark.parametrize(
    ("change", "images", "words"),
    [
        ({}, None, "no own images here"),
        ({"side": 9}, own_images(), "one of 8, 14, 28 pixels a side; 9"),
        ({}, own_images()[:5], "at least 10"),
        ({"batch": 15}, own_images(), "more than the 14"),
        ({"levels": 257}, own_images(), "2 to 256 levels"),
    ],
)
def test_own_images_that_cannot_be_learned_from_are_refused_in_words(
    change: dict[str, Any], images: np.ndarray | None, words: str
) -> None:
    with pytest.raises(lab.NotPossible, match=words):
        lab.check(replace(OWN_SMALL, **change), images)


def test_own_images_are_learned_from_and_have_their_own_lines() -> None:
    images = own_images()
    assert lab.check(OWN_SMALL, images).parameters > 0
    task = ModelTraining(**lab.options_of(OWN_SMALL, images))
    for _ in task.steps():
        pass
    assert task.dataset.size("train") == shares(20)[0]
    lines = {each.word: each.nats for each in lab.yardsticks(OWN, 2, "NADE", images)}
    assert set(lines) == {"guessing", "independent pixels", "training set by heart"}
    assert lines["training set by heart"] == pytest.approx(math.log(shares(20)[0]))
    dataset = data_set(images, 2)
    nll = negative_log_likelihood(task.model, dataset, "valid")
    assert task.result()["moment"][0]["valid"] == pytest.approx(nll)


def test_the_script_of_own_images_takes_a_zip_or_a_folder_and_gives_the_same_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    conversion = Conversion(side=8, fit="whole", threshold=0.3)
    task = ModelTraining(**lab.options_of(OWN_SMALL, own_images(conversion.threshold)))
    for _ in task.steps():
        pass
    found = task.result()
    valid = found["moment"][0]["valid"]
    text = lab_files.script(OWN_SMALL.used, found["step"], conversion)
    (tmp_path / "mine.zip").write_bytes(zipped(own_greys()))
    with zipfile.ZipFile(tmp_path / "mine.zip") as packed:
        packed.extractall(tmp_path / "folder")
    for given in ("mine.zip", "folder"):
        monkeypatch.setattr(sys, "argv", ["lab_run.py", str(tmp_path / given)])
        exec(compile(text, "lab_run.py", "exec"), {})
        said = capsys.readouterr().out
        assert said.startswith("14 train, 3 valid, 3 test\n")
        assert f"validation NLL {valid:.4f} nats" in said


def test_a_file_of_a_model_of_own_images_is_read_and_drawn_from_without_the_images() -> None:
    config = lab.config_of(OWN_SMALL)
    weights = weights_of(lab.built("NADE", config, 3))
    card = {"data": OWN, "levels": 2, "shape": [1, 8, 8]}
    loaded = lab_files.read([("a.zip", lab_files.packed("a", "NADE", config, weights, card))])
    assert (loaded.data, loaded.config["event_shape"]) == (OWN, [1, 8, 8])
    task = ModelSamples(loaded.model, loaded.config, loaded.weights, data=OWN, epochs=0)
    [step] = task.steps()
    told, arrays = step.news["moment"]
    assert told["valid"] is None
    assert arrays["samples"].shape == (8, 64)
    assert np.array_equal(task.result()["weights"][0], loaded.weights)
    other = config | {"event_shape": [1, 9, 9]}
    weights = weights_of(lab.built("NADE", other, 3))
    with pytest.raises(FileError, match="has images of shape"):
        lab_files.read([("a.zip", lab_files.packed("a", "NADE", other, weights, card))])


# --- files ----------------------------------------------------------------------------------------

CARD = {"data": "digits", "levels": 2}


def archive(**entries: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name, content in entries.items():
            file.writestr(name.replace("__", "."), content)
    return target.getvalue()


@pytest.fixture(scope="module")
def saved() -> bytes:
    model = lab.built("NADE", lab.config_of(SMALL), 3)
    return lab_files.packed("nade", "NADE", lab.config_of(SMALL), weights_of(model), CARD)


@pytest.fixture
def entries(saved: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(saved)) as file:
        return {name.replace(".", "__"): file.read(name) for name in file.namelist()}


def test_a_saved_run_loads_back_with_the_same_log_prob(saved: bytes) -> None:
    loaded = lab_files.read([("nade.zip", saved)])
    assert (loaded.model, loaded.data, loaded.levels) == ("NADE", "digits", 2)
    before = lab.built("NADE", lab.config_of(SMALL), 3).half().float()  # what a checkpoint holds
    after = lab.built(loaded.model, loaded.config, 0, loaded.weights)
    x = load_dataset("digits", 2).batch("test", slice(0, 20))
    assert torch.equal(before.log_prob(x), after.log_prob(x))


def changed(entries: dict[str, bytes], **values: Any) -> bytes:
    card = json.loads(entries["nade__json"]) | values
    return archive(**entries | {"nade__json": json.dumps(card).encode()})


def test_every_fault_of_a_file_is_said_in_words(saved: bytes, entries: dict[str, bytes]) -> None:
    config = lab.config_of(SMALL)
    cnn = {"event_shape": [1, 8, 8], "levels": 2, "layers": 10**7}
    made = config | {"hidden": [100, 10**7 // 100, 10**4, 100]}
    faults = {
        "the file is empty": [("a.zip", b"")],
        "this is no .zip": [("a.zip", b"MZ\x90\0 an executable")],
        "damaged": [("a.zip", saved[:200])],
        "is a pickle": [("a.pt", b"PK")],
        "a pickle of": [("a.zip", archive(archive__data__pkl=b"x"))],
        "there is none": [("a.zip", archive(nade__json=entries["nade__json"]))],
        "2 of them": [("a.json", b"{}"), ("b.json", b"{}"), ("w.safetensors", b"x")],
        "no JSON text": [("a.zip", archive(**entries | {"nade__json": b"{"}))],
        "no JSON object": [("a.zip", archive(**entries | {"nade__json": b"[]"}))],
        "no 'config'": [("a.zip", changed(entries, config=None))],
        "names the class 'os'": [("a.zip", changed(entries, **{"class": "os"}))],
        "names the class 'LeakyPixelCNN'": [
            ("a.zip", changed(entries, **{"class": "LeakyPixelCNN"}))
        ],
        "the lab has digits": [("a.zip", changed(entries, data="faces"))],
        "from 2 to 17": [("a.zip", changed(entries, levels=18))],
        "the most is 64": [("a.zip", changed(entries, **{"class": "PixelCNN", "config": cnn}))],
        "the most is 1,000,000": [("a.zip", changed(entries, config=config | {"hidden": 10**9}))],
        "describes 1,011,012,800 weights": [
            ("a.zip", changed(entries, **{"class": "MADE", "config": made}))
        ],
        "has shape": [("a.zip", changed(entries, config=config | {"hidden": 5}))],
        "weights is damaged": [("a.zip", archive(**entries | {"nade__safetensors": b"x" * 40}))],
        "its card says": [("a.zip", changed(entries, data="mnist14"))],
    }
    for words, files in faults.items():
        with pytest.raises(FileError) as error:
            lab_files.read(files)
        assert words in str(error.value), (words, str(error.value))


HUGE: dict[str, dict[str, Any]] = {
    "PixelCNN": {"features": 30_000, "layers": 64},
    "GatedPixelCNN": {"features": 30_000, "layers": 64},
    "RowLSTM": {"features": 10_000, "layers": 8},
    "DiagonalBiLSTM": {"features": 10_000, "layers": 8, "full_context": True},
    "PixelSNAIL": {"features": 20_000, "layers": 8, "heads": 64, "head_features": 10_000},
    "MADE": {"hidden": [100_000] * 3, "degrees": "even", "direct": True},
    "NADE": {"hidden": 1_000_000, "order_agnostic": True},
}
WIDE: list[tuple[str, dict[str, Any]]] = [
    *HUGE.items(),
    ("PixelCNN", {"features": 10**6, "layers": 0, "first_kernel": 63}),
    ("PixelCNN", {"features": 10**6, "layers": 1, "kernel": 63}),
    ("RowLSTM", {"features": 10**6, "layers": 1, "first_kernel": None, "kernel": 63}),
    ("PixelCNN", {"event_shape": [5000, 2, 2], "features": 5000, "layers": 1}),
]
READER = """
import resource, sys
from arviz_models.analysis import lab_files
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kB
def read(path):
    try:
        lab_files.read([("a.zip", open(path, "rb").read())])
    except lab_files.FileError as error:
        return str(error)
read(sys.argv[1])  # what is imported for the first one does not count
before = peak()
for path in sys.argv[2:]:
    print(read(path))
print(peak() - before)
"""


def test_a_card_of_a_huge_model_of_any_class_takes_no_memory(
    entries: dict[str, bytes], tmp_path: Path
) -> None:
    """Weights of a small NADE, and a card that describes gigabytes: read in its own process."""
    assert set(HUGE) == set(lab.CLASSES)
    paths = []
    for number, (name, more) in enumerate([("PixelCNN", {"features": 2}), *WIDE]):
        config = {"event_shape": [1, 8, 8], "levels": 2} | more
        paths.append(tmp_path / f"{number}.zip")
        paths[-1].write_bytes(changed(entries, **{"class": name, "config": config}))
    told = subprocess.run(
        [sys.executable, "-c", READER, *map(str, paths)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    ).stdout.splitlines()
    assert int(told[-1]) < 60_000  # kB
    for (name, more), words in zip(WIDE, told, strict=False):
        wanted = "images of shape" if "event_shape" in more else "describes"
        assert wanted in words, (name, words)


@pytest.mark.parametrize("spent", [0.0, 0.03])
def test_it_looks_sooner_at_its_begin_and_never_for_most_of_the_time(
    monkeypatch: pytest.MonkeyPatch, spent: float
) -> None:
    task = ModelTraining(**lab.options_of(SMALL))
    clock = itertools.count(0.0, spent / 2)  # it goes on whenever someone looks at it
    monkeypatch.setattr(lab_training.time, "perf_counter", lambda: next(clock))
    pauses = []
    for seconds in (0.0, 0.4, 4.0, 40.0):
        task.run.seconds, task.looking = seconds, 0.0
        for _ in task._look():
            pass
        assert task.due - seconds >= lab_training.LOOK_SHARE * task.looking - 1e-9
        pauses.append(task.due - seconds)
    assert pauses == sorted(pauses)
    if not spent:
        assert pauses == pytest.approx([0.05, 0.1, 0.7, 0.7])


# --- the history of a run, in its file ------------------------------------------------------------

PAUSED = replace(SMALL, epochs=3, batch=200)


def put_down(settings: Settings, steps: int) -> tuple[History, np.ndarray]:
    """What there is of a training that was paused after so many steps, and its weights."""
    task = ModelTraining(**lab.options_of(settings))
    told, looks = [], []
    for step in task.steps():
        news = step.news or {}
        told += news.get("losses", ())
        looks += [news["moment"]] if "moment" in news else []
        if len(told) == steps:
            break
    state = pickle.loads(pickle.dumps(task.state()))
    found = task.result()
    looks += [found["moment"]] if found["moment"][0]["step"] > looks[-1][0]["step"] else []
    kept, frames = zip(*looks, strict=True)
    part, seconds = found["part"], task.run.seconds
    history = History(
        settings, told, list(kept), list(frames), found["step"], part, seconds, False, state
    )
    return history, found["weights"][0]


@pytest.fixture(scope="module")
def before() -> tuple[History, np.ndarray]:
    with pytest.MonkeyPatch.context() as patch:  # it looks at every step, on a fast machine too
        for name in ("SOONEST", "RAREST", "LOOK_SHARE"):
            patch.setattr(lab_training, name, 0)
        found = put_down(PAUSED, 10)
    assert [each["step"] for each in found[0].kept] == list(range(11))
    return found


@pytest.fixture(scope="module")
def paused(before: tuple[History, np.ndarray]) -> bytes:
    history, weights = before
    return lab_files.packed("nade", "NADE", lab.config_of(PAUSED), weights, CARD, history)


def test_a_paused_run_comes_back_from_its_file_and_goes_on_to_the_last_bit(
    before: tuple[History, np.ndarray], paused: bytes
) -> None:
    history, _ = before
    found = lab_files.read([("nade.zip", paused)]).history
    assert found is not None
    assert found.settings == PAUSED
    assert list(found.losses) == list(history.losses)
    assert [each["step"] for each in found.kept] == [each["step"] for each in history.kept]
    assert [each["valid"] for each in found.kept] == [each["valid"] for each in history.kept]
    for one, other in zip(found.frames, history.frames, strict=True):
        assert np.array_equal(one["samples"], other["samples"])
    assert (found.held, found.exploded) == (10, False)
    whole, _ = trained(PAUSED)
    task = ModelTraining(**lab.options_of(found.settings))
    task.resume(found.state or {})
    for _ in task.steps():
        pass
    assert task.run.step == whole.run.step
    assert np.array_equal(task.result()["weights"][0], whole.result()["weights"][0])


def test_a_history_that_is_too_large_for_a_file_leaves_out_what_the_training_goes_on_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history, weights = put_down(PAUSED, 2)
    monkeypatch.setattr(lab_files, "MOST_FILE_BYTES", lab_files.MOST_CARD_BYTES + 10_000)
    file = lab_files.packed("nade", "NADE", lab.config_of(PAUSED), weights, CARD, history)
    found = lab_files.read([("nade.zip", file)]).history
    assert found is not None
    assert found.state is None
    assert len(found.losses) == 2


Change = Callable[[dict[str, Any], dict[str, np.ndarray]], None]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda run, arrays: run.update(settings={"model": "nade"}), "not the settings"),
        (lambda run, arrays: run["settings"].update(batch=5000), "more than the|Batch size"),
        (lambda run, arrays: run["settings"].update(width=5), "another model"),
        (lambda run, arrays: run["settings"].update(model="made"), "another model"),
        (lambda run, arrays: run["settings"].update(rate=math.nan), "Learning rate"),
        (lambda run, arrays: run.update(held=11), "which step"),  # it trained for 10
        (lambda run, arrays: run.update(part=2), "which step"),
        (lambda run, arrays: run.update(seconds=math.inf), "'seconds' is no number"),
        (lambda run, arrays: run["state"].update(epoch=10**8), "that of its steps"),
        (lambda run, arrays: run["state"].update(taken=-1), "'taken' is no whole number"),
        (lambda run, arrays: run["state"].update(best=99), "looks that are missing"),
        (lambda run, arrays: run.update(state=[]), "no JSON object"),
        (lambda run, arrays: arrays.pop("losses"), "'losses' are missing"),
        (lambda run, arrays: arrays.update(losses=np.full(10, np.nan, np.float32)), "not finite"),
        (lambda run, arrays: arrays.update(looks=np.ones((2, 5))), "not those of its steps"),
        (lambda run, arrays: arrays.update(looks=np.zeros((9000, 5))), "9,000 looks"),
        (lambda run, arrays: arrays.update(samples=arrays["samples"] + 1), "the samples are"),
        (lambda run, arrays: arrays.update(samples=arrays["samples"][:, :4]), "the samples are"),
        (lambda run, arrays: arrays.update(exp_avg=np.zeros(3, np.float32)), "3 numbers, not"),
        (lambda run, arrays: arrays["exp_avg_sq"].__setitem__(0, -1), "negative"),
        (lambda run, arrays: arrays["weights"].__setitem__(0, np.inf), "not finite"),
    ],
)
def test_every_fault_of_a_history_is_said_in_words(
    paused: bytes, change: Change, words: str
) -> None:
    with zipfile.ZipFile(io.BytesIO(paused)) as file:
        there = {name.replace(".", "__"): file.read(name) for name in file.namelist()}
    card = json.loads(there["nade__json"])
    arrays = {name: each.copy() for name, each in load(there["nade__history"]).items()}
    change(card["run"], arrays)
    there |= {"nade__json": json.dumps(card).encode(), "nade__history": save(arrays)}
    with pytest.raises(FileError, match=f"history of the run cannot be read: .*({words})"):
        lab_files.read([("a.zip", archive(**there))])


def test_a_history_that_is_damaged_is_refused(paused: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(paused)) as file:
        there = {name.replace(".", "__"): file.read(name) for name in file.namelist()}
    declared = (
        b'{"losses":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'
    )
    for content in (b"", b"x" * 40, len(declared).to_bytes(8, "little") + declared):
        with pytest.raises(FileError, match="its arrays are damaged"):
            lab_files.read([("a.zip", archive(**there | {"nade__history": content}))])


def test_a_full_disk_stops_no_saving_and_is_told_where_a_file_is_loaded(
    saved: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("arviz_models.analysis.lab_files.tempfile.TemporaryDirectory", full)
    config = {"event_shape": [1, 8, 8], "levels": 2, "hidden": 1}
    assert lab_files.packed("small", "NADE", config, np.zeros(2 * 64 + 64 + 1, np.float32), {})
    with pytest.raises(lab_files.FileError, match=r"its disk .*No space left"):
        lab_files.read([("run.zip", saved)])


def test_a_bomb_is_unpacked_no_further_than_a_file_may_be_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lab_files, "MOST_FILE_BYTES", 10_000)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.safetensors", bytes(1_000_000))
    with pytest.raises(FileError, match="unpacks to more than"):
        lab_files.read([("a.zip", target.getvalue())])


def test_a_model_that_leaks_is_not_saved() -> None:
    settings = Settings(model="pixelcnn-mask-b", width=2, depth=0)
    config = lab.config_of(settings)
    weights = weights_of(lab.built("LeakyPixelCNN", config, 0))
    with pytest.raises(ValueError, match="LeakyPixelCNN"):
        lab_files.packed("leak", "LeakyPixelCNN", config, weights, CARD)


def test_the_table_of_the_data_is_that_of_the_data_sets() -> None:
    for name, images in DATA.items():
        if name == OWN:
            continue
        with pytest.raises(ValueError, match="levels of"):
            load_dataset(name, images.most_levels + 1)
    assert load_dataset("digits", DATA["digits"].most_levels).event_shape[1] == 8
