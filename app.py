"""The server of ARViz: `streamlit run app.py`, or `make run`.

The script that every visit runs is pages/ui/frame.py. It is not this file, because Streamlit takes
a folder called pages beside its main script for its older kind of multipage app, and would then
open a link to a lesson without the frame around it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent
HEAD_START = 1.0  # seconds


def warm_up() -> None:
    """Load what the first visitor would wait for, and keep it out of later garbage collections.

    torch computes on one thread: with several sessions at once, more threads than cores make every
    one of them slower. Streamlit collects garbage after each run of a script, which is quick only
    if what will never be garbage is frozen.
    """
    import torch

    torch.set_num_threads(1)
    import arviz_models.pretrained
    import arviz_models.sampler  # noqa: F401

    gc.collect()
    gc.freeze()


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Warm up beside the first visit, which needs no torch to paint, and gets a head start."""

    async def soon() -> None:
        await asyncio.sleep(HEAD_START)
        await asyncio.to_thread(warm_up)

    warming = asyncio.create_task(soon())
    yield
    warming.cancel()


app = st.App(ROOT / "pages" / "ui" / "frame.py", lifespan=lifespan)
