"""What a link may hold: read, written, repaired, without Streamlit running."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from pages.ui.query import (
    MOST_FLIPS,
    Choice,
    Field,
    Flag,
    FlipList,
    Integer,
    Number,
    Values,
    Words,
    read_query,
    repair,
    write_query,
)
from tests.pages.visiting import link, press

SIZES = {"small": 16, "large": 400}
PINS = ("model", "order", "seed")


def size_of(values: Values) -> int:
    return SIZES[values["model"]]


def orders_of(values: Values) -> tuple[str, ...]:
    return ("raster", "spiral", "random") if values["model"] == "large" else ("raster",)


# The kinds and dependences of a lesson: order, flip and step depend on the model.
FIELDS: dict[str, Field] = {
    "model": Choice(tuple(SIZES)),
    "order": Choice(orders_of),
    "temperature": Number(0, 3, 1),
    "seed": Integer(0, 999_999),
    "flip": FlipList(size_of),
    "step": Integer(0, size_of, browser_owned=True),
    "present": Flag(),
    "pin": Words(PINS),
}
DEFAULTS: dict[str, Any] = {
    "model": "small",
    "order": "raster",
    "temperature": 1,
    "seed": 0,
    "flip": (),
    "step": None,  # the browser's own: only where a link has it
    "present": False,
    "pin": (),
}


@some.composite
def valid_queries(draw: some.DrawFn) -> dict[str, str]:
    """A query of which every part fits, however oddly it is written."""
    model = draw(some.sampled_from(list(SIZES)))
    query = {"model": model}
    size = SIZES[model]
    pixels = some.tuples(some.integers(0, size - 1), some.integers(0, 1))
    flips = draw(some.lists(pixels, min_size=1, max_size=MOST_FLIPS))
    parts: dict[str, some.SearchStrategy[str]] = {
        "order": some.sampled_from(orders_of({"model": model})),
        "temperature": some.from_regex(r"[0-2](\.[0-9]{1,6})?", fullmatch=True),
        "seed": some.from_regex(r"[0-9]{1,6}", fullmatch=True),
        "flip": some.just(".".join(f"{index}-{level}" for index, level in flips)),
        "step": some.integers(0, size).map(str),
        "present": some.sampled_from(["0", "1"]),
        "pin": some.lists(some.sampled_from(PINS), min_size=1).map(".".join),
    }
    for name, part in parts.items():
        if draw(some.booleans()):
            query[name] = draw(part)
    return query


def fits(values: Values) -> bool:
    """Whether values are those a page may use."""
    size = SIZES[values["model"]]
    return (
        values["order"] in orders_of(values)
        and 0 <= values["temperature"] <= 3
        and 0 <= values["seed"] <= 999_999
        and (values["step"] is None or 0 <= values["step"] <= size)
        and isinstance(values["present"], bool)
        and set(values["pin"]) <= set(PINS)
        and len(values["flip"]) <= MOST_FLIPS
        and all(0 <= index < size and level in (0, 1) for index, level in values["flip"])
    )


def own(values: Values) -> dict[str, Any]:
    """The values that Python keeps, without the browser's."""
    return {name: value for name, value in values.items() if not FIELDS[name].browser_owned}


def test_an_empty_link_gives_the_defaults_without_a_word() -> None:
    assert read_query(FIELDS, {}) == (DEFAULTS, [])


def test_defaults_stay_out_of_the_link() -> None:
    assert write_query(FIELDS, DEFAULTS) == {}


@given(some.dictionaries(some.sampled_from([*FIELDS, "utm_source"]), some.text(max_size=60)))
def test_any_text_gives_values_that_fit_and_at_most_a_notice_each(query: dict[str, str]) -> None:
    values, notices = read_query(FIELDS, query)
    assert values.keys() == FIELDS.keys()
    assert fits(values)
    assert len(notices) <= len(query.keys() & FIELDS.keys())


@given(some.text(max_size=200))
def test_a_notice_holds_no_mark_up_of_what_the_link_gave(text: str) -> None:
    _, notices = read_query({"order": Choice(("raster", "spiral"))}, {"order": text})
    for notice in notices:
        assert notice.startswith("The link's `order` ")
        assert notice.count("`") == 4  # the name and what was given, as code
        given = notice.split("`")[3]
        assert 0 < len(given) <= 40
        assert not set(given) & set("<>$*[]()\\&\"'\n")


