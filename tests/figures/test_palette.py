"""The one visual language: the ramp it names, and colours that can be told apart and read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arviz_models.figures.palette import MEANINGS, PROBABILITY, colours

ROOT = Path(__file__).resolve().parents[2]
GROUNDS = ("light", "dark")
WORDS_OF_LESSONS = {"target", "seen", "depth-limited", "blind", "future", "drawn-now"}
READABLE = 4.5  # contrast that WCAG asks of text
VISIBLE = 3.0  # and of marks


@pytest.fixture(scope="module")
def theme() -> dict[str, Any]:
    text = (ROOT / ".streamlit" / "config.toml").read_text("utf-8")
    found: dict[str, Any] = tomllib.loads(text)["theme"]
    return found


def channels(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255


def luminance(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str | np.ndarray, other: str | np.ndarray) -> float:
    """WCAG's contrast of two colours, 1 to 21."""
    lights = [luminance(channels(c) if isinstance(c, str) else c) for c in (one, other)]
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def cividis(stops: int) -> list[str]:
    colors = pytest.importorskip("matplotlib.colors")
    import matplotlib

    ramp = matplotlib.colormaps["cividis"]
    return [colors.to_hex(ramp(at)).upper() for at in np.linspace(0, 1, stops)]


def test_probability_is_matplotlibs_cividis() -> None:
    assert list(PROBABILITY) == cividis(17)


def test_charts_have_the_same_ramp(theme: dict[str, Any]) -> None:
    for ground in GROUNDS:
        ramp = theme[ground]["chartSequentialColors"]
        assert ramp == cividis(len(ramp))


def test_ramp_grows_lighter_all_the_way() -> None:
    lights = [luminance(channels(colour)) for colour in PROBABILITY]
    assert lights == sorted(lights)
    assert len(set(lights)) == len(lights)


def test_all_meanings_of_the_lessons_are_there() -> None:
    assert MEANINGS.keys() >= WORDS_OF_LESSONS


def test_every_meaning_has_a_word_a_mark_and_two_colours() -> None:
    for meaning in MEANINGS.values():
        assert meaning.word
        assert meaning.mark
        for colour in (meaning.light, meaning.dark):
            assert re.fullmatch(r"#[0-9A-F]{6}", colour)


@pytest.mark.parametrize("ground", GROUNDS)
def test_colours_of_a_ground(ground: str) -> None:
    assert colours(ground) == {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}


def test_meanings_that_share_a_colour_differ_in_their_mark() -> None:
    names = list(MEANINGS)
    for ground in GROUNDS:
        shown = colours(ground)
        for one in names:
            for other in names[names.index(one) + 1 :]:
                if shown[one] == shown[other]:
                    assert MEANINGS[one].mark != MEANINGS[other].mark, (one, other)


@pytest.mark.parametrize("ground", GROUNDS)
def test_pictures_can_be_read(ground: str, theme: dict[str, Any]) -> None:
    shown, page = colours(ground), theme[ground]["backgroundColor"]
    assert contrast(shown["quiet"], page) >= READABLE  # titles over the pictures
    assert contrast(shown["ink"], shown["paper"]) >= READABLE  # words on the bar of chance
    for name in ("target", "seen", "positive", "negative"):
        assert contrast(shown[name], page) >= VISIBLE, name
    assert contrast(shown["ink"], shown["drawn-now"]) >= VISIBLE or ground == "dark"


@pytest.mark.parametrize("ground", GROUNDS)
def test_page_text_can_be_read_even_at_streamlits_60_percent(
    ground: str, theme: dict[str, Any]
) -> None:
    page, text = (channels(theme[ground][name]) for name in ("backgroundColor", "textColor"))
    assert contrast(0.6 * text + 0.4 * page, page) >= READABLE
    for name in ("primaryColor", "linkColor"):
        assert contrast(theme[ground][name], theme[ground]["backgroundColor"]) >= READABLE, name
