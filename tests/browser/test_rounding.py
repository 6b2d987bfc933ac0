"""Noise of the size of rounding in every gradient sent to a page changes nothing that it says.

cuDNN, oneDNN and another CPU sum in another order: where nothing is read, a gradient is then 1e-8
instead of 0. What a network can read is told by its structure.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.conftest import PATIENCE_MS, Server
from tests.browser.driving import settle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, WebSocketRoute

# Of the largest gradient of a picture. float32 rounds by up to 1.6e-6 of it (against float64).
NOISE = 2e-6
MEASURED = ("gradient", "jacobian")

# Address, what is pressed there, and the picture with gradients.
PAGES = {
    "made": ("made?tour=7&weights=trained", "", ".made"),
    "flows": ("flows?activity=bend&tour=2", "", ".flows"),
    "contexts": ("contexts?activity=uses&tour=2", "", ".contexts"),
    "softmax": ("pixelcnn?activity=softmax&tour=2", "Gradient", ".softmax"),
    "softmax of a pixel that is nearly certain": (
        "pixelcnn?activity=softmax&tour=2&pixel=300",
        "Gradient",
        ".softmax",
    ),
}


class Noisy:
    """Adds noise to the gradients in what `pack` of pages/ui/components.py made."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)
        self.changed = 0

    def __call__(self, frame: bytes) -> bytes:
        message = ForwardMsg.FromString(frame)
        element = message.delta.new_element
        if element.WhichOneof("type") != "bidi_component" or not element.bidi_component.bytes:
            return frame
        element.bidi_component.bytes = self._packed(element.bidi_component.bytes)
        return message.SerializeToString()

    def _packed(self, data: bytes) -> bytes:
        begin = 4 + int.from_bytes(data[:4], "little")
        raw = bytearray(data)
        sizes = {"u1": 1, "f2": 2, "i4": 4, "f4": 4, "f8": 8}
        for array in json.loads(data[4:begin])["arrays"]:
            length = array["size"] * sizes[array["type"]]
            if array["type"] == "f4" and array["name"].startswith(MEASURED):
                values = np.frombuffer(data[begin : begin + length], "<f4")
                most = NOISE * float(abs(values).max(initial=0))
                noise = self.random.uniform(0, most, values.shape).astype("<f4")
                raw[begin : begin + length] = (values + noise).tobytes()
                self.changed += values.size
            begin += length
        return bytes(raw)


def open_with(browser: Browser, url: str, change: Noisy | None) -> Page:
    page = browser.new_page(viewport={"width": 1240, "height": 1800}, reduced_motion="reduce")
    page.set_default_timeout(PATIENCE_MS)

    def route(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(
            lambda frame: socket.send(
                change(frame) if change and isinstance(frame, bytes) else frame
            )
        )

    page.route_web_socket("**/_stcore/stream*", route)
    page.goto(url)
    settle(page)
    return page


def colours(page: Page, picture: str) -> np.ndarray:
    """The picture as it stands, (H, W, 3), 0 to 255."""
    image = page.locator(picture).screenshot(animations="disabled")
    return np.asarray(Image.open(BytesIO(image)).convert("RGB"), dtype=int)


def told(page: Page, picture: str) -> str:
    """What the picture says by itself, then of places all over its canvases."""
    said = [page.locator(picture).inner_text()]
    for canvas in page.locator(f"{picture} canvas").all():
        box = canvas.bounding_box()
        if box is None or min(box["width"], box["height"]) < 100:
            continue
        for k in range(12):
            x, y = (k % 4 + 0.3) / 4 * box["width"], (k // 4 + 0.3) / 3 * box["height"]
            page.mouse.move(box["x"] + x, box["y"] + y)
            said.append(page.locator(picture).inner_text())
    page.mouse.move(2, 2)
    return "\n".join(said)


@pytest.mark.parametrize("name", PAGES)
def test_rounding_in_a_gradient_changes_nothing_that_a_page_says(
    browser: Browser, server: Server, name: str
) -> None:
    address, pressed, picture = PAGES[name]
    noisy = Noisy()
    seen, words = [], []
    for change in (None, noisy):
        page = open_with(browser, f"{server.url}/{address}", change)
        if pressed:
            page.get_by_role("button", name=pressed, exact=True).click()
            settle(page)
        page.locator(f"{picture} canvas").first.wait_for()
        page.evaluate("document.fonts.ready.then(() => true)")
        page.set_viewport_size({"width": 1280, "height": 1800})  # drawn again, all fonts there
        page.wait_for_timeout(1000)
        seen.append(colours(page, picture))
        words.append(told(page, picture))
        page.close()
    assert noisy.changed > 0
    assert words[1] == words[0]
    assert seen[1].shape == seen[0].shape
    worst = int(abs(seen[1] - seen[0]).max())
    assert worst <= 2  # of 255: no cell is lit that was not
