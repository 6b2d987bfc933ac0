"""The costs beneath the contexts: each number is the card's or the measurement's own."""

from __future__ import annotations

import csv
import io
import math
import re
import shlex
from itertools import pairwise
from typing import Any

import pytest
import torch

from arviz_models import MODELS, DiagonalBiLSTM, load_pretrained
from arviz_models.__main__ import _parser
from arviz_models.analysis.costs import READS_EVERYTHING, Measured, Row, epochs_run
from arviz_models.analysis.networks import NETWORKS
from arviz_models.analysis.timing import Comparison, Cost
from arviz_models.cards import list_pretrained, read_card
from arviz_models.figures.palette import MEANINGS
from arviz_models.figures.timing import measured_words
from pages.contexts import costs_figures as figures
from pages.contexts import costs_words

D = 784
NAMES = {
    "pixelcnn": "pixelcnn-mnist",
    "gated": "gated-pixelcnn-mnist",
    "row": "row-lstm-mnist",
    "diagonal": "diagonal-bilstm-mnist",
    "nade": "nade-mnist",
    "made": "made-mnist",
}


def comparison(naive: float = 0.005, done: int = 200, decoder: float = 0.05) -> Comparison:
    """Of one image; `naive` in seconds a step."""
    costs = {
        "decoder": Cost(0, D, D, decoder),
        "forward": Cost(1, 1, 1, 0.004),
        "training": Cost(1, 1, 1, 0.011),
        "naive": Cost(done, done, D, naive * done),
    }
    return Comparison(1, "cpu", None, costs)


def row(word: str, measured: Comparison | None = None, when: float = 1e9, **card: Any) -> Row:
    """A shipped network, with what a test changes on its card."""
    name = NAMES[word]
    there = read_card(name) | {"name": name} | card
    return Row(word, there, Measured(measured, when) if measured else None)


def rows() -> list[Row]:
    """All of them, measured, each with times of its own."""
    return [
        row(word, comparison(0.002 * (number + 1), 100 + number, 0.01 * (number + 1)))
        for number, word in enumerate(NAMES)
    ]


def untrained_card(word: str) -> dict[str, Any]:
    """What stands for a card where the weights are random."""
    card = row(word).card
    return {name: card[name] for name in ("name", "class", "config", "parameters")}


# The table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", NAMES)
def test_what_is_not_measured_is_the_cards_or_missing(word: str) -> None:
    cells, card = figures.cells(row(word)), read_card(NAMES[word])
    assert cells["network"] == NETWORKS[word].title
    assert cells["test_nll"] == card["binarized_mnist_test_nll"]
    assert cells["parameters"] == card["parameters"]
    words = shlex.split(card["command"])  # it may have gone on after its best epoch
    epochs = int(words[words.index("--epochs") + 1]) if "--epochs" in words else card["epochs"]
    if "--epochs" in words and "--cycles" in words:
        epochs *= int(words[words.index("--cycles") + 1])
    assert cells["epoch_seconds"] == pytest.approx(card["training_seconds"] / epochs, 0.01)
    bfloat16 = "--precision bfloat16" in card["command"]
    assert cells["trained_on"] == f"{card['device']}, {'bfloat16' if bfloat16 else 'float32'}"
    measured = ("passes_to_train", "passes_decoder", "passes_naive", "training_ms", "decoder_ms")
    assert {cells[name] for name in (*measured, "naive_s", "speedup")} == {None}


def test_what_is_measured_is_the_comparisons_own() -> None:
    cells = figures.cells(row("gated", comparison(0.005, 200, 0.05)))
    assert cells["passes_to_train"] == 1
    assert cells["passes_decoder"] == 0
    assert cells["passes_naive"] == D
    assert cells["training_ms"] == pytest.approx(11)
    assert cells["decoder_ms"] == pytest.approx(50)
    assert cells["naive_s"] == pytest.approx(0.005 * D)
    assert cells["speedup"] == pytest.approx(0.005 * D / 0.05)


def test_a_card_without_the_papers_data_tells_the_nll_of_its_own() -> None:
    card = read_card("made-digits") | {"name": "made-digits"}
    without = Row("made", card)
    assert (without.test_set, without.test_nll) == ("digits", card["test_nll"])
    assert row("made").test_set == "binarized_mnist"