@given(valid_queries())
def test_what_fits_is_taken_without_a_notice(query: dict[str, str]) -> None:
    values, notices = read_query(FIELDS, query)
    assert notices == []
    assert fits(values)
    assert values["model"] == query["model"]


@given(valid_queries())
def test_a_written_link_brings_the_values_back(query: dict[str, str]) -> None:
    values, _ = read_query(FIELDS, query)
    again, notices = read_query(FIELDS, write_query(FIELDS, values))
    assert notices == []
    assert again == values | {"step": None}  # the browser's own, never written here


@given(valid_queries())
def test_repair_keeps_what_fits(query: dict[str, str]) -> None:
    values, _ = read_query(FIELDS, query)
    assert own(repair(FIELDS, values)) == own(values)


@given(valid_queries(), some.sampled_from(list(SIZES)))
def test_another_model_takes_back_only_what_no_longer_fits(
    query: dict[str, str], model: str
) -> None:
    before, _ = read_query(FIELDS, query)
    after = repair(FIELDS, before | {"model": model})
    assert fits(after)
    assert after["model"] == model
    assert repair(FIELDS, after) == after
    for name in ("temperature", "seed", "present", "pin"):
        assert after[name] == before[name]
    if before["order"] in orders_of({"model": model}):
        assert after["order"] == before["order"]
    if all(index < SIZES[model] for index, _ in before["flip"]):
        assert after["flip"] == before["flip"]


def test_repair_gives_the_default_for_a_widget_that_was_emptied() -> None:
    emptied = DEFAULTS | {"seed": None, "temperature": None}
    assert own(repair(FIELDS, emptied)) == own(DEFAULTS)


def test_the_steps_limit_is_that_of_the_links_model() -> None:
    assert read_query(FIELDS, {"model": "large", "step": "400"})[1] == []
    [notice] = read_query(FIELDS, {"model": "small", "step": "400"})[1]
    assert "`step`" in notice
    assert "`400`" in notice
    assert "from 0 to 16" in notice


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("model", "unknown", "one of small, large"),
        ("order", "spiral", "raster"),  # the small model knows no other
        ("order", "<script>alert(1)</script>", "raster"),
        ("temperature", "NaN", "a number from 0 to 3"),
        ("temperature", "inf", "a number from 0 to 3"),
        ("temperature", "1e-3", "a number from 0 to 3"),
        ("temperature", "3.1", "a number from 0 to 3"),
        ("temperature", "", "a number from 0 to 3"),
        ("seed", "-1", "a whole number from 0 to 999999"),
        ("seed", "1000000", "a whole number from 0 to 999999"),
        ("seed", "1.0", "a whole number from 0 to 999999"),
        ("seed", "", "a whole number from 0 to 999999"),
        ("seed", "٣", "a whole number from 0 to 999999"),
        ("seed", "9" * 5000, "a whole number from 0 to 999999"),
        ("step", "1000000000", "a whole number from 0 to 16"),
        ("flip", "abc", "each index below 16 and each level below 2"),
        ("flip", "16-1", "each index below 16 and each level below 2"),
        ("flip", "1-2", "each index below 16 and each level below 2"),
        ("flip", "1-1.", "each index below 16 and each level below 2"),
        ("flip", "", "each index below 16 and each level below 2"),
        ("present", "yes", "0 or 1"),
        ("pin", "model.device", "any of model, order, seed"),
        ("pin", "", "any of model, order, seed"),
    ],
)
def test_what_does_not_fit_falls_back_with_a_notice(name: str, text: str, expected: str) -> None:
    values, notices = read_query(FIELDS, {name: text, "utm_source": "mail"})
    assert values == DEFAULTS
    [notice] = notices
    assert f"`{name}`" in notice
    assert expected in notice
    assert "<" not in notice


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("model", "large", "large"),
        ("temperature", "0.7", 0.7),
        ("temperature", "0", 0.0),
        ("temperature", "3", 3.0),
        ("temperature", "0.000001", 0.000001),
        ("seed", "007", 7),
        ("flip", "4-1", ((4, 1),)),
        ("flip", "9-0.4-1", ((4, 1), (9, 0))),
        ("flip", "4-1.4-0", ((4, 0),)),
        ("present", "1", True),
        ("present", "0", False),
        ("pin", "seed.model", ("model", "seed")),
    ],
)
def test_each_kind_of_field_reads_and_writes(name: str, text: str, value: object) -> None:
    values, notices = read_query(FIELDS, {name: text})
    assert notices == []
    assert values == DEFAULTS | {name: value}
    written = write_query(FIELDS, values)
    assert written.keys() == ({name} if value != DEFAULTS[name] else set())
    assert read_query(FIELDS, written)[0] == values


