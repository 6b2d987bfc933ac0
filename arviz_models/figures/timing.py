"""How a measured time is told and marked, on every page that shows one."""

from __future__ import annotations

from arviz_models.analysis.timing import Comparison

LABELS = {
    "forward": "forward: 1 pass",
    "training": "training: 1 pass and back",
    "decoder": "decoder: {steps} steps",
    "naive": "naive: {passes} passes",
}
MARKS = {
    "forward": ("seen", "circle"),
    "training": ("seen", "diamond"),
    "decoder": ("feeds", "square"),
    "naive": ("target", "x"),
}


def duration(seconds: float) -> str:
    """A time as one reads it: two or three digits and a unit."""
    value, unit = seconds, "s"
    if seconds < 0.9995:
        value, unit = 1000 * seconds, "ms"
    elif seconds >= 119.5:
        value, unit = seconds / 60, "min"
    return f"{value:,.{2 if value < 0.995 else 1 if value < 9.95 else 0}f} {unit}"


def images_of(n: int) -> str:
    return "1 image" if n == 1 else f"{n} images"


def label(way: str, comparison: Comparison) -> str:
    """What a way is called, with its passes or steps."""
    cost = comparison.costs[way]
    return LABELS[way].format(steps=cost.steps, passes=cost.whole_passes)


def tick(power: int) -> str:
    """10^power seconds, for an axis."""
    return f"{10**power:,} s" if power >= 0 else f"{10.0 ** (power + 3):g} ms"


def measured_words(way: str, comparison: Comparison) -> str:
    """What was measured, and what is estimated from it."""
    cost = comparison.costs[way]
    said = f"{duration(cost.whole)} for {images_of(comparison.n)}"
    if cost.estimated:
        return (
            f"{said}, estimated from {cost.done} of {cost.steps} steps, which took "
            f"{duration(cost.seconds)}"
        )
    return f"{said}, measured"


def doing(comparison: Comparison) -> str:
    """What is being measured now."""
    images = images_of(comparison.n)
    if comparison.doing == "naive":
        cost = comparison.costs.get("naive")
        done = f"pass {cost.done:,} of {cost.steps:,}" if cost else "first pass"
        return f"drawing {images} naively, {done}"
    said = {
        "decoder": f"drawing {images} by the decoder",
        "forward": f"one pass over {images}",
        "training": f"one pass over {images}, and back",
        None: f"{images}, done",
    }
    return said[comparison.doing]
