"""The shipped models that the PixelCNN lesson shows, and what it calls them."""

from __future__ import annotations

PLAIN, GREY, GATED = "pixelcnn-mnist", "pixelcnn-mnist-grey", "gated-pixelcnn-mnist"
DIAGONAL = "diagonal-bilstm-mnist"
MODELS = {PLAIN: "PixelCNN", GATED: "Gated PixelCNN", GREY: "PixelCNN, 4 levels"}
BINARY = {PLAIN: "PixelCNN", GATED: "Gated PixelCNN"}
