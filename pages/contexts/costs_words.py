"""What the costs of the networks say, in words: who waits, what was measured, what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from arviz_models import MODELS
from arviz_models.analysis.costs import READS_EVERYTHING, Row, waits
from arviz_models.analysis.networks import NETWORKS
from arviz_models.figures.numbers import listed
from pages.ui.live import on_server


def ago(seconds: float) -> str:
    """How long ago something was."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = int(seconds // length)
        if count > 0:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def measured_here(rows: Sequence[Row], now: float) -> str:
    """Where and when the rows were measured, and which times are estimated.

    Args:
        now: in seconds since 1970.
    """
    found = [(row, row.measured) for row in rows if row.measured is not None]
    if not found:
        return "Nothing is measured yet: press **Measure on the server** and the empty cells fill."
    times = sorted(each.when for _, each in found)
    when = list(dict.fromkeys(ago(now - time) for time in (times[0], times[-1])))
    devices = list(dict.fromkeys(each.comparison.device for _, each in found))
    where = on_server(listed(devices))
    said = f"Measured {where} {' to '.join(when)}, one image at a time."
    if missing := [row.title for row in rows if row.measured is None]:
        said += f" Not measured yet: {'; '.join(missing)}."
    naive = [(row.title, each.comparison.costs["naive"]) for row, each in found]
    if estimated := [(title, cost) for title, cost in naive if cost.estimated]:
        which = "Naive times"
        if len(estimated) < len(naive):
            which += f" of {listed([title for title, _ in estimated])}"
        counts = [cost.done for _, cost in estimated]
        fewest, most = min(counts), max(counts)
        done = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
        said += (
            f" {which} are about right: estimated from {done} of {estimated[0][1].steps:,} passes."
        )
    return said


def who_waits(rows: Sequence[Row]) -> str:
    """Why the lecture finds PixelRNNs far slower than PixelCNN, and what is true here; Markdown."""
    steps = {row.word: each for row in rows if (each := waits(row))}
    found = {row.word: row for row in rows if row.word in steps}
    if "pixelcnn" not in found or not found.keys() & {"row", "diagonal"}:
        return ""
    convolutional = found["pixelcnn"]
    recurrent = [found[word] for word in ("row", "diagonal") if word in found]
    waiting = listed(
        [f"a {row.title} takes {' '.join(map(str, steps[row.word]))}" for row in recurrent]
    )
    said = (
        "**Why PixelRNNs are called slower than PixelCNN.** In training, each layer "
        f"of a PixelCNN computes all pixels at once; in each layer {waiting}, one after the other. "
        "On a GPU, which could compute all pixels at once, this waiting decides. One thread of a "
        "CPU loses less by it, but there too many small steps take longer than a few large ones "
        "with as many multiplications. In sampling all of them wait for each pixel."
    )
    if convolutional.trained:
        sizes = listed(
            [
                f"{row.title} has {row.card['parameters']:,} parameters"
                for row in (convolutional, *recurrent)
            ]
        )
        return (
            f"{said} The networks of this table are not of equal size: {sizes}. Choose *Of equal "
            "size* to compare the kinds."
        )
    measured = [row for row in (convolutional, *recurrent) if row.measured]
    counts = [row.card["parameters"] for row in (convolutional, *recurrent)]
    ends = sorted({min(counts), max(counts)})
    said += (
        f" These have {' to '.join(f'{each:,}' for each in ends)} parameters and random weights, "
        "on which the times do not depend."
    )
    if len(measured) > 1 and convolutional.measured:
        times = []
        for row in measured:
            assert row.measured is not None
            cost = row.measured.comparison.costs["training"]
            times.append(f"{row.title} {1000 * cost.whole:.1f} ms")
        device = convolutional.measured.comparison.device
        said += f" One training pass {on_server(device)}: {listed(times)}."
    return said


def chains(rows: Sequence[Row]) -> dict[str, str]:
    """By title, how many steps of one training pass wait for each other; in words.

    The first convolution counts as a layer. Networks without layers of an image are left out.
    """
    found = {}
    for row in rows:
        waiting = waits(row)
        if waiting is None:
            continue
        count, unit = waiting
        layers = row.card["config"]["layers"]
        if count == 1:
            found[row.title] = f"{layers + 1} layers, the first convolution among them"
        else:
            found[row.title] = f"{count} {unit}" + (
                f" in each of {layers} layers" if layers > 1 else ""
            )
    return found


def sources(rows: Sequence[Row]) -> str:
    """What a pass is, and where the numbers come from that were not measured."""
    sets = {
        data: [row.title for row in rows if row.test_set == data]
        for data in dict.fromkeys(row.test_set for row in rows)
    }
    told = "; ".join(
        f"`{data}`" + ("" if len(sets) == 1 else f" ({listed(titles)})")
        for data, titles in sets.items()
    )
    devices = list(dict.fromkeys(row.card["device"] for row in rows if "device" in row.card))
    said = (
        "A pass is one evaluation of the whole network; the passes were counted. "
        f"Test NLL on {told}, as measured when the networks were trained: fewer nats are better."
    )
    if devices:
        said += (
            f" The time of an epoch is the card's too, on {listed(devices)} of the machine that "
            "trained it and with whatever else ran there. To compare the work, take the training "
            "pass measured on the server."
        )
    return said


def not_equally_good(rows: Sequence[Row]) -> str:
    """Against "what reads the same is equally good", with the cards' numbers; Markdown or ""."""
    readers = sorted(
        (row for row in rows if row.word in READS_EVERYTHING), key=lambda row: row.test_nll
    )
    if len(readers) < 2:
        return ""
    told = "; ".join(f"{row.title} ({row.test_nll:.2f} nats)" for row in readers)
    apart = readers[-1].test_nll - readers[0].test_nll
    said = (
        "**“Networks that read the same are equally good.”** Each of these reads every earlier "
        f"pixel: {told}. They are {apart:.2f} nats apart."
    )
    others = [row for row in rows if row not in readers]
    best = min(others, key=lambda row: row.test_nll, default=None)
    beaten = [row.title for row in readers if best and best.test_nll < row.test_nll]
    if best and beaten:
        said += (
            f" None can read more, and yet {best.title} ({best.test_nll:.2f} nats) does better "
            f"than {listed(beaten)}."
        )
    return said + (
        " What a network reads says what it could know; how it computes, and how it was trained, "
        "decide what it makes of it."
    )


def untrained(words: Sequence[str], data: str) -> str:
    """Which networks have no checkpoint, and how to train one; Markdown or "".

    Args:
        words: of `NETWORKS`.
        data: what to train on.
    """
    commands = {model.__name__: command for command, model in MODELS.items()}
    said = []
    for word in words:
        network = NETWORKS[word]
        model = commands[network.kind]
        flags = [
            name.replace("_", "-") for name, value in network.settings.items() if value is True
        ]
        command = f"python -m arviz_models train {model} --data {data}"
        if flags:  # the name by default is that of the network without
            name = "-".join([model, data.replace("_", "-"), *flags])
            command += f" --name {name} " + " ".join(f"--{flag}" for flag in flags)
        said.append(f"No checkpoint of {network.title} was found. To train one: `{command}`")
    return "  \n".join(said)
