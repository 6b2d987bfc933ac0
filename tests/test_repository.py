"""The rules of the house (what imports what, what may lie in the repository), held by tests."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from docs.architecture import (
    LAYERS,
    PICTURE,
    import_graph,
    imported_names,
    layer_of,
    module_name,
    picture,
)

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
for name in arviz_models.__all__:
    getattr(arviz_models, name)
for module in pkgutil.walk_packages(arviz_models.__path__, "arviz_models."):
    on_ray = module.name.startswith("arviz_models.on_ray.")  # needs Ray, which need not be there
    if not module.name.endswith("__main__") and not on_ray:
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


# The package's front door and its command line use all of the package, and nothing above it.
FRONT = {"arviz_models", "arviz_models.__main__"}


def test_the_server_answers_before_it_loads_the_lessons() -> None:
    code = (
        "import sys, app\n"
        "late = ('torch', 'pages.lessons', 'pages.lab')\n"
        "sys.exit(', '.join(name for name in sys.modules if name in late) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_imports_point_one_way() -> None:
    def height(name: str) -> int:
        return LAYERS["arviz_models.figures" if name in FRONT else layer_of(name)]

    graph = import_graph()
    assert {layer_of(name) for name in graph} == LAYERS.keys()
    upward = [
        f"{name} imports {target}"
        for name, targets in graph.items()
        for target in sorted(targets)
        if LAYERS[layer_of(target)] > height(name)
    ]
    assert upward == []


def test_the_picture_of_the_architecture_is_that_of_the_code() -> None:
    """`python -m docs.architecture` draws it again."""
    assert PICTURE.read_text(encoding="utf-8") == picture()


def test_models_import_no_streamlit() -> None:
    files = python_files(MODELS)
    assert files
    assert offences(files, re.compile(r"(streamlit|app|pages)(\.|$)")) == []


def test_no_module_imports_itself_through_others() -> None:
    try:
        TopologicalSorter(import_graph()).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}", pytrace=False)


def test_no_lesson_imports_another() -> None:
    found = [
        f"{name} imports {target}"
        for name, targets in import_graph().items()
        for target in sorted(targets)
        if layer_of(name) == layer_of(target) == "pages.LESSON"
        and name.split(".")[1] != target.split(".")[1]
    ]
    assert found == []


@pytest.mark.parametrize(
    "package", ["arviz_models", "arviz_models.analysis", "arviz_models.figures", "pages.ui"]
)
def test_no_name_that_a_package_offers_is_that_of_a_module_in_it(package: str) -> None:
    """Importing such a module would put it in the place of the function or class."""
    found = importlib.import_module(package)
    modules = {module.name for module in pkgutil.iter_modules(found.__path__)}
    assert modules
    offered = {name for name, value in vars(found).items() if not isinstance(value, ModuleType)}
    assert modules & {*offered, *getattr(found, "__all__", ())} == set()


def test_pages_hold_no_model_mathematics() -> None:
    """A page hands arrays from `arviz_models` to a picture; it has no use for tensors.

    Held for all that the app reaches by its imports; what computes claims is not among it.
    """
    graph = import_graph()
    reached, waiting = set(), ["pages.frame"]
    while waiting:
        name = waiting.pop()
        if name not in reached and name.startswith("pages"):
            reached.add(name)
            waiting += graph[name]
    assert {f"pages.{lesson.parent.name}.lesson" for lesson in PAGES.glob("*/lesson.py")} <= reached
    files = [file for file in python_files(PAGES) if module_name(file) in reached]
    assert offences(files, re.compile(r"(torch|scipy|sklearn)(\.|$)")) == []


def test_choices_stand_in_several_rows_where_one_is_too_narrow() -> None:
    """Left to itself, Streamlit cuts them off in a column, and they can only be scrolled to."""
    calls = [
        (file, node)
        for file in python_files(PAGES)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"st.segmented_control", "st.pills"}
    ]
    assert calls
    assert [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file, node in calls
        if "wrap=True" not in map(ast.unparse, node.keywords)
    ] == []


def test_no_text_for_a_reader_has_an_old_word() -> None:
    """Plain words, for readers whose first language is another. Docstrings are not searched."""
    old = re.compile(
        r"\b(reckon\w*|heeds|whilst|amongst|hence|thus|upon|wherein|there(of|upon|in)|ought)\b",
        re.IGNORECASE,
    )
    found = []
    for file in python_files(ROOT / "app.py", PAGES, MODELS):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        unseen = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        found += [
            f"{file.relative_to(ROOT)}:{node.lineno}: {word[0]}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in unseen
            and (word := old.search(node.value))
        ]
    assert found == []


def test_figures_compute_nothing_about_models() -> None:
    """A figure gets arrays; what runs a model is in arviz_models.analysis."""
    files = python_files(MODELS / "figures")
    assert files
    assert offences(files, re.compile(r"(torch|scipy|sklearn)(\.|$)")) == []


def test_plotly_is_imported_in_one_place_which_imports_pandas_first() -> None:
    """Plotly uses a pandas that another thread has only begun to import: a page would fail."""
    place = MODELS / "figures" / "charts.py"
    files = [file for file in python_files(PAGES, MODELS) if file != place]
    assert place.exists()
    assert offences(files, re.compile(r"plotly(\.|$)")) == []
    code = "import sys; from arviz_models.figures.charts import graph_objects"
    code += "; graph_objects(); new = list(sys.modules)"
    code += "; sys.exit(new.index('pandas') > new.index('plotly.graph_objects'))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_what_only_one_lesson_draws_is_in_its_folder() -> None:
    """A module of arviz_models.figures that draws serves several lessons, or what is below them."""
    graph = import_graph()

    def users(module: str) -> set[str]:
        """Lessons by their folders, and other modules by their names."""
        return {
            name.split(".")[1] if layer_of(name) == "pages.LESSON" else name
            for name, targets in graph.items()
            if module in targets
        }

    lessons = {name.split(".")[1] for name in graph if layer_of(name) == "pages.LESSON"}
    drawing = re.compile(r"(matplotlib|plotly|PIL)(\.|$)")
    shared = [
        module_name(file)
        for file in python_files(MODELS / "figures")
        if any(map(drawing.match, imported_names(file)))
    ]
    assert shared
    assert [name for name in shared if len(users(name)) < 2 and users(name) <= lessons] == []


def test_no_pickle_is_read() -> None:
    """A pickle runs code when it is read; weights are safetensors.

    The two that there are go between the server and what it started: through a pipe, and through a
    Ray cluster.
    """
    own = [ROOT / "arviz_models" / name for name in ("jobs/worker.py", "on_ray/parcels.py")]
    found = []
    for file in [file for file in own_python_files() if ROOT / "tests" not in file.parents]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
                continue
            words = "" if isinstance(node, ast.Call) else ast.unparse(node)
            if isinstance(node, ast.Call):
                named = {f"{each.arg}={ast.unparse(each.value)}" for each in node.keywords}
                words = " ".join(
                    {ast.unparse(node.func), *named} & {"torch.load", "allow_pickle=True"}
                )
            if re.search(r"pickle|torch\.load", words) and file not in own:
                found.append(f"{file.relative_to(ROOT)}:{node.lineno}: {words}")
    assert found == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    stems = {file: file.stem for file in own_python_files()}
    assert [str(file) for file, stem in stems.items() if stem in NAMES_THAT_SAY_NOTHING] == []


def test_browser_tests_need_no_package_of_npm() -> None:
    """`make test` runs before package.json is installed: a static import of eslint would fail it.
    What needs one imports it where it is used, and says "skip" where it is missing."""
    names = r"(?:[\w*{}\s,$]+\sfrom\s+)?"
    statement = re.compile(rf"""^(?:import|export)\s+{names}["']([^"']+)["'];""", re.MULTILINE)
    modules = [*(ROOT / "tests" / "js").rglob("*.js"), *(ROOT / "pages").rglob("*.js")]
    found = {
        f"{module.relative_to(ROOT)} imports {name}"
        for module in modules
        for name in statement.findall(module.read_text(encoding="utf-8"))
        if not name.startswith((".", "/", "node:"))
    }
    assert len(modules) > 50
    assert found == set()


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
    assert [url for url in urls if not (ROOT / "pages" / url).is_file()] == []
    assert (ROOT / "pages/static/fonts/OFL.txt").is_file()


def test_readme_says_that_this_is_not_the_arviz_library() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    denial = r"nothing to do with|unrelated to|not (?:related|affiliated|connected)|no relation"
    sentences = [sentence for sentence in re.split(r"(?<=[.!])\s", readme) if "ArviZ" in sentence]
    assert any(re.search(denial, sentence, flags=re.IGNORECASE) for sentence in sentences)


def test_figures_are_saved_in_one_place_where_svg_text_stays_text() -> None:
    savers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("arviz_models", "pages")
        for path in (ROOT / folder).rglob("*.py")
        if ".savefig(" in path.read_text(encoding="utf-8")
    ]
    assert savers == ["arviz_models/figures/export.py"]


def test_no_example_has_a_deadline() -> None:
    """Hypothesis would fail one that takes 200 ms, as any does at times on a busy machine."""
    assert settings.default is not None
    assert settings.default.deadline is None
