"""Activity: the same with a series of one's own, from a CSV file."""

from __future__ import annotations

from pages.time_series.forecast import controls, picture, take_away
from pages.time_series.state import Forecasting, fields
from pages.time_series.upload import own_series
from pages.ui.outline import Activity, Step
from pages.ui.stage import Stage

FAN = {"view": "many steps", "back": True}


def with_upload(stage: Stage[Forecasting]) -> None:
    """The upload, and the controls of the other activities."""
    own_series(stage)
    controls(stage)


STEPS = (
    Step(
        "Your own series",
        "Upload a CSV file: one column of values, or one of dates and one of values. Until then, "
        "sunspots are shown. The last values are predicted too, so you see at once how "
        "well the model would have done.",
        FAN,
    ),
)

OWN = Activity(
    slug="own",
    title="Your own series",
    state=Forecasting,
    fields=fields,
    picture=picture,
    controls=with_upload,
    steps=STEPS,
    take_away=take_away,
)
