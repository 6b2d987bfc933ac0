"""The browser's modules, as bundled and as fed by Python; run by Node where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pages.ui import components
from pages.ui.components import FOLDER, bundle, look, pack

Unpacked = Callable[[bytes], dict[str, dict[str, Any]]]
SCRIPTS = sorted(FOLDER.glob("*.js"))
COMPONENTS = [path.stem for path in SCRIPTS if "export default" in path.read_text("utf-8")]

UNPACK = """
import {{ readFileSync }} from "node:fs";
import {{ unpack }} from "{wire}";
const {{ meta, arrays }} = unpack(new Uint8Array(readFileSync(0)));
const listed = Object.entries(arrays).map(([name, array]) =>
  [name, {{ type: array.constructor.name, values: [...array] }}]);
console.log(JSON.stringify({{ meta, arrays: Object.fromEntries(listed) }}));
"""


def node(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    executable = shutil.which("node")
    if executable is None:
        pytest.skip("node is not on PATH: the browser's modules were not run")
    return subprocess.run([executable, *arguments], input=given, capture_output=True)


@pytest.fixture
def unpacked(tmp_path: Path) -> Unpacked:
    """unpacked(bytes): what wire.js makes of them, arrays as type and numbers."""
    (tmp_path / "wire.mjs").write_bytes((FOLDER / "wire.js").read_bytes())
    script = tmp_path / "unpack.mjs"
    script.write_text(UNPACK.format(wire="./wire.mjs"), "utf-8")

    def unpacked(packed: bytes) -> dict[str, dict[str, Any]]:
        result = node(script, given=packed)
        assert result.returncode == 0, result.stderr.decode()
        found: dict[str, dict[str, Any]] = json.loads(result.stdout)
        return found

    return unpacked


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_module_is_valid_javascript(path: Path, tmp_path: Path) -> None:
    (tmp_path / "module.mjs").write_bytes(path.read_bytes())
    result = node("--check", tmp_path / "module.mjs")
    assert result.returncode == 0, result.stderr.decode()


@pytest.mark.parametrize("name", COMPONENTS)
def test_bundle_is_one_module_that_needs_no_other(name: str, tmp_path: Path) -> None:
    text = bundle(name)
    assert re.findall(r"^\s*import\b.*", text, flags=re.MULTILINE) == []
    assert len(re.findall(r"^\s*export\b", text, flags=re.MULTILINE)) == 1
    assert len(re.findall(r"^export default function ", text, flags=re.MULTILINE)) == 1
    assert "\n" in text  # Streamlit takes a string of one line for a path
    (tmp_path / "bundle.mjs").write_text(text, "utf-8")
    result = node("--check", tmp_path / "bundle.mjs")  # a name declared twice is an error
    assert result.returncode == 0, result.stderr.decode()


@pytest.mark.parametrize("name", COMPONENTS)
def test_bundle_has_each_imported_module_once(name: str) -> None:
    text = bundle(name)
    seen, waiting = {name}, [name]
    while waiting:
        source = (FOLDER / f"{waiting.pop()}.js").read_text("utf-8")
        found = set(re.findall(r'from "\./(\w+)\.js"', source)) - seen
        seen |= found
        waiting += found
    for module in seen:
        source = (FOLDER / f"{module}.js").read_text("utf-8")
        for kind, exported in re.findall(r"^export (function|class) (\w+)", source, re.MULTILINE):
            assert len(re.findall(rf"^{kind} {exported}\b", text, re.MULTILINE)) == 1, module


def test_modules_stand_before_those_that_import_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "FOLDER", tmp_path)
    (tmp_path / "one.js").write_text("export const one = 1;\n")
    (tmp_path / "two.js").write_text(
        'import { one } from "./one.js";\nexport const two = 2 * one;\n'
        "export default function shown() {\n  return two;\n}\n"
    )
    (tmp_path / "top.js").write_text(
        'import { one } from "./one.js";\nimport {\n  two,\n} from "./two.js";\n'
        "export default function top() {\n  return one + two;\n}\n"
    )
    lines = [line for line in bundle("top").splitlines() if line.strip()]
    assert lines == [
        "const one = 1;",
        "const two = 2 * one;",
        "export default function top() {",
        "  return one + two;",
        "}",
    ]


def test_bundle_of_a_module_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        bundle("nothing")
    monkeypatch.setattr(components, "FOLDER", tmp_path)
    (tmp_path / "top.js").write_text('import { a } from "./missing.js";\n')
    with pytest.raises(FileNotFoundError, match="missing"):
        bundle("top")


def test_stylesheets_are_bundled_too() -> None:
    for path in FOLDER.glob("*.css"):
        style = components._style(path.stem)
        assert "@import" not in style
        assert style.count("{") == style.count("}")
    assert ".player" in components._style("nade")
    assert components._style("nothing") == ""


def test_browser_reads_what_python_packs(unpacked: Unpacked) -> None:
    meta = {"model": "nade “8×8”", "flips": [3, 5], "goto": None, "temperature": 0.7}
    arrays: dict[str, np.ndarray] = {
        "values": np.array([[0, 1], [255, 7]], np.uint8),
        "odd": np.array([1, 2, 3], np.uint8),  # what follows begins at an odd byte
        "order": np.array([2, 0, -1, 2**31 - 1], np.int32),
        "p": np.array([0.1, 1e-30, -2.5], np.float32),
        "half": np.array([0.1, -65504, 2**-24], np.float16),
        "empty": np.empty(0, np.float16),
        "columns": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not contiguous
    }
    found = unpacked(pack(meta, arrays))
    assert found["meta"] == meta
    assert found["arrays"].keys() == arrays.keys()
    types = {"uint8": "Uint8Array", "int32": "Int32Array"}
    for name, array in arrays.items():
        assert found["arrays"][name]["type"] == types.get(array.dtype.name, "Float32Array")
        assert found["arrays"][name]["values"] == array.ravel().tolist()


def test_browser_reads_every_finite_half(unpacked: Unpacked) -> None:
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    found = unpacked(pack({}, {"halves": halves}))
    assert found["arrays"]["halves"]["values"] == halves.tolist()


@pytest.mark.parametrize("dtype", ["float64", "int64", "bool", "uint16", "complex64"])
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
