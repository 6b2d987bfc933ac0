"""The browser side: registers assets/components/NAME.{html,css,js} and packs arrays for them.

The JavaScript files are plain ES modules. Streamlit takes one string for each component, so the
modules that a file imports are put before it, each once, without their import and export words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from arviz_models.figures.palette import PROBABILITY, colours

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "components"
_IMPORT = re.compile(r'^import\s+\{[^}]*\}\s+from\s+"\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?!default)", re.MULTILINE)
_STYLE = re.compile(r'^@import\s+"\./(\w+)\.css";\n', re.MULTILINE)
_TYPES = {"uint8": "u1", "float16": "f2", "int32": "i4", "float32": "f4"}


def bundle(name: str) -> str:
    """NAME.js with all that it imports, as one module.

    Raises:
        FileNotFoundError: NAME.js, or a module it imports, is not there.
    """
    parts: dict[str, str] = {}

    def take(module: str, main: bool) -> None:
        text = (FOLDER / f"{module}.js").read_text(encoding="utf-8")
        for imported in _IMPORT.findall(text):
            if imported not in parts:
                take(imported, main=False)
        text = _IMPORT.sub("", text)
        if not main:  # a component used as a library: its own default export is not wanted
            text = re.sub(r"^export default function \w+\(.*?^\}\n", "", text, flags=re.M | re.S)
        parts[module] = _EXPORT.sub("", text)

    take(name, main=True)
    return "\n".join(parts.values())


def _style(name: str) -> str:
    path = FOLDER / f"{name}.css"
    if not path.exists():
        return ""
    return _STYLE.sub(lambda found: _style(found[1]), path.read_text(encoding="utf-8"))


@cache
def _registered(name: str) -> Any:
    html = FOLDER / f"{name}.html"
    return st.components.v2.component(
        f"arviz_{name}",
        html=html.read_text(encoding="utf-8") if html.exists() else "<div></div>\n",
        css=_style(name) + "\n",
        js=bundle(name),
    )


def mount(
    name: str, *, key: str, data: Any = None, width: str = "stretch", **callbacks: Any
) -> Any:
    """Put a component on the page; its state and triggers are the attributes of what returns.

    Args:
        name: of the files in assets/components.
        key: unique on the page; state and triggers lie in ``st.session_state[key]``.
        data: what `pack` made, or anything JSON holds.
        width: "stretch" or "content".
        callbacks: ``on_NAME_change=function`` for each state or trigger NAME.
    """
    return _registered(name)(key=key, data=data, width=width, **callbacks)


def pack(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """One byte string of a JSON header and raw arrays, which wire.js takes apart.

    Args:
        meta: what JSON holds.
        arrays: uint8, float16, int32 or float32, any shape; they arrive flat.

    Raises:
        TypeError: an array of another type.
    """
    listed, raw = [], []
    for name, array in arrays.items():
        if array.dtype.name not in _TYPES:
            raise TypeError(f"{name} is {array.dtype}; a component takes {', '.join(_TYPES)}")
        listed.append({"name": name, "type": _TYPES[array.dtype.name], "size": array.size})
        raw.append(np.ascontiguousarray(array).tobytes())
    header = json.dumps({"meta": meta, "arrays": listed}, separators=(",", ":")).encode()
    return b"".join([len(header).to_bytes(4, "little"), header, *raw])


@lru_cache(maxsize=1)
def look() -> dict[str, Any]:
    """Palette for both grounds and the probability ramp, for a component's `meta`."""
    return {
        "palette": {ground: colours(ground) for ground in ("light", "dark")},
        "ramp": PROBABILITY,
    }
