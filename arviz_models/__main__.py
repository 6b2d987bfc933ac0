"""Models from the command line: train, train-all, evaluate, sample, samples, list, export-site."""

from __future__ import annotations

import argparse
import inspect
import logging
import math
import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import torch
from tqdm import tqdm

from arviz_models import MADE, MODELS, list_pretrained, load_dataset, load_pretrained
from arviz_models.base import AutoregressiveModel
from arviz_models.cards import FOLDER, CheckpointError, read_card
from arviz_models.data import Dataset, DatasetNotFoundError, dataset_names
from arviz_models.degrees import DEGREES, degrees_by_entropy
from arviz_models.device import DeviceError, choose_device, describe
from arviz_models.evaluation import negative_log_likelihood, nll_by_order
from arviz_models.fitting import Finished, ResumeError, fit
from arviz_models.ordering import ORDERS, named_order
from arviz_models.pretrained import save_checkpoint
from arviz_models.recipes import RECIPES
from arviz_models.training import (
    OPTIMIZERS,
    PRECISIONS,
    TrainingSettings,
)

YARDSTICK = "binarized_mnist"
RUNS = Path("runs")
BY_ENTROPY = "by-entropy"  # a rule for the degrees of MADE that takes the training data
NOT_OF_THE_RECIPE = {"data", "out", "state", "go_on_from", "device", "threads", "run"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, or 2 with one line on standard error where the input was wrong."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        if chosen.threads < 1:
            raise ValueError(f"threads is at least 1; given {chosen.threads}")
        torch.set_num_threads(chosen.threads)
        chosen.run(chosen)
    except BrokenPipeError:
        raise
    except (
        ValueError,
        OSError,
        DeviceError,
        CheckpointError,
        ResumeError,
        FloatingPointError,
        torch.OutOfMemoryError,
    ) as error:
        print(f"arviz_models: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from the last epoch", file=sys.stderr)
        return 130
    return 0


def train(chosen: argparse.Namespace) -> None:
    """Train a model, report its test NLL, write checkpoint and card."""
    settings = TrainingSettings(
        **{field.name: getattr(chosen, field.name) for field in fields(TrainingSettings)}
    )
    device = choose_device(chosen.device)
    dataset = load_dataset(chosen.data, chosen.levels)
    name = chosen.name or f"{chosen.model}-{chosen.data.replace('_', '-')}"
    for folder in (chosen.out, chosen.state):  # fail before the hours, not after them
        _require_writable(folder)
    torch.manual_seed(settings.seed)
    model = _build(chosen, dataset).to(device)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{type(model).__name__}, {parameters:,} parameters, on {describe(device)}")
    if settings.precision == "bfloat16" and device.type == "cpu" and not _has_bfloat16():
        print(
            "arviz_models: this CPU has no bfloat16 instructions, so that --precision bfloat16 "
            "is several times slower than float32; it is done all the same",
            file=sys.stderr,
        )

    finished = None if chosen.go_on_from is None else _finished(chosen, name, model)
    total = settings.epochs * settings.cycles
    with tqdm(total=total, unit="epoch", bar_format="{l_bar}{bar}| {postfix}") as bar:
        for progress in fit(model, dataset, settings, chosen.state / name, finished):
            bar.n = progress.epoch
            bar.set_postfix_str(
                f"epoch {progress.epoch:.2f}/{total}, loss {progress.loss:.2f}, "
                f"best {progress.best_nll:.2f} nats",
                refresh=False,
            )
            bar.refresh() if progress.valid_nll is not None else bar.update(0)
            if progress.valid_nll is not None:
                bar.write(f"epoch {progress.epoch:.0f}: valid {progress.valid_nll:.3f} nats")
    card = {
        "data": dataset.name,
        "levels": dataset.levels,
        "seed": settings.seed,
        "command": shlex.join(_command(chosen)),
        "epochs": progress.best_epoch,
        "valid_nll": round(progress.best_nll, 4),
        "parameters": parameters,
        "torch": torch.__version__,
        "device": describe(device),
        "training_seconds": round(progress.seconds, 1),
    }
    save_checkpoint(model, name, card | _test_figures(model, dataset), chosen.out)
    print(f"saved {name} to {chosen.out}")


def _finished(chosen: argparse.Namespace, name: str, model: AutoregressiveModel) -> Finished:
    """The cycles that a checkpoint of the same name has behind it.

    Raises:
        ValueError: its command differs in more than the cycles, or it has as many.
    """

    def but_for_cycles(words: argparse.Namespace) -> list[str]:
        return _command(argparse.Namespace(**vars(words) | {"name": name, "cycles": 1}))

    card = read_card(name, chosen.go_on_from)
    given = str(card.get("command", ""))
    before = _parser().parse_args(shlex.split(given)[3:])
    if but_for_cycles(before) != but_for_cycles(chosen) or before.cycles >= chosen.cycles:
        raise ValueError(
            f"--go-on-from: {chosen.go_on_from} has a {name} of the command {given!r}, which is "
            f"not this one with fewer than {chosen.cycles} cycles"
        )
    weights = load_pretrained(name, model.device, chosen.go_on_from).state_dict()
    figures = (card[figure] for figure in ("valid_nll", "epochs", "training_seconds"))
    return Finished(weights, before.cycles, *figures)


def train_all(chosen: argparse.Namespace) -> None:
    """Train the shipped checkpoints again, one after the other, as their cards say.

    What `--out` already holds is left as it is; what was interrupted goes on where it stopped.
    """
    for name in chosen.names:
        if name not in RECIPES:
            raise ValueError(f"name: got {name!r}; expected some of {', '.join(RECIPES)}.")
    for name in chosen.names or RECIPES:
        words = ["train", *RECIPES[name], "--out", str(chosen.out), "--state", str(chosen.state)]
        recipe = _parser().parse_args(words)
        recipe.device, recipe.threads = chosen.device, chosen.threads
        command = shlex.join(_command(recipe))
        if name in list_pretrained(chosen.out):
            if read_card(name, chosen.out).get("command") == command:
                print(f"{name}: {chosen.out} has it")
                continue
            raise ValueError(
                f"{chosen.out} has a {name} that another command trained; move it away, or choose "
                "another --out"
            )
        print(command)
        train(recipe)


def evaluate(chosen: argparse.Namespace) -> None:
    """Print the test NLL of a checkpoint on the data it was trained on, or on other data."""
    model = load_pretrained(chosen.name, chosen.device, chosen.folder)
    data = chosen.data or model.card.get("data")
    if data is None:
        raise ValueError(f"the card of {chosen.name} does not name its data; give --data")
    dataset = load_dataset(data, model.levels)
    for key, value in _test_figures(model, dataset).items():
        print(f"{key}: {value}")


def sample(chosen: argparse.Namespace) -> None:
    """Write a sheet of samples as PNG."""
    from arviz_models.figures.sheets import save_sheet

    model = load_pretrained(chosen.name, chosen.device, chosen.folder)
    generator = torch.Generator().manual_seed(chosen.seed)
    begun = time.perf_counter()
    x = model.sample(chosen.n, temperature=chosen.temperature, generator=generator)
    seconds = time.perf_counter() - begun
    save_sheet(x.cpu().numpy(), model.levels, chosen.png)
    print(
        f"{chosen.n} samples in {seconds * 1000:.0f} ms on {describe(model.device)}: {chosen.png}"
    )


def samples(chosen: argparse.Namespace) -> None:
    """Write the sheets of 64 samples of the shipped checkpoints whose weights have changed."""
    from arviz_models.analysis.sample_sheets import drawn, text_of
    from arviz_models.figures import sheets

    for name in chosen.names or list_pretrained():
        read_card(name)  # an unknown name is an error before the first sheet is drawn
    for path in sheets.FOLDER.glob("*.png"):
        if path.stem not in list_pretrained():
            path.unlink()
    for name in chosen.names or list_pretrained():
        if sheets.said(name) == text_of(name):
            print(f"{name}: the sheet is that of its weights")
            continue
        model, path = load_pretrained(name, "cpu"), sheets.FOLDER / f"{name}.png"
        scale = sheets.scale_of(model.event_shape[-1])
        sheets.save_sheet(drawn(model), model.levels, path, scale, text_of(name))
        print(f"{name}: {path.stat().st_size / 1000:.1f} kB")


def list_checkpoints(chosen: argparse.Namespace) -> None:
    """Print name, class, parameters and test NLL of every checkpoint."""
    for name in list_pretrained(chosen.folder):
        card = read_card(name, chosen.folder)
        figures = [f"{card['class']:<16} {card.get('parameters', 0):>10,} parameters"]
        figures += [
            f"{card[key]:.2f} nats on {data}"
            for key, data in (
                ("test_nll", card.get("data")),
                (f"{YARDSTICK}_test_nll", YARDSTICK),
            )
            if key in card
        ]
        print(f"{name:<28} {', '.join(figures)}")


def export_site(chosen: argparse.Namespace) -> None:
    """Write static pages whose models draw in the browser, for any web server."""
    logging.disable(logging.WARNING)  # pages warn that the app does not run
    try:
        # The one thing that this package takes from a layer above it: by its name, and only when it
        # is asked for, so that models need no pages.
        pages = import_module("pages.export_site")
    except ModuleNotFoundError as error:
        raise ValueError(
            f"export-site needs the pages of the app, and {error.name} is not there; run it in the "
            "folder of ARViz, with requirements.txt installed"
        ) from error
    files = pages.export(chosen.dir)
    size = sum(file.stat().st_size for file in files)
    print(f"{len(files)} files, {size / 1e6:.1f} MB: {chosen.dir}")
    print(f"look at it: python -m http.server --bind 127.0.0.1 --directory {chosen.dir}")


def _test_figures(model: AutoregressiveModel, dataset: Dataset) -> dict[str, Any]:
    """Test NLL in nats and bits/dim on `dataset`, and in nats on the papers' data where it fits.

    Where the order is free, the same for every named order and random ones; where there are several
    masks, also for the first of them alone.
    """
    nll = negative_log_likelihood(model, dataset)
    figures: dict[str, Any] = {
        "test_nll": round(nll, 4),
        "test_bits_per_dim": round(nll / math.log(2) / model.dimensions, 5),
    }
    one_mask = model.with_mask(0) if isinstance(model, MADE) and model.mask_count > 1 else None
    if one_mask is not None:
        figures["test_nll_one_mask"] = round(negative_log_likelihood(one_mask, dataset), 4)
    if getattr(model, "order_agnostic", False):
        figures["test_nll_by_order"] = {
            name: round(value, 4) for name, value in nll_by_order(model, dataset).items()
        }
    try:
        yardstick = load_dataset(YARDSTICK)
    except DatasetNotFoundError:
        return figures
    if (yardstick.event_shape, yardstick.levels) == (model.event_shape, model.levels):
        key = f"{YARDSTICK}_test_nll"
        figures[key] = round(negative_log_likelihood(model, yardstick), 4)
        if one_mask is not None:
            figures[f"{key}_one_mask"] = round(negative_log_likelihood(one_mask, yardstick), 4)
    return figures


def _command(chosen: argparse.Namespace) -> list[str]:
    """The words that train this checkpoint again: what differs from the defaults; no folders."""
    words = ["python", "-m", "arviz_models", "train", chosen.model, "--data", chosen.data]
    defaults = vars(_parser().parse_args(["train", chosen.model, "--data", chosen.data]))
    for key in (*vars(chosen),):
        value = getattr(chosen, key)
        if key in NOT_OF_THE_RECIPE or value == defaults[key]:
            continue
        flag = f"--{key.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
        else:
            values = value if isinstance(value, list) else [value]
            words += [flag, *("none" if each is None else str(each) for each in values)]
    return words


def _build(chosen: argparse.Namespace, dataset: Dataset) -> AutoregressiveModel:
    options = {name: getattr(chosen, name) for name in _model_options(chosen.model)}
    if "order" in options:
        options["order"] = named_order(options["order"], dataset.event_shape, chosen.seed)
    if options.get("degrees") == BY_ENTROPY:
        counts = dataset.level_counts("train")
        options["degrees"] = [
            degrees_by_entropy(counts, options["order"], width) for width in options["hidden"]
        ]
    return MODELS[chosen.model](event_shape=dataset.event_shape, levels=dataset.levels, **options)


def _has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware; True where torch does not tell."""
    told: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    kinds = ("avx512_bf16", "amx_bf16", "bf16")  # the last is that of ARM
    found = [told[kind] for kind in kinds if kind in told]
    return any(found) if found else True


def _require_writable(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} cannot be written; choose another folder")


def _model_options(model: str) -> dict[str, inspect.Parameter]:
    """Constructor parameters that a command line may set; the data decide the first two."""
    parameters = dict(inspect.signature(MODELS[model]).parameters)
    del parameters["event_shape"], parameters["levels"]
    parameters.pop("shift", None)  # without it a Diagonal BiLSTM leaks, and cannot be saved
    return parameters


def _or_none(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """Reads what `kind` reads, and the word "none" as None."""

    def read(word: str) -> Any:
        return None if word.lower() == "none" else kind(word)

    read.__name__ = f"{kind.__name__} or none"  # what argparse says it expected
    return read


def _add_option(parser: argparse.ArgumentParser, parameter: inspect.Parameter, hint: Any) -> None:
    flag, default = f"--{parameter.name.replace('_', '-')}", parameter.default
    keywords: dict[str, Any] = {"default": default, "help": "(default: %(default)s)"}
    if parameter.name == "order":
        keywords |= {"default": "raster", "choices": [*ORDERS, "random"]}
    elif parameter.name == "degrees":
        keywords["choices"] = [*DEGREES, BY_ENTROPY]
    elif isinstance(default, bool):
        keywords["action"] = argparse.BooleanOptionalAction
    elif isinstance(default, tuple):
        keywords |= {"nargs": "+", "type": type(default[0])}
    elif NoneType in get_args(hint):
        (kind,) = (kind for kind in get_args(hint) if kind is not NoneType)
        keywords |= {"type": _or_none(kind), "help": "or none (default: %(default)s)"}
    else:
        keywords["type"] = type(default)
    parser.add_argument(flag, **keywords)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m arviz_models", description=__doc__)
    parser.add_argument("--device", help="cuda, mps or cpu (default: the best there is)")
    parser.add_argument("--threads", type=int, default=1, help="of torch on a CPU (default: 1)")
    commands = parser.add_subparsers(required=True, metavar="command")

    training = commands.add_parser("train", help=train.__doc__)
    models = training.add_subparsers(required=True, dest="model", metavar="model")
    for name, model in MODELS.items():
        options = models.add_parser(name, help=(model.__doc__ or "").splitlines()[0])
        options.add_argument("--data", required=True, help=f"one of {', '.join(dataset_names())}")
        options.add_argument("--levels", type=int, help="grey levels K, where the data allow it")
        options.add_argument("--name", help="of the checkpoint (default: model-data)")
        options.add_argument("--out", type=Path, default=FOLDER, help="folder of the checkpoint")
        options.add_argument(
            "--state", type=Path, default=RUNS, help="folder to resume from (default: %(default)s)"
        )
        options.add_argument(
            "--go-on-from",
            type=Path,
            metavar="FOLDER",
            help="with a checkpoint of this command with fewer cycles: its weights, which are "
            "rounded, are trained on",
        )
        words = {"precision": PRECISIONS, "optimizer": OPTIMIZERS}
        for setting in fields(TrainingSettings):
            options.add_argument(
                f"--{setting.name.replace('_', '-')}",
                type=int if setting.default is None else type(setting.default),
                choices=words.get(setting.name),
                default=setting.default,
                help="(default: %(default)s)",
            )
        hints = get_type_hints(model.__init__)
        for parameter in _model_options(name).values():
            if parameter.name != "seed":  # a setting already, and the same seed
                _add_option(options, parameter, hints[parameter.name])
        options.set_defaults(run=train)

    every = commands.add_parser("train-all", help=(train_all.__doc__ or "").splitlines()[0])
    every.add_argument("names", nargs="*", help="of checkpoints (default: all that are shipped)")
    every.add_argument(
        "--out", type=Path, default=RUNS / "checkpoints", help="(default: %(default)s)"
    )
    every.add_argument("--state", type=Path, default=RUNS, help="(default: %(default)s)")
    every.set_defaults(run=train_all)

    for function in (evaluate, sample, list_checkpoints):
        command = commands.add_parser(function.__name__.split("_")[0], help=function.__doc__)
        command.add_argument("--folder", type=Path, help="other than the shipped checkpoints")
        command.set_defaults(run=function)
        if function is not list_checkpoints:
            command.add_argument("name", help="of the checkpoint; `list` prints them")
        if function is evaluate:
            command.add_argument("--data", help="(default: what it was trained on)")
        if function is sample:
            command.add_argument("--n", type=int, default=64, help="(default: %(default)s)")
            command.add_argument("--seed", type=int, default=0, help="(default: %(default)s)")
            command.add_argument("--temperature", type=float, default=1.0, help="(default: 1)")
            command.add_argument("--png", type=Path, default=Path("samples.png"))

    sheets = commands.add_parser("samples", help=samples.__doc__)
    sheets.add_argument("names", nargs="*", help="of checkpoints (default: all that are shipped)")
    sheets.set_defaults(run=samples)

    site = commands.add_parser("export-site", help=export_site.__doc__)
    site.add_argument("dir", metavar="DIR", type=Path, help="folder to write into, empty or new")
    site.set_defaults(run=export_site)
    return parser


if __name__ == "__main__":
    sys.exit(main())