@pytest.mark.parametrize(
    ("command", "best", "run"),
    [
        ("train made --epochs 80 --patience 20", 41, 61),
        ("train made --epochs 50 --patience 20", 41, 50),
        ("train made --epochs 14", 9, 14),
        ("train made --patience 3", 10, 10),
        ("train made", 10, 10),
        ("train diagonal-bilstm --epochs 12 --cycles 2 --features 32", 24, 24),
        ("train made --cycles 3 --patience 5", 12, 17),
    ],
)
def test_an_epoch_is_one_of_all_that_ran_not_of_those_up_to_the_best(
    command: str, best: int, run: int
) -> None:
    assert epochs_run({"command": command, "epochs": best}) == run


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("pixelcnn", "9 layers of 24 features, first kernel 7×7"),
        ("row", "2 layers of 32 features, first kernel 7×7"),
        ("nade", "500 hidden units"),
        ("made", "2,000 hidden units, direct connections"),
    ],
)
def test_what_it_is_built_of_is_the_cards_config(word: str, said: str) -> None:
    assert figures.cells(row(word))["built_of"] == said


def test_missing_cells_leave_columns_of_numbers_that_sort() -> None:
    empty, full = figures.frame([row(word) for word in NAMES]), figures.frame(rows())
    for name, column in figures.COLUMNS.items():
        kind = "string" if not column.format else "Int64" if column.whole else "Float64"
        assert empty[name].dtype == full[name].dtype == kind
    assert empty["decoder_ms"].isna().all()
    assert list(full["network"]) == [NETWORKS[word].title for word in NAMES]
    assert list(full.sort_values("decoder_ms")["decoder_ms"]) == sorted(full["decoder_ms"])


def test_csv_has_the_table_and_what_was_measured_of_it() -> None:
    given = [*rows()[:2], row("nade")]
    lines = list(csv.DictReader(io.StringIO(figures.costs_csv(given))))
    assert [line["checkpoint"] for line in lines] == [
        NAMES["pixelcnn"],
        NAMES["gated"],
        "nade-mnist",
    ]
    for line, each in zip(lines, given, strict=True):
        for name, cell in figures.cells(each).items():
            text = line[name]
            if isinstance(cell, float):
                assert float(text) == pytest.approx(cell, rel=1e-5)
            else:
                assert text == ("" if cell is None else str(cell))
    first = lines[0]
    assert first["measured_at"] == "2001-09-09T01:46:40+00:00"
    assert (first["naive_steps_done"], first["naive_steps"]) == ("100", str(D))
    assert first["naive_full_passes"] == "100"
    assert float(first["naive_seconds_measured"]) == pytest.approx(0.2)
    assert float(first["naive_seconds_whole"]) == pytest.approx(0.002 * D)
    assert lines[2]["device"] == lines[2]["naive_seconds_whole"] == ""


# The chart ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_every_network_has_its_two_marks_at_its_nll_and_its_times(ground: str) -> None:
    given = [*rows(), Row("full", row("diagonal").card)]  # the last is not measured
    figure = figures.costs_chart(given, ground)
    decoder, naive = (trace for trace in figure.data if trace.mode == "markers")
    for way, trace in (("decoder", decoder), ("naive", naive)):
        costs = [each.measured.comparison.costs[way] for each in given if each.measured]
        assert list(trace.x) == [cost.whole for cost in costs]
        assert list(trace.y) == [each.test_nll for each in given if each.measured]
        assert all(
            each.title in said and measured_words(way, each.measured.comparison) in said
            for each, said in zip(given, trace.customdata, strict=False)
            if each.measured
        )
    assert decoder.marker.color == getattr(MEANINGS["feeds"], ground)
    assert "open" in naive.marker.symbol
    assert "open" not in decoder.marker.symbol
    names = [note.text for note in figure.layout.annotations]
    assert names == [each.title for each in given if each.measured]
    assert figure.layout.xaxis.type == "log"
    low, high = figure.layout.xaxis.range
    assert all(low <= math.log10(time) <= high for time in (*decoder.x, *naive.x))


