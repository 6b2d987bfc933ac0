"""The trained Diagonal BiLSTMs that the lesson shows, and what it calls them."""

from __future__ import annotations

DIAGONAL, FULL = "diagonal-bilstm-mnist", "diagonal-bilstm-mnist-full"
NARROW, PLAIN = "pixelcnn-mnist-3x3", "pixelcnn-mnist"
MODELS = {DIAGONAL: "Diagonal BiLSTM", FULL: "Diagonal BiLSTM, full context"}
BESIDE = {
    DIAGONAL: "Diagonal BiLSTM",
    NARROW: "PixelCNN, 3×3 kernels",
    PLAIN: "PixelCNN, 5×5 kernels",
}
DRAWN_SEED = 26  # a 0
FLIP = (6 * 28 + 18, 0)  # ink to paper: the 0 becomes a 3
