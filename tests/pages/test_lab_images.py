"""The student's own images in the lab: uploaded, drawn, converted, trained on, taken away."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser
from streamlit.testing.v1 import AppTest

from arviz_models.analysis import own_images
from arviz_models.analysis.lab_settings import OWN
from pages.lab import files, own, runs
from pages.lab.images import counted
from pages.lab.own import PAD, OwnSet
from tests.pages.visiting import link, open_reading, packed, press, visit, whole


def picture(number: int, mode: str = "L", kind: str = "PNG") -> bytes:
    """A bar on white, another one for each number."""
    grey = np.full((40, 30), 255, np.uint8)
    grey[5 : 12 + 2 * number, 6 : 20 - number] = 0
    file = io.BytesIO()
    Image.fromarray(grey).convert(mode).save(file, kind)
    return file.getvalue()


def drawing(number: int) -> str:
    """What the pad sends."""
    grey = np.full((PAD, PAD), 255, np.uint8)
    grey[10 : 20 + 8 * number, 50:60] = 0
    return base64.b64encode(grey.tobytes()).decode()


def upload(app: AppTest, *given: tuple[str, bytes]) -> None:
    app.file_uploader[0].set_value([(name, content, "") for name, content in given]).run()
    whole(app)


def many(count: int = 12) -> list[tuple[str, bytes]]:
    return [(f"{number}.png", picture(number)) for number in range(count)]


def own_set(app: AppTest) -> OwnSet:
    found: OwnSet = app.session_state[own.SET]
    return found


def test_pictures_are_understood_counted_and_trained_on_in_this_session_alone() -> None:
    app = visit("lab", activity="images")
    whole(app)
    assert app.button(key="lab.own.train").disabled
    upload(app, *many(5), ("program.png", b"MZ" + bytes(300)), ("empty.png", b""))
    assert app.button(key="lab.own.train").disabled
    assert any("5 different images" in said.value for said in app.markdown)
    assert any("at least 10. Add 5 more" in said.value for said in app.markdown)
    told = [said.value for said in app.text]
    assert any("program.png: That file is not a PNG or JPEG" in each for each in told)
    assert any("empty.png: The file is empty" in each for each in told)
    rest = [("cmyk.jpg", picture(5, "CMYK", "JPEG")), ("palette.png", picture(6, "P"))]
    archive = own_images.zipped([np.asarray(Image.open(io.BytesIO(c))) for _, c in many()[6:]])
    upload(app, *rest, ("rest.zip", archive))
    assert len(own_set(app).greys) == 13
    assert any("equal to an image before" in said.value for said in app.markdown)
    meta, arrays = packed(app, "lab_sheet")
    assert (meta["side"], meta["count"], len(arrays["inks"])) == (14, 13, 13 * 14 * 14)
    press(app, "Train on these")
    assert app.session_state["lab.data"] == OWN
    assert len(app.error) == len(app.warning) == 0
    assert not app.button(key="lab.start").disabled
    train, valid, _ = own_images.shares(own_set(app).standing().count("kept"))
    said = f"{train} to learn from, {valid} for the validation"
    assert any(said in each.value for each in app.caption)
    lines = [said.value for said in app.markdown if "nats =" in said.value]
    assert len(lines) == 3  # guessing, independent pixels, the set by heart; nothing is shipped
    other = visit("lab", **link(app))  # another session of this server
    whole(other)
    assert other.button(key="lab.start").disabled
    assert ["no own images here" in said.value for said in other.warning] == [True]
    press(other, "Take the digits of 8×8")
    assert other.session_state["lab.data"] == "digits"
    assert len(other.warning) == 0


def test_what_is_drawn_comes_once_and_clear_can_be_undone() -> None:
    app = visit("lab", activity="images")
    mine = own_set(app)
    mine.draw([[1, drawing(1)]])
    mine.draw([[1, drawing(1)], [2, drawing(2)], [3, "no drawing"], [4, drawing(9)]])
    assert mine.names == ["drawing 1", "drawing 2", "drawing 4"]
    assert mine.heard == 4
    app.run()
    press(app, "Clear")
    assert own_set(app).greys == []
    assert own_set(app).heard == 4
    press(app, "Undo clear")
    assert own_set(app).names == mine.names


def test_more_pictures_than_there_may_be_are_refused_and_those_before_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_images, "MOST_IMAGES", 4)
    mine = OwnSet()
    mine.read(many(3))
    mine.read(many(2))
    assert "there would be 5 pictures; the most is 4. Nothing was added." in mine.problem
    mine.draw([[1, drawing(1)], [2, drawing(2)]])
    assert len(mine.greys) == 4
    assert "not added" in mine.problem


def test_images_are_converted_anew_where_something_has_changed_and_only_there() -> None:
    mine = OwnSet()
    mine.read(many(3))
    first = mine.images(14, 2)
    assert mine.images(14, 2) is first
    mine.out = frozenset({1})
    assert len(mine.images(14, 2)) == 2
    mine.read(many(12)[3:])
    assert len(mine.images(8, 4)) == 11
    assert np.array_equal(mine.images(14, 2)[0], first[0])
    assert [mine.standing()[number] for number in (0, 1)] == ["kept", "out"]


def test_the_words_say_how_many_are_left_out_and_how_the_rest_is_split() -> None:
    said = counted(["kept"] * 20 + ["repeat", "empty", "out"], 1)
    assert said.startswith("**20 different images**; left out: 1 equal to an image before, 1 empty")
    assert "**14** to learn from, **3** for the validation NLL, **3** kept" in said


def test_an_upload_is_held_in_memory_and_written_to_no_disk() -> None:
    import app  # noqa: F401 - the server, which sets up the parser

    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield head
        for _ in range(35):
            yield bytes(2**20)
        yield b"\r\n--x--\r\n"

    headers = Headers({"content-type": "multipart/form-data; boundary=x"})
    parse = MultiPartParser(headers, chunks()).parse
    with ThreadPoolExecutor() as threads:  # a browser test may have left an event loop in this one
        form = threads.submit(lambda: asyncio.run(parse())).result()
    given = form["file"]
    assert isinstance(given, UploadFile)
    assert given.size == 35 * 2**20
    assert given._in_memory


@pytest.mark.slow
def test_a_run_on_own_images_is_saved_and_loaded_and_stays_in_its_session() -> None:
    app = visit("lab", activity="images")
    upload(app, *many())
    press(app, "Train on these")
    app.session_state["lab.width"], app.session_state["lab.epochs"] = 4, 3
    app.run()
    app.button(key="lab.start").click().run(timeout=280)
    whole(app)
    [run] = app.session_state["lab.runs"].values()
    assert run.closed
    assert runs._shelf().get(run.token) is None
    open_reading(app, "Code")
    assert "read_paths(sys.argv[1:])" in app.code[0].value
    content = files.saved(run)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["nade-own.safetensors", "nade-own.json", "nade-own.history"]
        card = json.loads(archive.read("nade-own.json"))
    assert (card["data"], card["levels"], card["shape"]) == (OWN, 2, [1, 14, 14])
    assert len(json.dumps(card)) < 1500  # no image is in it
    bare = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(bare, "w") as other,
    ):
        other.writestr("nade-own.safetensors", archive.read("nade-own.safetensors"))
        other.writestr("nade-own.json", json.dumps({k: card[k] for k in card if k != "run"}))
    for mine, file, measured in (
        (app, content, True),
        (visit("lab"), content, True),  # as its history says
        (visit("lab"), bare.getvalue(), False),
    ):
        open_reading(mine, "Save and load")
        mine.file_uploader(key="lab.upload").set_value([("nade.zip", file, "")])
        mine.run(timeout=280)
        whole(mine)
        loaded = list(mine.session_state["lab.runs"].values())[-1]
        assert loaded.samples.shape == (8, 196)
        assert (loaded.now["valid"] is not None) == measured
        words = "validation" if measured else "no NLL: the images"
        assert any(words in said.value for said in mine.markdown)
