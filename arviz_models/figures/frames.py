"""Words over the pictures of an animation and a legend under them: a GIF that explains itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arviz_models.figures.palette import MEANINGS

if TYPE_CHECKING:
    from PIL import Image

TEXT = 15  # pixels, the height of the letters
MARGIN = 8
KEY = 14  # side of a square of the legend
Key = tuple[str, str]


def explained(
    pictures: Sequence[Image.Image], words: Sequence[str], legend: Sequence[Key]
) -> list[Image.Image]:
    """The pictures with a line of words over each and one legend under all of them.

    Args:
        pictures: of one size.
        words: a line for each picture.
        legend: colour, hexadecimal, and what it means.

    Returns:
        RGB pictures of one size, wide enough for all words.
    """
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(TEXT)
    inner = max(
        pictures[0].width,
        *(round(font.getlength(line)) for line in words),
        *(KEY + MARGIN + round(font.getlength(word)) for _, word in legend),
    )
    line = TEXT + MARGIN
    width = inner + 2 * MARGIN
    top = MARGIN + line
    height = top + pictures[0].height + MARGIN + line * len(legend)
    explained = []
    for picture, said in zip(pictures, words, strict=True):
        page = Image.new("RGB", (width, height), MEANINGS["paper"].light)
        page.paste(picture.convert("RGB"), ((width - picture.width) // 2, top))
        draw = ImageDraw.Draw(page)
        draw.text((MARGIN, MARGIN), said, MEANINGS["ink"].light, font=font)
        for number, (colour, word) in enumerate(legend):
            y = top + picture.height + MARGIN + number * line
            square = (MARGIN, y, MARGIN + KEY, y + KEY)
            draw.rectangle(square, colour, MEANINGS["quiet"].light)
            draw.text((2 * MARGIN + KEY, y - 1), word, MEANINGS["ink"].light, font=font)
        explained.append(page)
    return explained
