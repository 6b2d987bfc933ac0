"""Activity: one picture through all models at once; the student ranks them first.

What `hide` can cover: "figures", all that tells which model finds the picture more probable. The
figures are there once the student has revealed them for this picture, or where a step's `place` has
"shown". Before that nothing of them is sent to the browser.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.lab import rivals
from pages.lab.compare_steps import STEPS
from pages.lab.rivals import Rival
from pages.lab.runs import runs, take_all
from pages.ui import digits, work
from pages.ui.completion_activity import Painted, Painting, at_levels
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity
from pages.ui.query import Choice, Field, Integer, Values
from pages.ui.stage import Stage

NOTHING = "none"
MOST_GUESSES = 50  # pictures whose ranking is kept, of a session
NLL_IN_WORDS = (
    "NLL is −log p(x) of a whole picture, in nats: the sum of the surprisal −log p of each pixel, "
    "given those before it in the order of the model. Bits/dim are nats / (D · ln 2). A model that "
    "was trained over many orders gives each order its own NLL; here it is that of raster order. "
    "One with many masks gives each pixel the mean of the probabilities under all of them. The "
    "time of a sample is that of one image, drawn alone in a worker process of this server; on a "
    "CPU it is the time of the processor, so that other visitors do not count. The range of a "
    "shipped model is that of all test images, that of a run of the lab that of at most 500, drawn "
    "at random: always the same ones."
)


@dataclass(frozen=True)
class Compared:
    """What is compared.

    Attributes:
        data: of `rivals.groups`.
        digit: place in the test split.
        drawing: painted by hand in place of the digit.
    """

    data: str
    digit: int
    drawing: Painting | None


def _images(values: Values) -> Rival | None:
    """A model of the images that are chosen."""
    return next(iter(rivals.groups().get(values["data"], [])), None)


def pixels(values: Values) -> int:
    """D."""
    found = _images(values)
    return 1 if found is None else found.dimensions


def most(values: Values) -> int:
    """The last test image."""
    found = _images(values)
    return 0 if found is None else digits.TEST_IMAGES[found.data] - 1


def fields() -> Mapping[str, Field]:
    """How the address holds `Compared`, and the pixel whose context is shown."""
    return {
        "data": Choice(tuple(rivals.groups()) or (NOTHING,)),
        "digit": Integer(0, most, 9),
        "drawing": Painted(pixels),
        "pixel": Integer(0, lambda values: pixels(values) - 1, browser_owned=True),
    }


# --- what the student has said --------------------------------------------------------------------


def _picture_key(state: Compared) -> tuple[Any, ...]:
    return (state.data, state.digit, state.drawing)


def guess_of(stage: Stage[Compared]) -> tuple[str, ...] | None:
    """The ranking of this picture that was revealed, the most probable first.

    () where it was revealed without one, None where it was not revealed.
    """
    found: dict[Any, tuple[str, ...]] = st.session_state.get(stage.key("·guesses"), {})
    return found.get(_picture_key(stage.state))


def reveal(stage: Stage[Compared], guess: Sequence[str]) -> None:
    """Show the figures of this picture; what was revealed before stays as it is."""
    kept = st.session_state.setdefault(stage.key("·guesses"), {})
    kept.setdefault(_picture_key(stage.state), tuple(guess))
    while len(kept) > MOST_GUESSES:
        kept.pop(next(iter(kept)))


def is_shown(stage: Stage[Compared]) -> bool:
    """Whether the figures may be seen."""
    by_step = bool(stage.place().get("shown")) and not stage.touched
    return "figures" not in stage.hidden and (by_step or guess_of(stage) is not None)


def verdict(guess: Sequence[str], order: Sequence[str]) -> str:
    """How right a ranking is, in words; "" for none.

    Args:
        guess: names of models, the most probable first.
        order: the same by their NLL; those that were not ranked are left out.
    """
    from arviz_models.analysis.ranking import pairs_right, places_right

    true = [name for name in order if name in guess]
    mine = [name for name in guess if name in true]
    if len(true) < rivals.LEAST:
        return ""
    right, pairs = pairs_right(mine, true)
    return (
        f"You had {places_right(mine, true)} of {len(true)} places right, and {right} of {pairs} "
        f"pairs in the right order. A ranking by chance has 1 place and {pairs / 2:g} pairs right, "
        "on average."
    )


# --- the picture ----------------------------------------------------------------------------------


def picture(stage: Stage[Compared]) -> None:
    """The picture, and a panel for each model."""
    work.warm()
    take_all()
    state = stage.state
    found = rivals.groups().get(state.data, [])
    if not found:
        st.error(
            "Fewer than two models of the same images were found in `assets/checkpoints`. Restore "
            "that folder, or train two in the lab."
        )
        return
    first = found[0]
    strip = digits.strip(first.data, first.levels, state.digit)
    digit = digits.chosen(strip, state.digit)
    x = at_levels(state.drawing, first.levels, digit)
    shown = is_shown(stage)
    scored = rivals.known_scores(found, x) if shown else None
    facts = rivals.known_facts(found)
    models = [_model(each, facts, scored) for each in found]
    if scored is not None:
        models.sort(key=lambda each: each["nats"])
    order = [each["id"] for each in models]
    guess = guess_of(stage) or ()
    meta = {
        "rows": first.shape[0],
        "columns": first.shape[1],
        "levels": first.levels,
        "digit": state.digit,
        "painted": state.drawing is not None,
        "picture": repr(_picture_key(state)),
        "models": models,
        "shown": scored is not None,
        "guess": [name for name in guess if name in order] if scored is not None else [],
        "verdict": verdict(guess, order) if scored is not None else "",
        "covered": "figures" in stage.hidden,
        "waits": shown and scored is None,
        "tables": _tables_name(facts),
        "nonce": st.session_state.get(stage.key("·nonce"), 0),
    }
    arrays = {"x": x, "base": digit, "strip": strip["images"], "strip_indices": strip["indices"]}
    if scored is not None:
        arrays["surprisal"] = np.stack([scored[name]["surprisal"] for name in order])
    mount(
        "lab_compare",
        key=stage.key("compare"),
        data=pack(stage.meta() | meta | look(), arrays),
        on_edit_change=partial(_edit, stage),
        on_reveal_change=partial(_revealed, stage),
    )
    mount("weights", key=stage.key("compare_tables"), data=_tables(facts))
    stage.made |= {"models": models, "scored": scored, "x": x}
    unknown = shown and (scored is None or any(map(_unknown, found)))
    if unknown or len(facts) < len(found):
        stage.last = partial(_learn, found, x if shown else None, st.container())


def _unknown(rival: Rival) -> bool:
    return not rival.shipped and rivals.range_of(rival) is None


def _learn(found: Sequence[Rival], x: np.ndarray | None, place: Any) -> None:
    """What the picture still lacks, piece by piece, and then the page again. Call last.

    Args:
        found: the models.
        x: the picture, where its figures are to be shown.
        place: for the progress.
    """
    with place:
        if x is not None and rivals.known_scores(found, x) is None:
            done = rivals.learn_scores(found, x)
        else:
            done = rivals.learn_facts(found) and (x is None or rivals.learn_ranges(found))
        if not done:
            st.info("Stopped. Press **Reset**, or choose another picture, to compute it again.")
    if done:
        st.rerun()


def _model(
    rival: Rival,
    facts: Mapping[str, Mapping[str, Any]],
    scored: Mapping[str, Mapping[str, Any]] | None,
) -> dict[str, Any]:
    """What the browser is told of a model; its figures only where they are shown."""
    told: dict[str, Any] = {
        "id": rival.name,
        "title": rival.title,
        "note": rival.note,
        "parameters": rival.parameters,
    }
    if scored is None:
        return told
    nats, known = scored[rival.name]["nll"], facts.get(rival.name)
    found = rivals.range_of(rival)
    told |= {
        "nats": nats,
        "bits": nats / math.log(2) / rival.dimensions,
        "range": None if found is None else range_told(found, nats),
    }
    if known is not None:
        told |= {"ms": 1000 * known["seconds"], "samples": known["samples"]}
    return told


def range_told(found: Any, nats: float) -> dict[str, Any]:
    """A range of test images as a picture draws it, and where an NLL lies in it."""
    marks = found.quantiles
    return {
        "marks": [marks[percent] for percent in (0, 25, 50, 75, 100)],
        "mean": found.mean,
        "count": found.count,
        "whole": found.whole,
        "below": found.share_below(nats),
    }


def _tables_name(facts: Mapping[str, Any]) -> str:
    return "lab contexts " + " ".join(facts)


def _tables(facts: Mapping[str, Mapping[str, Any]]) -> bytes:
    """What each model reads, for every pixel, and its order: sent once."""
    arrays = {f"reads {name}": each["reads"] for name, each in facts.items()}
    arrays |= {f"order {name}": each["order"] for name, each in facts.items()}
    return pack({"name": _tables_name(facts)}, arrays)


def _edit(stage: Stage) -> None:
    """Callback of the picture: other strokes, or another digit."""
    edit = st.session_state[stage.key("compare")].get("edit")
    if not edit:
        return
    st.session_state[stage.key("·nonce")] = int(edit["nonce"])
    st.session_state.pop(work.STOPPED, None)
    first = _images(stage.values)
    if first is None:
        return
    if "digit" in edit:
        stage.set(digit=digits.picked(edit["digit"], digits.TEST_IMAGES[first.data]), drawing=None)
        return
    painted = edit["painted"]
    stage.set(drawing=None if painted is None else (first.levels, bytes(painted)))


def _revealed(stage: Stage[Compared]) -> None:
    """Callback of the picture: the ranking is made."""
    said = st.session_state[stage.key("compare")].get("reveal")
    if said:
        known = {each.name for each in rivals.groups().get(stage.state.data, [])}
        reveal(stage, [name for name in map(str, said["guess"]) if name in known])


# --- beside and below it --------------------------------------------------------------------------


def controls(stage: Stage) -> None:
    """Which images, and which of them."""
    found = rivals.groups()
    st.selectbox(
        "Images and models",
        list(found) or [NOTHING],
        format_func=lambda name: rivals.group_title(found[name][0]) if name in found else "None",
        key=stage.key("data"),
        on_change=stage.link.on_change("data", lambda: stage.set(digit=9, drawing=None)),
    )
    st.number_input(
        "Test image number",
        0,
        most(stage.values),
        key=stage.key("digit"),
        on_change=stage.link.on_change("digit", lambda: stage.set(drawing=None)),
    )
    left_out = [number for number, run in enumerate(runs().values(), 1) if rivals.leaks(run)]
    if left_out:
        named = ", ".join(map(str, left_out))
        st.caption(f"Left out, since it reads what it must not and has no NLL: run {named}.")
    if any(run.live for run in runs().values()):
        st.caption("The run that trains now comes here once it has ended.")


def take_away(stage: Stage) -> None:
    """The figures as tables."""
    if stage.made.get("scored") is None:
        st.caption("There is nothing to save before the figures are revealed.")
        return
    models, scored = stage.made["models"], stage.made["scored"]
    surprisals = {each["id"]: scored[each["id"]]["surprisal"] for each in models}
    with st.container(horizontal=True):
        st.download_button(
            "Models, CSV", partial(models_csv, models), "compared.csv", on_click="ignore"
        )
        st.download_button(
            "Every pixel, CSV",
            partial(pixels_csv, stage.made["x"], surprisals),
            "compared-pixels.csv",
            on_click="ignore",
        )


def models_csv(models: Sequence[Mapping[str, Any]]) -> str:
    """A line for each model, the most probable first."""
    lines = [
        "model,title,parameters,nll_nats,bits_per_dim,test_mean_nats,test_images,"
        "share_of_test_images_below,sample_ms"
    ]
    for each in models:
        found = each["range"] or {}
        numbers = [found.get("mean"), found.get("count"), found.get("below"), each.get("ms")]
        said = ["" if number is None else f"{number:.6g}" for number in numbers]
        figures = [f"{each['nats']:.6g}", f"{each['bits']:.6g}", *said]
        title = each["title"].replace('"', "'")
        lines.append(f'{each["id"]},"{title}",{each["parameters"]},{",".join(figures)}')
    return "\n".join(lines) + "\n"


def pixels_csv(x: np.ndarray, columns: Mapping[str, np.ndarray]) -> str:
    """A line for each pixel of a picture x (H, W): its value, and its number in each column.

    Args:
        columns: by their head, (H W,) each; surprisals in nats.
    """
    lines = [",".join(["row", "column", "value", *columns])]
    for index, value in enumerate(x.ravel()):
        row, column = divmod(index, x.shape[1])
        numbers = [f"{each[index]:.6g}" for each in columns.values()]
        lines.append(",".join([str(row), str(column), str(value), *numbers]))
    return "\n".join(lines) + "\n"


COMPARE = Activity(
    slug="compare",
    title="Compare",
    state=Compared,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
