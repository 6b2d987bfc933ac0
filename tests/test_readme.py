"""What the README says of the models is what their cards say."""

from __future__ import annotations

from pathlib import Path

from arviz_models.cards import list_pretrained, read_card

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
# NADE with H = 500, MADE with one layer of 8000 units; PixelCNN and Row LSTM in the paper's table.
PUBLISHED = {
    "nade-mnist": "88.33",
    "made-mnist": "88.40",
    "pixelcnn-mnist": "81.30",
    "row-lstm-mnist": "80.54",
    "diagonal-bilstm-mnist": "80.75",
}


def row(name: str) -> str:
    """The README's line for a checkpoint, from its card."""
    card = read_card(name)
    papers = card.get("binarized_mnist_test_nll")
    cells = [
        f"`{name}`",
        f"{card['parameters']:,}",
        card["data"],
        f"{card['test_nll']:.2f}",
        "" if papers is None else f"{papers:.2f}",
        PUBLISHED.get(name, ""),
    ]
    return f"| {' | '.join(cells)} |"


def test_readme_has_a_row_for_every_checkpoint_with_the_numbers_of_its_card() -> None:
    missing = [row(name) for name in list_pretrained() if row(name) not in README]
    assert missing == []
