"""The browser side: registers NAME.{html,css,js} of any lesson's folder and packs arrays for them.

The JavaScript files are plain ES modules. Streamlit takes one string for each component, so the
modules that a file imports are put before it, each once, without the words import and export;
rjsmin takes out comments and space. A bundle is one scope: no two modules of one may use a name at
top level, and no name is imported under another one.

A style sheet is written in pixels of a laptop's page. They are sent as parts of the page's type,
which is larger where the page is presented (lesson.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rjsmin
import streamlit as st

from arviz_models.figures.palette import PROBABILITY, colours

if TYPE_CHECKING:
    import numpy as np

TYPE = 15  # pixels: baseFontSize in .streamlit/config.toml, and USUAL in screen.js
PAGES = Path(__file__).resolve().parents[1]
_IMPORT = re.compile(r'^import\s+\{[^}]*\}\s+from\s+"(\.[\w./]*\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?!default|\{)|^export\s+\{[^}]*\};\n", re.MULTILINE)
_DEFAULT = re.compile(
    r"^export default (?:mount\(\w+\);\n|function \w+\(.*?^\}\n)", re.MULTILINE | re.DOTALL
)
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*(?:(?!\*/).)*\*/)[ \t]*\n", re.MULTILINE | re.DOTALL)
_NESTED = re.compile(r"\$\{[^}]*[`{]")  # there may be a template inside a template
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_STYLE_COMMENT = re.compile(r"/\*.*?\*/\n*", re.DOTALL)
_LINE_END = re.compile(r"([;,])\n+")
_LENGTH = re.compile(r"(?<![\w.])(\d*\.?\d+)px")
_CONDITION = re.compile(r"^@media.*$", re.MULTILINE)
_STYLE = re.compile(r'^@import\s+"(\.[\w./]*\.css)";\n', re.MULTILINE)
_TYPES = {"uint8": "u1", "float16": "f2", "int32": "i4", "float32": "f4", "float64": "f8"}


@cache
def source(name: str, suffix: str) -> Path | None:
    """NAME.SUFFIX in the folder of any lesson, or among the shared modules; None where none has it.

    Raises:
        RuntimeError: two folders have a file of that name: one of them has to be renamed.
    """
    found = [
        path
        for folder in (PAGES / "ui" / "browser", *PAGES.iterdir())
        if (path := folder / f"{name}.{suffix}").is_file()
    ]
    if len(found) > 1:
        raise RuntimeError(f"two files are called {found[0].name}: {', '.join(map(str, found))}")
    return found[0] if found else None


def stripped(module: Path) -> str:
    """A JavaScript module without the comments that have a line of their own, and indentation."""
    return _INDENT.sub("", _COMMENT.sub("", module.read_text(encoding="utf-8")))


def bundle(main: Path, *, exports: bool = False) -> str:
    """A JavaScript module with all that it imports, as one module.

    Args:
        main: the module that has a default export.
        exports: whether it keeps the exports that have a name.

    Raises:
        FileNotFoundError: it, or a module it imports, is not there.
    """
    parts: dict[Path, str] = {}

    def take(module: Path) -> None:
        text = _COMMENT.sub("", module.read_text(encoding="utf-8"))
        for address in _IMPORT.findall(text):
            imported = (module.parent / address).resolve()
            if imported not in parts:
                take(imported)
        text = _IMPORT.sub("", text)
        if module != main:  # a component used as a library: its own default export is not wanted
            text = _DEFAULT.sub("", text)
        parts[module] = text if exports and module == main else _EXPORT.sub("", text)

    take(main)
    return "\n".join(map(_small, parts.values())) + "\n"


def _small(text: str) -> str:
    """The same JavaScript without comments, and without space where rjsmin may take it out.

    It takes a template inside a template for code, and would take the spaces out of its words.
    """
    if _NESTED.search(text):
        return _INDENT.sub("", text)
    found: str = rjsmin.jsmin(text)
    return found


def style(sheet: Path) -> str:
    """A style sheet with all that it imports, without comments, indentation and half of its lines.

    A rule keeps its first line end: Streamlit takes a sheet of a single line for a path.
    """
    text = _INDENT.sub("", _STYLE_COMMENT.sub("", sheet.read_text(encoding="utf-8")))
    text = _STYLE.sub(lambda found: style(sheet.parent / found[1]), text)
    return _LINE_END.sub(r"\1", text)


def growing(sheet: str) -> str:
    """A style sheet whose lengths follow the page's type: a presented page is drawn larger.

    Lines of one or two pixels stay as they are, and so do the sizes of the screen it asks for.
    """

    def length(found: re.Match[str]) -> str:
        pixels = float(found[1])
        return found[0] if pixels < 3 else f"{ceil(1e5 * pixels / TYPE) / 1e5:g}rem"

    parts, end = [], 0
    for condition in _CONDITION.finditer(sheet):
        parts += [_LENGTH.sub(length, sheet[end : condition.start()]), condition[0]]
        end = condition.end()
    return "".join([*parts, _LENGTH.sub(length, sheet[end:])])


@cache
def theme() -> str:
    """The style sheet of every page, as it is sent."""
    return style(PAGES / "static" / "theme.css")


@cache
def _registered(name: str) -> Any:
    html, sheet, script = (source(name, suffix) for suffix in ("html", "css", "js"))
    if script is None:
        raise FileNotFoundError(f"no folder of pages has {name}.js")
    sheets = [PAGES / "ui" / "browser" / "mount.css", *([sheet] if sheet else [])]
    return st.components.v2.component(
        f"arviz_{name}",
        html=html.read_text(encoding="utf-8") if html else "<div></div>\n",
        css=growing("".join(map(style, sheets))) + "\n",
        js=bundle(script),
    )


def mount(
    name: str, *, key: str, data: Any = None, width: str = "stretch", **callbacks: Any
) -> Any:
    """Put a component on the page; its state and triggers are the attributes of what returns.

    Args:
        name: of the files, in the folder of a lesson or in pages/ui/browser.
        key: unique on the page; state and triggers lie in ``st.session_state[key]``.
        data: what `pack` made, or anything JSON holds.
        width: "stretch" or "content".
        callbacks: ``on_NAME_change=function`` for each state or trigger NAME. What comes when the
            visitor has already left the page is not heard.
    """
    heard = {event: _heard(key, callback) for event, callback in callbacks.items()}
    return _registered(name)(key=key, data=data, width=width, **heard)


def _heard(key: str, callback: Callable[[], None]) -> Callable[[], None]:
    """The callback of a component, but only while the component has a state."""

    def call() -> None:
        if key in st.session_state:
            callback()

    return call


def pack(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """One byte string of a JSON header and raw arrays, which wire.js takes apart.

    Args:
        meta: what JSON holds.
        arrays: uint8, float16, int32, float32 or float64, any shape; they arrive flat.

    Raises:
        TypeError: an array of another type.
    """
    listed, raw = [], []
    for name, array in arrays.items():
        if array.dtype.name not in _TYPES:
            raise TypeError(f"{name} is {array.dtype}; a component takes {', '.join(_TYPES)}")
        listed.append({"name": name, "type": _TYPES[array.dtype.name], "size": array.size})
        raw.append(array.tobytes())
    header = json.dumps({"meta": meta, "arrays": listed}, separators=(",", ":")).encode()
    return b"".join([len(header).to_bytes(4, "little"), header, *raw])


@lru_cache(maxsize=1)
def look() -> dict[str, Any]:
    """Palette for both grounds and the probability ramp, for a component's `meta`."""
    return {
        "palette": {ground: colours(ground) for ground in ("light", "dark")},
        "ramp": PROBABILITY,
    }
