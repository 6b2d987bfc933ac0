"""The engine on a page: its files as the server gives them, and who computes, browser or server.

A picture asks `offer` for the checkpoint that it shows. It gets an address where the reader's
browser draws it (docs/ENGINE.md), and then sends the browser no sample: the component asks the
engine (engine.js). It gets None as long as the server is to draw: while the weights load, where the
engine does not know the model or has failed, and where the reader chose the server.

The files lie under addresses that hold a hash of their content, so a browser keeps them for ever.
The modules of the engine are sent without comments and indentation, and the two that a picture asks
for, client.js and worker.js, with all that they import: two small files in one round trip.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import streamlit as st

from pages.ui.components import bundle, mount, pack, stripped
from pages.ui.models import shipped
from pages.ui.state import Link

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "assets" / "engine"
ENTRIES = ("client.js", "worker.js")
"""Modules of the engine that are sent with all that they import."""
CLASSES = (
    "NADE",
    "MADE",
    "PixelCNN",
    "GatedPixelCNN",
    "PixelSNAIL",
    "RowLSTM",
    "DiagonalBiLSTM",
)
"""Classes of the models that the engine draws."""

BROWSER, SERVER = "browser", "server"
MEDIA = {"json": "application/json", "safetensors": "application/octet-stream"}
FOR_EVER = "public, max-age=31536000, immutable"
_STATE = "·engine"


class Stage(Protocol):
    """What is needed of a stage (pages/ui/stage.py, which imports this module)."""

    engine: tuple[str, ...]
    cost: str
    link: Link

    @property
    def asks(self) -> bool: ...

    def key(self, name: str) -> str: ...


@dataclass
class Computing:
    """Who computes, for one session.

    Attributes:
        where: what the reader chose, `BROWSER` or `SERVER`.
        ready: checkpoints whose weights the browser has.
        failed: why the browser computes no more; "" where it does.
    """

    where: str = BROWSER
    ready: set[str] = field(default_factory=set)
    failed: str = ""


def computing() -> Computing:
    """Who computes in this session."""
    found: Computing = st.session_state.setdefault(_STATE, Computing())
    return found


def offer(stage: Stage, name: str) -> dict[str, Any] | None:
    """Where the browser finds the checkpoint that it is to draw; None where the server draws.

    Args:
        stage: of the picture; below it stands then who computes, and the choice.
        name: of the checkpoint.

    Returns:
        for a component's `meta`: what engine.js takes.
    """
    card = shipped((name,)).get(name)
    if card is None or card["class"] not in CLASSES:
        return None
    stage.engine = (*stage.engine, name)
    now = computing()
    if now.where == SERVER or now.failed or name not in now.ready:
        return None
    return addresses(name)


def addresses(name: str) -> dict[str, str]:
    """Where a browser finds the engine and a checkpoint, relative to the page."""
    code = f"engine/{code_hash()}"
    return {
        "name": name,
        "client": f"{code}/client.js",
        "worker": f"{code}/worker.js",
        "card": f"checkpoints/{name}.json?v={weights_hash(name)}",
    }


def switch(stage: Stage) -> None:
    """The line that says who computed and how long, with the choice; it loads the weights."""
    if not stage.engine:
        return
    now = computing()

    def told() -> None:
        said = st.session_state[key]
        if (where := said.get("where")) in (BROWSER, SERVER):
            now.where, now.failed = where, ""
        now.ready.update(map(str, said.get("ready") or ()))
        if said.get("failed"):
            now.failed = str(said["failed"])
        if not said.get("where"):  # the visitor has pressed nothing
            stage.link.tell_again()

    key = stage.key("·computed")
    meta = {
        "where": now.where,
        "failed": now.failed,
        "models": [addresses(name) for name in stage.engine],
        "ready": sorted(now.ready),
        "cost": stage.cost,
        "asks": stage.asks,
    }
    mount(
        "computed",
        key=key,
        data=pack(meta, {}),
        on_where_change=told,
        on_ready_change=told,
        on_failed_change=told,
    )


# --- the files --------------------------------------------------------------------------------


@cache
def modules() -> dict[str, bytes]:
    """The engine's modules as a browser gets them, by name: "worker.js", "training/run.js"."""
    found = {path.relative_to(CODE).as_posix(): path for path in sorted(CODE.rglob("*.js"))}
    return {
        name: (bundle(path, exports=True) if name in ENTRIES else stripped(path)).encode()
        for name, path in found.items()
    }


@cache
def code_hash() -> str:
    """A hash of all that the engine is made of."""
    found = hashlib.sha256()
    for name, content in modules().items():
        found.update(name.encode() + b"\0" + content)
    return found.hexdigest()[:16]


def weights_hash(name: str) -> str:
    """A hash of a checkpoint's card and weights, read again when the files change."""
    from arviz_models.cards import FOLDER

    stats = [(FOLDER / f"{name}.{suffix}").stat() for suffix in ("json", "safetensors")]
    return _weights_hash(FOLDER, name, tuple(stat.st_mtime_ns for stat in stats))


@cache
def _weights_hash(folder: Path, name: str, changed: tuple[int, ...]) -> str:
    found = hashlib.sha256()
    for suffix in ("json", "safetensors"):
        found.update((folder / f"{name}.{suffix}").read_bytes())
    return found.hexdigest()[:16]


def routes(base: str = "") -> list[Route]:
    """What the server answers with: the engine's modules, the shipped checkpoints, and the images
    that a browser trains on.

    Args:
        base: path under which the app lies, `server.baseUrlPath`.
    """
    from starlette.responses import FileResponse, PlainTextResponse, Response
    from starlette.routing import Route

    def headers(*, same: bool) -> dict[str, str]:
        keep = FOR_EVER if same else "no-cache"  # an address from before an update
        return {"Cache-Control": keep, "X-Content-Type-Options": "nosniff"}

    def code(request: Request) -> Response:
        content = modules().get(f"{request.path_params['name']}.js")
        if content is None:
            return PlainTextResponse("Not found", 404)
        same = request.path_params["hash"] == code_hash()
        return Response(content, media_type="text/javascript", headers=headers(same=same))

    def checkpoint(request: Request) -> Response:
        from arviz_models.cards import FOLDER, list_pretrained

        name, suffix = request.path_params["name"], request.path_params["suffix"]
        if suffix not in MEDIA or name not in list_pretrained():
            return PlainTextResponse("Not found", 404)
        same = request.query_params.get("v") == weights_hash(name)
        file = FOLDER / f"{name}.{suffix}"
        return FileResponse(file, media_type=MEDIA[suffix], headers=headers(same=same))

    def images(request: Request) -> Response:
        from arviz_models.analysis import browser_training

        name, levels = request.path_params["name"], request.query_params.get("levels", "2")
        known = len(levels) < 4 and levels.isdecimal()
        if not known or not browser_training.is_there(name, int(levels)):
            return PlainTextResponse("Not found", 404)
        found = browser_training.images(name, int(levels))
        same = request.query_params.get("v") == found.hash
        kind = "application/octet-stream"
        return Response(found.bytes, media_type=kind, headers=headers(same=same))

    start = "/" + base.strip("/") if base.strip("/") else ""
    return [
        Route(f"{start}/engine/{{hash}}/{{name:path}}.js", code),
        Route(f"{start}/checkpoints/{{name}}.{{suffix}}", checkpoint),
        Route(f"{start}/images/{{name}}.bin", images),
    ]
