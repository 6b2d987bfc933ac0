"""The rules of the house (what imports what, what may lie in the repository), held by tests."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "arviz_models"
PAGES = ROOT / "pages"
LARGEST_REPOSITORY_BYTES = 60 * 1024**2
NAMES_THAT_SAY_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc"}

IMPORT_ALL_MODELS_WITHOUT_STREAMLIT = """
import importlib, importlib.abc, pkgutil, sys

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "streamlit":
            raise ModuleNotFoundError("streamlit is blocked in this test", name=name)

sys.meta_path.insert(0, Blocker())
import arviz_models
for module in pkgutil.walk_packages(arviz_models.__path__, "arviz_models."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def python_files(*places: Path) -> list[Path]:
    """Every .py file in these folders and files, __pycache__ left out."""
    return sorted(
        file
        for place in places
        for file in ([place] if place.is_file() else place.rglob("*.py"))
        if "__pycache__" not in file.parts
    )


def own_python_files() -> list[Path]:
    folders = (MODELS, PAGES, ROOT / "tests", ROOT / "benchmarks")
    return python_files(ROOT / "app.py", *(folder for folder in folders if folder.is_dir()))


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


def offences(files: list[Path], is_wrong: re.Pattern[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in sorted(imported_names(file))
        if is_wrong.match(name)
    ]


def test_models_import_without_streamlit() -> None:
    result = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL_MODELS_WITHOUT_STREAMLIT],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


def test_models_import_no_page_and_no_streamlit() -> None:
    files = python_files(MODELS)
    assert files
    assert offences(files, re.compile(r"(streamlit|app|pages)(\.|$)")) == []


def test_models_have_no_import_cycle() -> None:
    files = {module_name(file): file for file in python_files(MODELS)}
    graph: dict[str, set[str]] = {}
    for name, file in files.items():
        # `from arviz_models import ordering` names a module, `... import NADE` does not.
        imported = {
            target if target in files else target.rpartition(".")[0]
            for target in imported_names(file)
        }
        graph[name] = imported & files.keys()
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}", pytrace=False)


def test_neither_lessons_nor_their_shared_pieces_import_a_lesson() -> None:
    files = python_files(PAGES)
    assert files
    assert offences(files, re.compile(r"app(\.|$)|pages\.(?!ui(\.|$))")) == []


def test_pages_hold_no_model_mathematics() -> None:
    """A page hands arrays from `arviz_models` to a picture; it has no use for tensors."""
    files = python_files(PAGES)
    assert files
    assert offences(files, re.compile(r"(torch|scipy|sklearn)(\.|$)")) == []


def test_no_pickle_is_read() -> None:
    """torch.load runs code from the file it reads; weights are safetensors."""
    found = []
    for file in own_python_files():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "torch.load",
                "pickle.load",
            }:
                found.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert found == []
    assert offences(own_python_files(), re.compile(r"torch\.load$")) == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    stems = {file: file.stem for file in own_python_files()}
    assert [str(file) for file, stem in stems.items() if stem in NAMES_THAT_SAY_NOTHING] == []


def test_repository_stays_small() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout: which files belong to the repository is not known")
    files = [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]
    assert sum(file.stat().st_size for file in files) < LARGEST_REPOSITORY_BYTES


def test_published_binarization_is_not_in_the_repository() -> None:
    assert list((ROOT / "assets").rglob("binarized_mnist*")) == []
    assert list((ROOT / "assets").rglob("*.amat")) == []


def test_torch_is_pinned_exactly() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.match(r"torch\b", line)] == ["torch==2.13.0"]


def test_every_font_face_has_its_file_and_licence() -> None:
    config = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    urls = re.findall(r'^url = "app/(static/fonts/.+)"$', config, flags=re.MULTILINE)
    assert urls
    assert [url for url in urls if not (ROOT / "pages/ui" / url).is_file()] == []
    assert (ROOT / "pages/ui/static/fonts/OFL.txt").is_file()


def test_readme_says_that_this_is_not_the_arviz_library() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    denial = r"nothing to do with|unrelated to|not (?:related|affiliated|connected)|no relation"
    sentences = [sentence for sentence in re.split(r"(?<=[.!])\s", readme) if "ArviZ" in sentence]
    assert any(re.search(denial, sentence, flags=re.IGNORECASE) for sentence in sentences)
