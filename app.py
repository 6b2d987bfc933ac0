"""The server of ARViz: `streamlit run app.py`, or `make run`.

The script that every visit runs is pages/frame.py. It is not this file, because Streamlit takes
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
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from streamlit import config

from arviz_models.backend import backend
from pages.ui import engine, work
from pages.ui.addresses import OldAddresses
from pages.ui.hosts import HostCheck
from pages.ui.monitor import monitor
from pages.ui.safety import Safety
from pages.ui.upkeep import bound_arenas, upkeep

# What a visitor uploads is written to no disk: the parser of uploads would use a file from 1 MB on.
MultiPartParser.spool_max_size = config.get_option("server.maxUploadSize") * 2**20 + 2**20

ROOT = Path(__file__).resolve().parent
START_PAGE = 0.3  # seconds: about when the first visitor has the page that loads Streamlit
HEAD_START = 4.0  # seconds: about when the first visitor has a page of ours


def warm_up() -> None:
    """Load what the first visitor would wait for, and keep it out of later garbage collections.

    torch computes on one thread: with several sessions at once, more threads than cores make every
    one of them slower. Garbage is collected while the server runs, which is quick only if what will
    never be garbage is frozen.
    """
    import torch

    torch.set_num_threads(1)
    import arviz_models.pretrained
    import arviz_models.sampler  # noqa: F401

    gc.collect()
    gc.freeze()


def reach() -> None:
    """Join the cluster that draws and trains, and see that it draws, where there is one.

    Raises:
        BackendError: `ARVIZ_BACKEND` names none that can be used; the server does not start.
    """
    if backend().kind != "local":
        from arviz_models.sampler import get_sampler

        get_sampler().warm()


def load_pages() -> None:
    """Import all pages while the first browser loads Streamlit's own files."""
    import pages.navigation  # noqa: F401


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Load beside the first visit: the pages while the browser loads Streamlit, torch after that.

    A browser that asks while the server starts is answered once `App` stands: what is imported at
    the top of this file makes it wait, and what is imported here does not.
    """

    async def soon() -> None:
        await asyncio.sleep(START_PAGE)
        await asyncio.to_thread(load_pages)
        await asyncio.sleep(HEAD_START)
        await asyncio.to_thread(warm_up)

    bound_arenas()
    await asyncio.to_thread(reach)
    beside = [asyncio.create_task(each) for each in (soon(), upkeep(), monitor(), work.attend())]
    yield
    for task in beside:
        task.cancel()


app = st.App(
    ROOT / "pages" / "frame.py",
    lifespan=lifespan,
    routes=engine.routes(config.get_option("server.baseUrlPath")),
    middleware=[Middleware(Safety), Middleware(HostCheck), Middleware(OldAddresses)],
)