def test_the_names_stand_apart_and_inside_the_chart() -> None:
    figure = figures.costs_chart(rows(), "light")
    bottom, top = figure.layout.yaxis.range
    heights = sorted(note.y for note in figure.layout.annotations)
    pixels = (figure.layout.height - figures.TOP - figures.BOTTOM) / (top - bottom)
    gaps = [(above - below) * pixels for below, above in pairwise(heights)]
    assert min(gaps) >= figures.LABEL_HEIGHT - 1e-6
    assert bottom <= heights[0] < heights[-1] <= top


def test_the_nats_keep_their_scale_while_networks_are_still_measured() -> None:
    first, *others = rows()
    begun = figures.costs_chart([first, *(Row(each.word, each.card) for each in others)], "light")
    assert begun.layout.yaxis.range == figures.costs_chart(rows(), "light").layout.yaxis.range


def test_nearly_equal_networks_stand_at_nearly_the_same_height() -> None:
    pair = [row("row", comparison()), row("nade", comparison())]
    cards = [
        {**each.card, "binarized_mnist_test_nll": 41.0 + k * 0.04} for k, each in enumerate(pair)
    ]
    figure = figures.costs_chart(
        [Row(each.word, card, each.measured) for each, card in zip(pair, cards, strict=True)],
        "light",
    )
    bottom, top = figure.layout.yaxis.range
    assert top - bottom == figures.LEAST_NATS
    assert bottom + 1 < 41.0 < 41.04 < top - 1


def test_the_table_that_is_presented_writes_numbers_as_the_page_does() -> None:
    found = figures.styled([row("nade", comparison()), row("made")], figures.IN_FRONT).to_html()
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", found)
    nade, made = row("nade"), row("made")
    sizes = [f"{each.card['parameters']:,}" for each in (nade, made)]
    assert cells[:7] == ["NADE", "11.0", "50.0", "3.92", "78.4", f"{nade.test_nll:.2f}", sizes[0]]
    assert cells[7:] == ["MADE", "", "", "", "", f"{made.test_nll:.2f}", sizes[1]]


def test_one_network_alone_makes_a_chart() -> None:
    figure = figures.costs_chart([row("nade", comparison())], "light")
    bottom, top = figure.layout.yaxis.range
    assert bottom < row("nade").test_nll < top


def test_heights_far_enough_apart_stay_and_others_move_around_their_mean() -> None:
    assert figures.spread([3.0, 1.0, 2.0], 1.0) == [3.0, 1.0, 2.0]
    assert figures.spread([5.0, 5.0], 1.0) == [4.5, 5.5]
    moved = figures.spread([0.0, 0.1, 0.2, 1.6, 9.0], 1.0)
    assert moved == pytest.approx([-1.025, -0.025, 0.975, 1.975, 9.0])


def test_the_chart_is_told_in_words_too() -> None:
    said = figures.chart_in_words([row("nade", comparison()), row("made")])
    assert said == (
        f"NADE, {row('nade').test_nll:.2f} nats: by the decoder 50 ms for 1 image, measured, "
        "naively 3.9 s for 1 image, estimated from 200 of 784 steps, which took 1.0 s"
    )


# In words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (7200, "2 hours ago"),
        (90000, "1 day ago"),
    ],
)
def test_it_says_how_long_ago(seconds: float, said: str) -> None:
    assert costs_words.ago(seconds) == said


def test_it_says_where_and_when_and_what_is_estimated_from_how_much() -> None:
    given = [
        row("nade", comparison(done=D), when=1000),
        row("made", comparison(done=200), when=1300),
        row("row"),
    ]
    said = costs_words.measured_here(given, now=1310)
    assert "Measured on the server (cpu) 5 minutes ago to just now," in said
    assert "Not measured yet: Row LSTM." in said
    assert "Naive times of MADE are about right: estimated from 200 of 784 passes." in said
    assert "NADE" not in said
    every = [row("nade", comparison(done=71)), row("made", comparison(done=200))]
    said = costs_words.measured_here(every, now=1310)
    assert "Naive times are about right: estimated from 71 to 200 of 784 passes." in said
    assert "press **Measure on the server**" in costs_words.measured_here([row("row")], now=0)


