"""The words of an animation fit its pictures."""

from __future__ import annotations

import numpy as np
from PIL import Image

from arviz_models.figures.frames import MARGIN, explained

WORDS = ["step 1", "step 2: many more words than the picture is wide"]
LEGEND = [("#0072B2", "seen"), ("#F0E442", "computed in this step")]


def test_all_frames_have_one_size_and_no_word_reaches_the_edge() -> None:
    pictures = [Image.new("RGB", (20, 10), "red"), Image.new("RGB", (20, 10), "green")]
    frames = explained(pictures, WORDS, LEGEND)
    assert len({frame.size for frame in frames}) == 1
    for frame in frames:
        dark = np.asarray(frame.convert("L")) < 200
        for edge in (dark[:, : MARGIN // 2], dark[:, -MARGIN // 2 :], dark[: MARGIN // 2]):
            assert not edge.any()


def test_each_frame_holds_its_picture() -> None:
    frames = explained([Image.new("RGB", (20, 10), "red")], ["red"], LEGEND)
    red = (np.asarray(frames[0]) == (255, 0, 0)).all(-1)
    assert red.sum() == 200
