"""PixelCNN: masked convolutions, what they read, the blind spot, and the gated cure."""

from __future__ import annotations

from pages.pixelcnn.break_mask import BREAK
from pages.pixelcnn.complete import COMPLETE
from pages.pixelcnn.draw import DRAW
from pages.pixelcnn.reading import code, formula, mistakes
from pages.pixelcnn.reads import READS
from pages.pixelcnn.softmax import SOFTMAX
from pages.pixelcnn.train import TRAIN
from pages.ui.outline import Lesson
from pages.ui.papers import PIXELRNN, Paper
from pages.ui.stage_page import show

LESSON = Lesson(
    slug="pixelcnn",
    title="PixelCNN",
    idea="Masked convolutions look at the neighbours of a pixel that are drawn already, and deep "
    "stacks of them further.",
    page=show,
    activities=(DRAW, READS, SOFTMAX, COMPLETE, BREAK, TRAIN),
    reading={"Formula": formula, "Code": code, "What people get wrong": mistakes},
    papers=(
        PIXELRNN,
        Paper(
            "van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves & Kavukcuoglu 2016",
            "Conditional Image Generation with PixelCNN Decoders",
            "https://arxiv.org/abs/1606.05328",
            "the blind spot, the two stacks that remove it, and gated units",
        ),
        Paper(
            "Ramachandran, Paine, Khorrami, Babaeizadeh, Chang, Zhang, Hasegawa-Johnson, "
            "Campbell & Huang 2017",
            "Fast Generation for Convolutional Autoregressive Models",
            "https://arxiv.org/abs/1704.06001",
            "sampling that computes only what the new pixel needs",
        ),
    ),
)
