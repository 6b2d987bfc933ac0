"""Draws docs/architecture.svg from the code: layers, imports, and how three things travel.

    python -m docs.architecture

A test holds the committed picture to the code, and the import rules to `LAYERS`.
"""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = Path(__file__).with_name("architecture.svg")

LAYERS = {
    "arviz_models": 0,
    "arviz_models.jobs": 0,
    "arviz_models.sampler": 0,
    "arviz_models.on_ray": 0,
    "arviz_models.analysis": 1,
    "arviz_models.figures": 2,
    "pages.ui": 3,
    "pages.LESSON": 4,
    "pages": 5,
    "app": 6,
}
"""What may import what: a module imports its own layer, and those below it."""

SAID = {
    "app": "the server: hosts, warm-up, upkeep",
    "pages": "LESSONS, the sidebar, home, glossary",
    "pages.LESSON": "one folder a lesson: activities, steps, figures, its browser files",
    "pages.ui": "what lessons share: the stage, the address, components, sampling",
    "arviz_models.figures": "palette, sheets, export: shared drawing",
    "arviz_models.analysis": "what is computed about models: what they read, use and cost",
    "arviz_models": "models, layers, orders, data, training: nothing of the screen",
    "arviz_models.jobs": "the queue of trainings and fits, and the worker processes that do them",
    "arviz_models.sampler": "draws the samples of all sessions: batches, turns, cancelling",
    "arviz_models.on_ray": "the same sampler and workers on a Ray cluster; imported by name alone",
}

JOURNEYS = {
    "a seed": (
        ("pages.ui.state", "Link.read"),
        ("pages.ui.stage", "Stage.state"),
        ("arviz_models.sampler.job", "Request"),
        ("arviz_models.base", "AutoregressiveModel.sample_steps"),
        ("arviz_models.sampler.job", "Trace"),
        ("pages.ui.components", "pack"),
    ),
    "a target pixel": (
        ("pages.ui.state", "Link.kept"),
        ("pages.ui.fields", "read"),
        ("arviz_models.analysis.receptive_fields", "first_seen"),
        ("arviz_models.base", "AutoregressiveModel.dependencies"),
        ("pages.ui.components", "pack"),
    ),
    "a weight": (
        ("arviz_models.fitting", "fit"),
        ("arviz_models.pretrained", "load_pretrained"),
        ("pages.ui.models", "model"),
        ("arviz_models.base", "AutoregressiveModel.decoder"),
        ("pages.ui.components", "mount"),
    ),
}
"""Which functions three things pass on their way to the picture, first to last."""

COLOURS = {"a seed": "#E69F00", "a target pixel": "#D55E00", "a weight": "#0072B2"}


def layer_of(module: str) -> str:
    """The layer of one of our modules: pages.nade.lesson is in "pages.LESSON"."""
    first, *rest = module.split(".")
    if first == "pages" and rest and (ROOT / "pages" / rest[0]).is_dir():
        return "pages.ui" if rest[0] == "ui" else "pages.LESSON"
    if first == "arviz_models" and rest and (ROOT / "arviz_models" / rest[0]).is_dir():
        return f"arviz_models.{rest[0]}"
    return first


def module_name(file: Path) -> str:
    """arviz_models/figures/__init__.py -> arviz_models.figures"""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(file: Path) -> set[str]:
    """Absolute names of all that a file imports, anywhere in it; `from a import b` gives a.b."""
    package = file.relative_to(ROOT).parent.parts
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


def import_graph() -> dict[str, set[str]]:
    """Our modules (the tests left out), each with those of them that it imports."""
    found = [ROOT / "app.py"]
    for folder in ("arviz_models", "pages"):
        found += sorted((ROOT / folder).rglob("*.py"))
    files = {module_name(file): file for file in found if "__pycache__" not in file.parts}
    graph = {}
    for name, file in files.items():
        # `from arviz_models import ordering` names a module, `... import NADE` does not.
        imported = {
            target if target in files else target.rpartition(".")[0]
            for target in imported_names(file)
        }
        graph[name] = imported & files.keys()
    return graph


def station(module: str, name: str) -> str:
    """A function that a journey passes, as the picture names it.

    Raises:
        AttributeError: it is not there any more: change `JOURNEYS`.
    """
    found = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return name.rpartition(".")[2]


def picture() -> str:
    """The picture as SVG: layers from top to bottom, and the journeys beside them."""
    graph = import_graph()
    arrows = {
        (layer_of(name), layer_of(target))
        for name, targets in graph.items()
        for target in targets
        if LAYERS[layer_of(name)] > LAYERS[layer_of(target)]
    }
    top, height, gap, left, width = 40, 56, 14, 20, 470
    rows = sorted(LAYERS, key=lambda layer: -LAYERS[layer])
    places = {layer: top + number * (height + gap) for number, layer in enumerate(rows)}
    tall = top + len(rows) * (height + gap) + 16
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1180 {tall}" '
        'font-family="IBM Plex Sans, sans-serif" font-size="13">',
        f'<rect width="1180" height="{tall}" fill="#ffffff"/>',
        '<text x="20" y="24" font-weight="600">Layers: each imports only what is below it</text>',
    ]
    for layer, y in places.items():
        below = ", ".join(to for source, to in sorted(arrows) if source == layer)
        below = below.replace("LESSON", "&lt;lesson&gt;")
        title = layer.replace("LESSON", "&lt;lesson&gt;")
        lines += [
            f'<rect x="{left}" y="{y}" width="{width}" height="{height}" rx="4" '
            'fill="#f3f4f7" stroke="#9aa0ab"/>',
            f'<text x="{left + 12}" y="{y + 19}" font-weight="600">{title}</text>',
            f'<text x="{left + 12}" y="{y + 35}" font-size="12">{SAID[layer]}</text>',
            f'<text x="{left + 12}" y="{y + 50}" font-size="10.5" fill="#5c616b">'
            f"{'imports ' + below if below else 'imports none of the others'}</text>",
        ]
    for number, (name, stations) in enumerate(JOURNEYS.items()):
        x, colour = 530 + number * 215, COLOURS[name]
        lines.append(f'<text x="{x}" y="24" font-weight="600" fill="{colour}">{name}</text>')
        for place, (module, function) in enumerate(stations):
            y = 60 + place * 72
            if place:
                lines.append(
                    f'<path d="M{x + 6} {y - 50}V{y - 8}" stroke="{colour}" stroke-width="2"/>'
                )
            lines += [
                f'<circle cx="{x + 6}" cy="{y}" r="6" fill="{colour}"/>',
                f'<text x="{x + 20}" y="{y + 4}">{station(module, function)}</text>',
                f'<text x="{x + 20}" y="{y + 19}" font-size="10.5" fill="#5c616b">'
                f"{'.'.join([module, *function.split('.')[:-1]])}</text>",
            ]
    return "\n".join([*lines, "</svg>"]) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
