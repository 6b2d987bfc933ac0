"""The trained Diagonal BiLSTMs that the lesson shows, and what it calls them."""

from __future__ import annotations

DIAGONAL, FULL = "diagonal-bilstm-mnist", "diagonal-bilstm-mnist-full"
PLAIN = "pixelcnn-mnist"
MODELS = {DIAGONAL: "Diagonal BiLSTM", FULL: "Diagonal BiLSTM, full context"}
BESIDE = {DIAGONAL: "Diagonal BiLSTM", PLAIN: "PixelCNN"}
DRAWN_SEED = 25  # a 0
FLIP = (4 * 28 + 17, 0)  # ink to paper: the 0 becomes a 2
