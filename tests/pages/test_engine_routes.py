"""The engine's files as the server gives them: known ones alone, under addresses that keep."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette

from arviz_models.analysis import browser_training
from arviz_models.cards import FOLDER, list_pretrained
from pages.ui import engine
from tests.pages.test_components import node

NAME = "nade-digits"
# Names of the modules whose exports differ between two folders; a worker's entry has none.
SAME = """
const [sources, sent, ...names] = process.argv.slice(1);
globalThis.postMessage = () => {};
const found = [];
for (const name of names) {
  const [one, other] = await Promise.all([sources, sent].map((root) => import(`${root}/${name}`)));
  const exported = (module) => Object.keys(module).map((key) => [key, typeof module[key]]);
  if (JSON.stringify(exported(one)) !== JSON.stringify(exported(other))) found.push(name);
}
console.log(JSON.stringify(found));
process.exit();
"""


@dataclass
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    content: bytes


class Asked:
    """The routes without a server in between, asked as uvicorn does: the path is decoded."""

    def __init__(self, base: str = "") -> None:
        self.app = Starlette(routes=engine.routes(base))

    def get(self, address: str, method: str = "GET") -> Answer:
        path, _, query = address.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [],
        }
        told: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            await asyncio.Event().wait()  # nothing more comes, and nobody hangs up
            raise AssertionError

        async def send(message: MutableMapping[str, Any]) -> None:
            told.append(message)

        asyncio.run(self.app(scope, receive, send))
        headers = {name.decode(): value.decode() for name, value in told[0]["headers"]}
        content = b"".join(message.get("body", b"") for message in told[1:])
        return Answer(told[0]["status"], headers, content)


@pytest.fixture(scope="module")
def server() -> Asked:
    return Asked()


def test_what_is_offered_is_there_and_kept_for_ever(server: Asked) -> None:
    found = engine.addresses(NAME)
    for address in (found["client"], found["worker"], found["card"]):
        answer = server.get(f"/{address}")
        assert answer.status == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_weights_lie_beside_the_card_under_the_same_hash(server: Asked) -> None:
    card = engine.addresses(NAME)["card"]
    answer = server.get("/" + card.replace(".json", ".safetensors"))
    assert answer.content == (FOLDER / f"{NAME}.safetensors").read_bytes()
    assert "immutable" in answer.headers["cache-control"]


def test_every_module_of_the_engine_comes_as_javascript(server: Asked) -> None:
    modules = sorted(engine.CODE.rglob("*.js"))
    assert len(modules) > 10
    for path in modules:
        name = path.relative_to(engine.CODE).as_posix()
        answer = server.get(f"/engine/{engine.code_hash()}/{name}")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/javascript")


def test_what_is_sent_of_the_engine_says_the_same_as_its_sources(tmp_path: Path) -> None:
    """Node compiles what the sources hold and what is sent, and finds the same functions and
    classes, each once: two modules of worker.js with one name at the top would not compile."""
    for name, content in engine.modules().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "package.json").write_text('{ "type": "module" }')
    result = node("--input-type=module", "-e", SAME, engine.CODE, tmp_path, *engine.modules())
    assert result.returncode == 0, result.stderr.decode()
    assert json.loads(result.stdout) == []


def test_a_picture_asks_for_two_modules_that_import_no_other() -> None:
    for name in engine.ENTRIES:
        text = engine.modules()[name].decode()
        assert re.findall(r"^import\b.*", text, re.MULTILINE) == []
        assert not re.search(r"^[ \t]|^//", text, re.MULTILINE)


def test_the_images_that_a_browser_trains_on_are_there(server: Asked) -> None:
    found = browser_training.images("digits")
    answer = server.get(f"/images/digits.bin?v={found.hash}")
    assert answer.content == found.bytes
    assert "immutable" in answer.headers["cache-control"]
    grey = server.get("/images/digits.bin?levels=17").content
    assert grey == browser_training.images("digits", 17).bytes
    assert server.get("/images/digits.bin?v=0").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("address", ["/engine/0000/client.js", f"/checkpoints/{NAME}.json?v=0000"])
def test_an_address_from_before_an_update_is_answered_but_not_kept(
    server: Asked, address: str
) -> None:
    answer = server.get(address)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-cache"


def test_another_engine_has_another_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = engine.code_hash()
    (tmp_path / "client.js").write_text("export class EngineClient {}\n")
    (tmp_path / "worker.js").write_text('import { EngineClient } from "./client.js";\n')
    monkeypatch.setattr(engine, "CODE", tmp_path)
    cached = (engine.modules, engine.code_hash)
    for each in cached:
        each.cache_clear()
    try:
        assert engine.code_hash() != before
    finally:
        monkeypatch.undo()
        for each in cached:
            each.cache_clear()
    assert engine.code_hash() == before


@pytest.mark.parametrize(
    "address",
    [
        "/engine/{hash}/no-such-module.js",
        "/engine/{hash}/kernel.wat",
        "/engine/{hash}/../../../app.py",
        "/engine/{hash}/..%2f..%2fapp.js",
        "/engine/{hash}/%2e%2e/%2e%2e/eslint.config.js",
        "/engine/{hash}/*.js",
        "/images/mnist.bin",
        "/images/digits.bin?levels=18",
        "/images/digits.bin?levels=-2",
        "/images/mnist_binary.bin?levels=3",
        "/images/..%2fpackage.bin",
        "/checkpoints/no-such-model.json",
        "/checkpoints/nade-digits.py",
        "/checkpoints/nade-digits.",
        "/checkpoints/../package.json",
        "/checkpoints/..%2f..%2fpackage.json",
        "/checkpoints/%2e%2e%2f%2e%2e%2fpackage.json",
        "/checkpoints/..%5c..%5cpackage.json",
        "/checkpoints/",
    ],
)
def test_nothing_else_is_given(server: Asked, address: str) -> None:
    answer = server.get(address.format(hash=engine.code_hash()))
    assert answer.status == 404
    assert b"import" not in answer.content


def test_only_reading_is_allowed(server: Asked) -> None:
    assert server.get("/" + engine.addresses(NAME)["card"], method="POST").status == 405


@pytest.mark.parametrize("base", ["course/arviz", "/course/arviz/"])
def test_the_files_lie_under_the_path_of_the_app(base: str) -> None:
    server = Asked(base)
    card = engine.addresses(NAME)["card"]
    assert server.get(f"/course/arviz/{card}").status == 200
    assert server.get(f"/{card}").status == 404


def test_every_checkpoint_of_a_class_that_the_engine_draws_has_an_address() -> None:
    assert len({engine.weights_hash(name) for name in list_pretrained()}) == len(list_pretrained())
