"""The shipped models that the PixelCNN lesson shows, and what it calls them."""

from __future__ import annotations

PLAIN, GREY, GATED = "pixelcnn-mnist", "pixelcnn-mnist-grey", "gated-pixelcnn-mnist"
NARROW = "pixelcnn-mnist-3x3"  # as many blocks, with smaller kernels: a window of 12 rows above
DIAGONAL = "diagonal-bilstm-mnist"
MODELS = {
    PLAIN: "PixelCNN",
    NARROW: "PixelCNN, 3×3 kernels",
    GATED: "Gated PixelCNN",
    GREY: "PixelCNN, 16 levels",
}
BINARY = {PLAIN: "PixelCNN", GATED: "Gated PixelCNN"}
