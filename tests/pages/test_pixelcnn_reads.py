"""The activity "What it reads" without a browser, and what there is to read below the stage."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models import load_pretrained
from arviz_models.analysis.pixelcnn_fields import pixelcnn_fields
from arviz_models.analysis.receptive_fields import NEVER
from pages.pixelcnn import reads
from pages.ui import fields
from tests.pages import visiting
from tests.pages.visiting import ROOT, link, open_reading, packed, whole, widget

TARGET = 7 * 11 + 5


def visit(**query: str) -> AppTest:
    """The activity at its last step, which shows both networks and covers nothing."""
    return visiting.visit("pixelcnn", **{"activity": "reads", "tour": "6", **query})


def meta(app: AppTest) -> dict[str, Any]:
    """What the picture was told."""
    return packed(app, "fields")[0]


def first_layers(network: str, target: int = TARGET) -> np.ndarray:
    """Of 11x11 pixels and 3x3 kernels: the first layer that reads each pixel before the target."""
    found: np.ndarray = pixelcnn_fields(11, 3, 3, "A").arrays[network][target, :target]
    return found


def test_the_picture_has_the_tables_that_it_names() -> None:
    app = visit(size="8", first="5", kernel="5", mask="B")
    shown, (name, arrays) = meta(app), packed(app, "weights")
    assert name["name"] == shown["tables"]
    expected = pixelcnn_fields(8, 5, 5, "B").arrays
    assert arrays.keys() == expected.keys()
    for each, array in expected.items():
        np.testing.assert_array_equal(arrays[each], array.ravel())
    for panel in shown["panels"]:
        assert {panel["table"], *panel["streams"]} <= arrays.keys()
        assert {kernel["cells"] for kernel in panel["kernels"]} <= arrays.keys()


def test_a_link_restores_everything() -> None:
    query = {
        "size": "9",
        "first": "7",
        "kernel": "5",
        "mask": "B",
        "target": "70",
        "depth": "6",
        "view": "later",
    }
    app = visit(**query)
    whole(app)
    assert len(app.warning) == 0
    assert link(app) == {"activity": "reads", "tour": "6", **query}
    shown = meta(app)
    assert shown["rows"] == 9
    assert [kernel["columns"] for kernel in shown["panels"][0]["kernels"]] == [7, 5]
    assert "mask B" in shown["panels"][0]["kernels"][0]["title"]
    assert [button.value for button in app.button_group if button.key == "pixelcnn.mask"] == ["B"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("size", 7, "7"),
        ("size", 14, "14"),
        ("first", "7", "7"),
        ("kernel", "5", "5"),
        ("mask", "B", "B"),
    ],
)
def test_every_control_changes_the_picture_and_the_link(key: str, value: Any, text: str) -> None:
    app = visit()
    before = meta(app), packed(app, "weights")
    widget(app, f"pixelcnn.{key}").set_value(value).run()
    whole(app)
    assert link(app) == {"activity": "reads", "tour": "6", key: text}
    shown, (_, arrays) = meta(app), packed(app, "weights")
    assert shown["tables"] != before[0]["tables"]
    assert any(bytes(arrays[name]) != bytes(array) for name, array in before[1][1].items())
    assert bool(app.info) == (key == "mask")


def test_the_largest_image_is_whole_within_the_depths_offered() -> None:
    """At the depth of the prediction nothing is left that only waits for more layers."""
    smallest = min(map(int, reads.KERNELS))
    last = pixelcnn_fields(reads.MOST_SIZE, smallest, smallest, "A").last
    assert last <= fields.MOST_DEPTH


@pytest.mark.parametrize("tour", range(1, 7))
def test_a_step_has_the_picture_where_its_words_are(tour: int) -> None:
    shown = meta(visit(tour=str(tour)))
    place = reads.STEPS[tour - 1].place
    assert shown["target"] == place["target"]
    assert shown["view"] == place.get("view", "field")
    assert shown["depth"] == place.get("depth", reads.START_DEPTH)
    assert ("gated" in shown["hidden"]) == (tour < 6)


def test_while_it_is_asked_no_layer_shows_what_is_never_read() -> None:
    app = visit(tour="2")
    assert "blind" in meta(app)["hidden"]
    asked = reads.STEPS[1]
    assert (first_layers("PixelCNN") <= asked.place["to"]).sum() == 34
    open_reading(app, "Take away")
    assert not app.get("download_button")
    [answer] = [each for each in app.button if each.label == "All but a wedge on the right"]
    answer.click().run()
    assert "blind" not in meta(app)["hidden"]
    assert meta(app)["goto"]["to"] == 40


def test_the_step_why_points_at_a_pixel_that_three_layers_read_and_names_one_that_none_reads() -> (
    None
):
    why = reads.STEPS[3]
    first = first_layers("PixelCNN")
    assert first[why.place["point"]] == 3
    assert first[6 * 11 + 7] == NEVER
    assert (first_layers("GatedPixelCNN") <= reads.STEPS[5].place["to"]).all()


def test_target_and_depth_come_from_the_address() -> None:
    app = visit(size="9", target="70", depth="6")
    open_reading(app, "Take away")
    [said] = [text.value for text in app.caption if text.value.startswith("Target")]
    assert "row 7, column 7, with 6 layers" in said
    assert meta(app)["report"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        {"size": "6"},
        {"size": "29"},
        {"first": "4"},
        {"mask": "C"},
        {"target": "121"},
        {"depth": "41"},
    ],
)
def test_a_bad_link_falls_back_with_one_notice(query: dict[str, str]) -> None:
    app = visit(**query)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert link(app) == {"activity": "reads", "tour": "6"}


# --- what there is to read -----------------------------------------------------------------------


def reading(label: str) -> AppTest:
    app = visit()
    open_reading(app, label)
    return app


def test_code_shows_the_source_itself() -> None:
    shown = "\n".join(block.value for block in reading("Code").code)
    source = (ROOT / "arviz_models" / "pixelcnn.py").read_text(encoding="utf-8")
    body = re.search(r"    def forward\(self, one_hot: Tensor\).*?return [^\n]*", source, re.DOTALL)
    assert body is not None
    assert all(line.strip() in shown for line in body[0].splitlines())


def test_mistakes_are_met() -> None:
    app = reading("What people get wrong")
    said = " ".join(text.value for text in app.markdown)
    for word in ("blind", "type A", "vertical", "forward pass", "softmax"):
        assert re.search(word, said, re.IGNORECASE), word


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pixelcnn-mnist", "gated-pixelcnn-mnist", "pixelcnn-mnist-grey"])
def test_the_likeliest_values_make_an_empty_image_as_the_page_says(name: str) -> None:
    app = reading("What people get wrong")
    assert any("an empty one" in text.value for text in app.markdown)
    drawn = load_pretrained(name, device="cpu").sample(1, temperature=0.0)
    assert int(drawn.sum()) == 0


def test_papers_are_those_of_the_models() -> None:
    app = reading("Papers")
    said = " ".join(text.value for text in app.markdown)
    assert "1601.06759" in said
    assert "1606.05328" in said
