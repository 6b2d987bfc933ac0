"""Trainings in the reader's own browser: the choice, and the component that trains.

The component (training_here.js) trains in Web Workers. It tells what has happened since it was last
heard, and waits with more until the page has answered; so nothing is lost and nothing comes twice.

A training that is started before the browser has said what it can waits for that (`await_answer`),
so that it trains where the switch says.

The session decides. A page hands over what each of its runs is to do, by the run's token; a run
that it leaves out is ended by the browser. What a run tells comes from outside: the page checks it.

Where the browser has a GPU, the switch names it. A false GPU, a program on the processor, is not
offered, and one that fails is left (adapter.js and gpu_run.js in assets/engine/training).
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Collection, Hashable
from functools import partial
from typing import Any, Protocol

import numpy as np
import streamlit as st

from pages.ui import engine
from pages.ui.components import mount, pack
from pages.ui.parts import Parts
from pages.ui.uncut import uncut

ANSWERS = 10.0  # seconds that a training waits for a browser to say what it can
LATE = f"This browser has not said within {ANSWERS:g} s that it can train, so the server trains."
WAITS = "This browser loads what trains in it: the training begins when that is there"
GPU, BROWSER, SERVER = PLACES = ("gpu", "browser", "server")
WHERE, KEPT, ABLE = "training.where", "training.where.kept", "training.able"
TURNS = "training.where.turns"
SIMD = "WebAssembly SIMD"  # the kind of the quick loops
COMPONENT = "training_here"


class Stage(Protocol):
    """What is needed of a stage (pages/ui/stage.py)."""

    link: Any
    parts: Parts
    last: Callable[[], None] | None

    def key(self, name: str) -> str: ...


def able() -> dict[str, str]:
    """What the browser has said of itself; nothing before it has.

    It is the "kind" of its loops, and the name of its "gpu" or why it has none, "noGPU"; or why it
    "failed".
    """
    found: dict[str, str] = st.session_state.get(ABLE, {})
    return found


def inability() -> str:
    """Why nothing is trained in this browser, in words; "" where it can train."""
    return f"This browser cannot train: {able()['failed']}" if able().get("failed") else ""


def to_server() -> None:
    """The switch says the server from now on, as if the visitor had chosen it."""
    st.session_state[KEPT] = SERVER


def await_answer(stage: Stage, begun: float, instead: Callable[[str], None]) -> None:
    """A training waits for this browser to say what it can: the page runs when it has.

    Args:
        stage: of the page; this is the last that it does.
        begun: when the training was asked for, on the monotonic clock.
        instead: called with why, in words, where the browser says nothing for too long.
    """

    def late() -> None:
        with uncut():
            if not able():
                instead(LATE)

    stage.last = partial(stage.parts.at, begun + ANSWERS, late)


def chosen() -> str:
    """What the switch says, or said when it was last on the page."""
    found: str = st.session_state.get(KEPT, BROWSER)
    return found if found in _places() else BROWSER


def _places() -> tuple[str, ...]:
    """What can be chosen."""
    return PLACES if able().get("gpu") else (BROWSER, SERVER)


def _words(server: str) -> dict[str, str]:
    """The places, and what trains there."""
    kind = f" ({able()['kind']})" if able().get("kind") else ""
    words = {
        GPU: f"On your GPU ({able().get('gpu')})",
        BROWSER: f"In this browser{kind}",
        SERVER: f"On the server ({server})",
    }
    return {place: words[place] for place in _places()}


def device(gpu: str) -> str:
    """What trains, in words.

    Args:
        gpu: the name of the GPU; "" for the processor.
    """
    return f"a browser (GPU: {gpu})" if gpu else f"a browser ({able().get('kind', 'WebAssembly')})"


def choice(refusal: Callable[[], str], keeps: str, no_gpu: str, server: str) -> str:
    """The switch; returns where a run trains, in words, to stand below it.

    Args:
        refusal: why a run of the present settings is not trained in the browser; "" where it is.
        keeps: what becomes of such a run when the page is loaded again.
        no_gpu: why such a run is not trained on a GPU, without a full stop; "" where it is.
        server: the device of the server that would train it, in words.
    """
    words = _words(server)
    why = refusal()
    key = f"{WHERE}.refused" if why else _switch()
    st.segmented_control(
        "Train",
        list(words),
        format_func=words.__getitem__,
        default=SERVER if why else chosen(),
        key=key,
        required=True,
        wrap=True,
        disabled=bool(why),
        on_change=_choose,
        args=(key,),
    )
    if why:
        return f"It trains on this server. {why}"
    if chosen() == SERVER:
        return "It trains on this server."
    if not able():
        return (
            "This browser loads what trains in it. A training that you start now waits for that, "
            f"for {ANSWERS:g} s at most: after that the server trains."
        )
    processor = f"It trains in this browser, on its processor ({able()['kind']})"
    if chosen() == GPU:
        gpu = f"It trains in this browser, on its GPU ({able()['gpu']})"
        return f"{processor}: {no_gpu}. {keeps}" if no_gpu else f"{gpu}. {keeps}"
    none = "" if no_gpu else able().get("noGPU")
    return f"{processor}. {f'No GPU trains here: {none} ' if none else ''}{keeps}"


def _switch() -> str:
    """Key of the switch.

    It is another one where the session has decided since the visitor chose. A message that the
    browser sent before it knew would turn the same one back.
    """
    if st.session_state.get(_switch_shown(), chosen()) != chosen():
        st.session_state[TURNS] = st.session_state.get(TURNS, 0) + 1
    return _switch_shown()


def _switch_shown() -> str:
    return f"{WHERE}.{st.session_state.get(TURNS, 0)}"


def _choose(key: str) -> None:
    """The visitor has turned the switch of this key; one that is gone has nothing to say."""
    if key == _switch_shown():
        st.session_state[KEPT] = st.session_state[key]


def heard_able(found: dict[str, Any]) -> None:
    """Keep what the browser says of itself; a GPU is chosen, where nothing else is yet."""
    had, names = bool(able().get("gpu")), ("kind", "gpu", "noGPU", "failed")
    state = st.session_state
    state[ABLE] = {name: str(found[name])[:300] for name in names if found.get(name)}
    if able().get("gpu") and not had and chosen() == BROWSER:
        state[KEPT] = GPU


def place(
    stage: Stage,
    kind: str,
    runs: list[dict[str, Any]],
    arrays: dict[str, np.ndarray],
    *,
    hear: Callable[[dict[str, Any]], None],
    answered: Callable[[Any], None] | None = None,
    asks: bool = False,
    paused: Collection[Hashable] = (),
    ended: Collection[Hashable] = (),
) -> None:
    """The component that trains: on the page always, so that it can answer.

    Args:
        stage: of the page.
        kind: of the page; those of another kind train on, whatever this page says.
        runs: `WantedRun` of trainings.js, of each run that trains; any other is ended.
        arrays: that belong to them.
        hear: takes what a run tells, `ToPython` of trainings.js.
        answered: takes what the browser has kept, when it says for the first time what it can.
        asks: whether it is asked for that although the session knows what the browser can.
        paused, ended: tokens of runs that do not train.
    """
    key = stage.key("·training")

    def told() -> None:
        said = st.session_state[key]
        if isinstance(found := said.get("able"), dict):
            heard_able(found)
            if answered is not None:
                answered(found.get("kept"))
        if isinstance(news := said.get("news"), dict):
            hear(news)
        stage.link.tell_again()

    meta = {
        "kind": kind,
        "worker": f"engine/{engine.code_hash()}/training/worker.js",
        "able": bool(able()) and not asks,
        "runs": runs,
        "paused": list(paused),
        "ended": list(ended),
    }
    mount(COMPONENT, key=key, data=pack(meta, arrays), on_able_change=told, on_news_change=told)


# --- what comes from outside ----------------------------------------------------------------------


def number(given: Any) -> float:
    """A finite number.

    Raises:
        ValueError: anything else.
    """
    found = float(given)
    if not math.isfinite(found):
        raise ValueError("a number is not finite")
    return found


def array(text: str, kind: type, size: int) -> np.ndarray:
    """An array of that many numbers.

    Args:
        text: its bytes in base64.
        kind: np.float32 or np.uint8.
        size: of the array.

    Raises:
        ValueError: it has another size, or numbers that are not finite.
    """
    content = base64.b64decode(text, validate=True)
    if len(content) != size * np.dtype(kind).itemsize:
        raise ValueError(f"an array has {len(content)} bytes, not {size} numbers")
    found: np.ndarray = np.frombuffer(content, kind)
    if not np.isfinite(found).all():
        raise ValueError("a number is not finite")
    return found