def test_more_flips_than_a_link_should_hold_are_refused() -> None:
    fields: dict[str, Field] = {"flip": FlipList(lambda values: 10_000)}
    most = ".".join(f"{index}-1" for index in range(MOST_FLIPS))
    assert len(read_query(fields, {"flip": most})[0]["flip"]) == MOST_FLIPS
    values, notices = read_query(fields, {"flip": f"{most}.{MOST_FLIPS}-1"})
    assert values == {"flip": ()}
    assert f"up to {MOST_FLIPS}" in notices[0]


def test_flips_may_have_more_levels_than_two() -> None:
    fields: dict[str, Field] = {"flip": FlipList(lambda values: 4, levels=16)}
    assert read_query(fields, {"flip": "3-15"}) == ({"flip": ((3, 15),)}, [])
    assert len(read_query(fields, {"flip": "3-16"})[1]) == 1


# --- a page that lives by its link ----------------------------------------------------------------


def page() -> None:
    import streamlit as st

    from pages.ui.query import Integer
    from pages.ui.state import Link

    link = Link(
        "test",
        {
            "seed": Integer(0, 99),
            "size": Integer(1, 9, 5),
            "target": Integer(0, lambda values: values["size"] ** 2 - 1, browser_owned=True),
            "digit": Integer(0, 9),
        },
    )
    values = link.read()
    st.session_state.setdefault("changes", 0)

    def changed() -> None:
        st.session_state["changes"] += 1

    st.number_input("Size", 1, 9, key=link.key("size"), on_change=link.on_change("size", changed))
    st.number_input("Digit", 0, 9, key=link.key("digit"))
    st.button("Seed 7", on_click=link.set, kwargs={"seed": 7})
    st.button("Size 2", on_click=link.set, kwargs={"size": 2})
    for target in (3, 24, 100):
        # As a picture does by its trigger; the address that the browser wrote does not come along.
        st.button(f"Target {target}", on_click=link.tell, args=({"target": target, "seed": 50},))
    st.button("Reset", on_click=link.reset)
    if not st.session_state.get("cut"):  # a run that is ended does not come so far
        link.drawn()
    st.text(f"{values['seed']} {values['size']}")
    st.text(link.kept(values, {"target": 1})["target"])


def open_page() -> AppTest:
    return AppTest.from_function(page).run()


def shown(app: AppTest) -> str:
    assert not app.exception
    return str(app.text[0].value)


def test_an_edit_that_comes_with_the_address_before_the_last_loses_nothing() -> None:
    app = open_page()
    app.number_input[0].set_value(3).run()
    assert (shown(app), link(app)) == ("0 3", {"size": "3"})
    app.query_params = {}  # the browser has not heard of size=3 yet
    app.button[0].click().run()
    assert (shown(app), link(app)) == ("7 3", {"seed": "7", "size": "3"})
    app.query_params = {"size": "3"}  # nor of seed=7
    app.number_input[0].set_value(4).run()
    assert (shown(app), link(app)) == ("7 4", {"seed": "7", "size": "4"})


def cut_short(app: AppTest) -> None:
    """Press "Size 2"; another message of the browser ends that run before its widgets are there."""
    app.session_state["cut"] = True
    press(app, "Size 2")
    app.session_state["cut"] = False


def test_what_was_set_stays_when_the_next_message_ends_the_run_before_its_widgets() -> None:
    app = open_page()
    cut_short(app)
    app.query_params = {}  # all that the browser sends is from before
    app.number_input[0].set_value(5).run()
    assert (shown(app), link(app)) == ("0 2", {"size": "2"})
    assert app.session_state["changes"] == 0  # nobody has chosen 5
    cut_short(app)
    app.query_params = {}
    app.button[0].click().run()  # what the message was sent for is done
    assert (shown(app), link(app)) == ("7 2", {"seed": "7", "size": "2"})


def test_a_change_stays_when_the_next_message_ends_its_run_and_brings_the_address_before() -> None:
    app = open_page()
    app.session_state["cut"] = True
    app.number_input[0].set_value(3).run()
    app.session_state["cut"] = False
    app.query_params = {}
    app.run()
    assert (shown(app), link(app)) == ("0 3", {"size": "3"})


