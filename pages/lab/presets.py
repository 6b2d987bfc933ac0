"""Settings that are worth a look: the steps of the lab."""

from __future__ import annotations

from arviz_models.analysis.lab_settings import OWN
from pages.ui.outline import Step

PRESETS = (
    Step(
        "NADE, small digits",
        "64 hidden units learn 1,232 digits of 8×8 pixels. Within a second or two the samples are "
        "digits. Each look draws them with the same eight seeds, so you can see the same eight "
        "images get better. Press **Start**.",
    ),
    Step(
        "A small PixelCNN",
        "A masked layer and three blocks share their weights over all pixels: each image teaches "
        "them 64 times. Strokes come first, and what is far away is learned last.",
        {"model": "pixelcnn", "width": 16, "depth": 3, "rate": 0.01},
    ),
    Step(
        "MADE, 14×14",
        "400 hidden units learn MNIST for 20 seconds. All conditionals of an image are a few "
        "matrix products, so this is the fastest of the models to train: the line below the curves "
        "tells how many images a second.",
        {
            "model": "made",
            "data": "mnist14",
            "width": 400,
            "rate": 0.005,
            "batch": 100,
            "budget": "seconds",
        },
    ),
    Step(
        "Too narrow",
        "Two hidden units carry all that one pixel can know of those before it. The loss stops "
        "between that of independent pixels and that of 64 units: the model is too small, and no "
        "training time helps.",
        {"width": 2},
    ),
    Step(
        "A random order",
        "The same NADE, but the pixels come in a random order. A neighbour is often not drawn yet "
        "when a pixel is, so the first pixels are harder and the last ones easier. Mark both runs "
        "in the table and compare: how much does the order cost?",
        {"order": "random"},
    ),
    Step(
        "Mask B: the loss lies",
        "The first mask lets each pixel read itself. The loss falls below the entropy of "
        "the training images, which no distribution can do, and the samples show nothing: when "
        "a pixel is drawn, there is nothing to copy.",
        {"model": "pixelcnn-mask-b", "width": 16, "depth": 3, "rate": 0.01},
    ),
    Step(
        "Learning rate too high",
        "Each step of Adam moves the weights about as far as the learning rate says. Here that "
        "is so far that the loss explodes. The training stops by itself, and the weights of the "
        "best look are kept.",
        {"rate": 10.0},
    ),
    Step(
        "Your own images",
        "The model learns from what you have drawn or uploaded under **Your images**. With few "
        "images it soon knows them by heart: the training loss falls almost to their entropy, and "
        "the validation NLL, of images it has not seen, rises again. Fewer hidden units, or more "
        "images, help.",
        {"data": OWN},
    ),
)
OWN_STEP = len(PRESETS)