def test_it_says_which_test_set_each_nll_is_of() -> None:
    assert "`binarized_mnist`, as measured" in costs_words.sources(rows())
    card = {key: value for key, value in row("made").card.items() if "binarized" not in key}
    said = costs_words.sources([row("nade"), Row("made", card)])
    assert "`binarized_mnist` (NADE); `mnist_binary` (MADE)" in said


def test_it_says_who_waits_and_that_trained_networks_differ_in_size() -> None:
    said = costs_words.who_waits(rows())
    assert "a Row LSTM takes 28 rows and a Diagonal BiLSTM takes 55 diagonals" in said
    for word in ("pixelcnn", "row", "diagonal"):
        assert f"{row(word).title} has {row(word).card['parameters']:,} parameters" in said
    assert "*Of equal size*" in said
    assert costs_words.who_waits([row("pixelcnn"), row("nade")]) == ""


def test_networks_of_equal_size_are_compared_by_their_training_pass() -> None:
    given = [
        Row(word, untrained_card(word), Measured(comparison(), 0)) for word in ("pixelcnn", "row")
    ]
    said = costs_words.who_waits(given)
    few, most = sorted(each.card["parameters"] for each in given)
    assert f"These have {few:,} to {most:,} parameters" in said
    assert "One training pass on the server (cpu): PixelCNN 11.0 ms and Row LSTM 11.0 ms." in said
    assert figures.cells(given[0])["test_nll"] is None
    [line, _] = csv.DictReader(io.StringIO(figures.costs_csv(given)))
    assert (line["checkpoint"], line["test_set"]) == ("random weights", "")


def test_networks_that_read_the_same_are_compared_by_their_cards() -> None:
    nade, made, diagonal = row("nade").test_nll, row("made").test_nll, row("diagonal").test_nll
    said = costs_words.not_equally_good(rows())
    assert f"every earlier pixel: NADE ({nade:.2f} nats); MADE ({made:.2f} nats)." in said
    assert f"{made - nade:.2f} nats apart" in said
    assert f"Diagonal BiLSTM ({diagonal:.2f} nats) does better than NADE and MADE." in said
    between = (nade + made) / 2
    behind = costs_words.not_equally_good(
        [row("nade"), row("made"), row("gated", binarized_mnist_test_nll=between)]
    )
    assert f"Gated PixelCNN ({between:.2f} nats) does better than MADE." in behind
    assert costs_words.not_equally_good([row("nade"), row("gated")]) == ""


@pytest.mark.parametrize("word", ["nade", "made"])
def test_those_said_to_read_every_earlier_pixel_do(word: str) -> None:
    assert word in READS_EVERYTHING
    reads = load_pretrained(NAMES[word], "cpu").dependencies()
    assert torch.equal(reads, torch.ones(D, D, dtype=torch.bool).tril(-1))


def test_the_diagonal_of_full_context_reads_every_earlier_pixel() -> None:
    reads = DiagonalBiLSTM((1, 5, 6), first_kernel=3, full_context=True).dependencies()
    assert torch.equal(reads, torch.ones(30, 30, dtype=torch.bool).tril(-1))


@pytest.mark.parametrize("word", NETWORKS)
def test_the_command_for_a_missing_network_makes_one_that_is_found(word: str) -> None:
    said = costs_words.untrained([word], "mnist_binary")
    assert NETWORKS[word].title in said
    chosen = _parser().parse_args(said.split("`")[1].split()[3:])
    assert chosen.data == "mnist_binary"
    assert MODELS[chosen.model].__name__ == NETWORKS[word].kind
    config = {name: getattr(chosen, name) for name in NETWORKS[word].settings}
    if config.get("order") == "raster":
        config["order"] = None
    card = {"class": NETWORKS[word].kind, "config": config}
    assert [each for each, network in NETWORKS.items() if network.has(card)] == [word]
    assert chosen.name is None or chosen.name not in list_pretrained()


def test_with_every_checkpoint_there_nothing_is_said() -> None:
    assert costs_words.untrained([], "mnist_binary") == ""
