"""How the tests of pages visit them without a browser: open, look what was shown, open a part."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from pages.ui import training_here
from pages.ui.components import PAGES, bundle, source, style, theme
from pages.ui.engine import Computing

ROOT = Path(__file__).resolve().parents[2]
FRAME = ROOT / "pages" / "frame.py"
TRACEBACK = ("Traceback", 'File "', "Error:")
TYPES = {"u1": np.uint8, "i4": np.int32, "f4": np.float32, "f2": np.float16, "f8": np.float64}
MOUNT = PAGES / "ui" / "browser" / "mount.css"
PATIENCE = 240  # seconds a run may take, training to its end included


def go_to(app: AppTest, stem: str) -> None:
    """The next run is that of this page, as after a click in the navigation."""
    slug = "" if stem == "home" else stem.replace("_", "-")
    app._page_hash = calc_hash(slug)  # Streamlit's own `switch_page` knows pages that are files


def visit(stem: str, **query: str) -> AppTest:
    """A page opened by a link; the server trains, as no browser is there."""
    return _opened(stem, query, {training_here.KEPT: training_here.SERVER})


def visit_here(stem: str, state: Mapping[str, Any] | None = None, /, **query: str) -> AppTest:
    """The same in a browser that is to train, as it is where nothing is chosen.

    Args:
        stem: of the page.
        state: of the session: without `training_here.ABLE` the browser has not answered.
        query: of the link.
    """
    return _opened(stem, query, state or {})


def _opened(stem: str, query: dict[str, str], state: Mapping[str, Any]) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=PATIENCE)
    for name, value in state.items():
        app.session_state[name] = value
    go_to(app, stem)
    for name, text in query.items():
        app.query_params[name] = text
    return app.run()


def by_hand(app: AppTest, stem: str = "nade", **values: Any) -> AppTest:
    """What the controls beside a picture have told of, as its callback sets it."""
    for name, value in values.items():
        app.session_state[f"{stem}.{name}"] = value
    return app.run()


def browser_has(app: AppTest, *names: str) -> None:
    """From the next run on, the visitor's browser has the weights of these checkpoints."""
    app.session_state["·engine"] = Computing(ready=set(names))


def readings(app: AppTest) -> list[str]:
    """What can be read below the stage, by name."""
    return [label for each in _readings(app) for label in each.options]


def open_reading(app: AppTest, label: str) -> AppTest:
    """The same page with one of the parts below the stage open."""
    [place] = _readings(app)
    assert label in place.options
    app.session_state[place.key] = label
    app.run()
    whole(app)
    return app


def _readings(app: AppTest) -> list[Any]:
    return [each for each in app.button_group if (each.key or "").endswith(".reading")]


def being_read(app: AppTest) -> list[Any]:
    """What stands below the stage, without what chooses it."""
    [place] = [
        each for each in app.main if getattr(each.proto, "id", "").endswith("-stage_reading")
    ]
    return list(place.children.values())[1:]


def press(app: AppTest, label: str) -> None:
    """Click the only button of that name."""
    [button] = [button for button in app.button if button.label == label]
    button.click().run()
    whole(app)


def widget(app: AppTest, key: str) -> Any:
    """The widget with that key, of whatever kind it is."""
    kinds = (app.number_input, app.button_group, app.toggle, app.selectbox, app.slider)
    [found] = [each for kind in kinds for each in kind if each.key == key]
    return found


def link(app: AppTest, *, reading: bool = False) -> dict[str, str]:
    """What the address holds now, with `reading` also what is open below the stage."""
    return {
        name: text[-1] if isinstance(text, list) else text
        for name, text in app.query_params.items()
        if reading or name != "reading"
    }


def whole(app: AppTest) -> None:
    """No exception, and nothing on the page that only a programmer would understand."""
    assert [exception.message for exception in app.exception] == []
    for said in (*app.error, *app.warning, *app.info, *app.markdown, *app.caption):
        assert not any(word in said.value for word in TRACEBACK), said.value


def packed(app: AppTest, name: str, key: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """What a component was given first: meta and arrays, as wire.js reads them.

    Args:
        name: of the component.
        key: a part of its key, where there are several of that name.
    """
    given = next(
        element.proto.bytes
        for element in app.get("bidi_component")
        if element.proto.component_name.endswith(f"arviz_{name}") and key in element.proto.id
    )
    end = 4 + int.from_bytes(given[:4], "little")
    header, arrays = json.loads(given[4:end]), {}
    for listed in header["arrays"]:
        kind = np.dtype(TYPES[listed["type"]])
        arrays[listed["name"]] = np.frombuffer(given, kind, listed["size"], end)
        end += listed["size"] * kind.itemsize
    return header["meta"], arrays


def browser_bytes(app: AppTest) -> int:
    """JavaScript and CSS of all components on the page, before compression, and of the theme."""
    names = {
        each.proto.component_name.rpartition("arviz_")[2] for each in app.get("bidi_component")
    }
    total = len(theme().encode())
    for name in names:
        script, sheet = source(name, "js"), source(name, "css")
        assert script is not None
        total += len(bundle(script).encode())
        total += sum(len(style(each).encode()) for each in (MOUNT, sheet) if each is not None)
    return total


def ship(folder: Path, *names: str) -> None:
    """Copy shipped checkpoints into a folder."""
    for name in names:
        for suffix in (".json", ".safetensors"):
            shutil.copy(ROOT / "assets" / "checkpoints" / f"{name}{suffix}", folder)