def test_what_a_visitor_changes_next_is_taken() -> None:
    app = open_page()
    cut_short(app)
    app.number_input[0].set_value(4).run()
    assert (shown(app), link(app)) == ("0 4", {"size": "4"})
    press(app, "Size 2")
    app.number_input[0].set_value(4).run()  # the browser has shown 2
    assert (shown(app), link(app)) == ("0 4", {"size": "4"})
    assert app.session_state["changes"] == 2


def page_that_hides() -> None:
    import streamlit as st

    from pages.ui.query import Flag, Integer
    from pages.ui.state import Link

    link = Link("test", {"far": Flag(), "horizon": Integer(1, 99, 30), "seed": Integer(0, 99)})
    values = link.read()
    if not st.session_state.get("hidden"):
        st.slider("Horizon", 1, 99, key=link.key("horizon"))
        st.toggle("Far", key=link.key("far"))
    st.number_input("Seed", 0, 99, key=link.key("seed"))
    link.drawn()
    st.text(f"{values['horizon']} {values['far']}")


@pytest.mark.parametrize("runs", [1, 2, 3])
def test_a_control_that_was_hidden_comes_back_in_the_browser_as_it_was(runs: int) -> None:
    app = AppTest.from_function(page_that_hides).run()
    app.slider[0].set_value(24)
    app.toggle[0].set_value(True).run()
    app.session_state["hidden"] = True
    for run in range(runs):
        app.number_input[0].set_value(run + 1).run()
    app.session_state["hidden"] = False
    app.run()
    assert shown(app) == "24 True"
    # What the browser takes is what it is told; else it begins at the lowest value, and off.
    slider, toggle = app.slider[0].proto, app.toggle[0].proto
    assert (slider.set_value, list(slider.value)) == (True, [24])
    assert (toggle.set_value, toggle.value) == (True, True)
    app.run()
    assert not app.slider[0].proto.set_value  # once: later it is the visitor's


def test_to_go_back_brings_back_what_was() -> None:
    app = open_page()
    app.number_input[0].set_value(3).run()
    app.button[0].click().run()
    app.query_params = {"size": "3"}
    app.run()
    assert (shown(app), link(app)) == ("0 3", {"size": "3"})
    app.query_params = {}
    app.run()
    assert (shown(app), link(app)) == ("0 5", {})


def test_a_link_opened_in_the_same_session_is_taken() -> None:
    app = open_page()
    app.number_input[0].set_value(3).run()
    app.query_params = {"seed": "2", "size": "8"}
    app.run()
    assert shown(app) == "2 8"


def target(app: AppTest) -> int:
    return int(app.text[1].value)


def test_what_the_browser_tells_goes_before_what_the_address_says() -> None:
    app = open_page()
    assert target(app) == 1
    app.query_params = {"target": "12"}
    app.run()
    assert target(app) == 12
    press(app, "Target 24")
    assert target(app) == 24
    assert shown(app) == "0 5"  # of other fields it has nothing to say
    press(app, "Target 100")  # there is no such pixel: then as the address says
    assert target(app) == 12


def test_what_the_browser_tells_holds_until_it_is_sent_elsewhere() -> None:
    app = open_page()
    press(app, "Target 3")
    app.number_input[1].set_value(7).run()  # declared after the target: it goes on
    assert (target(app), link(app)) == (3, {"digit": "7", "target": "3"})
    app.number_input[0].set_value(4).run()  # declared before it
    assert (target(app), link(app)) == (1, {"digit": "7", "size": "4"})
    press(app, "Target 3")
    press(app, "Reset")
    assert (target(app), link(app)) == (1, {})
    press(app, "Target 3")
    app.query_params = {"size": "4"}  # back in history
    app.run()
    assert (target(app), shown(app)) == (1, "0 4")


def test_a_number_has_a_sign_only_where_it_can_be_below_0() -> None:
    both = Number(-2, 2, 0)
    assert both.parse("-1.5", {}) == -1.5
    assert both.text(-1.5) == "-1.5"
    for field, text in ((both, "-2.5"), (both, "--1"), (both, "+1"), (Number(0, 2, 1), "-0")):
        with pytest.raises(ValueError, match="a number from"):
            field.parse(text, {})
