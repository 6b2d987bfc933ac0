"""How each shipped checkpoint is trained: the words after `python -m arviz_models train`.

The command on a checkpoint's card is its recipe; a test holds the two together. The order is that
of worth: what lessons show first, and what takes minutes, before what takes hours.
"""

from __future__ import annotations

import shlex

_LINES = """
nade --data digits --name nade-digits --epochs 80 --learning-rate 0.02 --hidden 32
made --data digits --name made-digits --epochs 80 --learning-rate 0.005 --patience 20 --hidden 256 \
--degrees even --direct
pixel-snail --data digits --name pixel-snail-digits --epochs 24 --batch-size 50 \
--learning-rate 0.008 --features 16 --trunk 1 --head-features 8
nade --data digits --name nade-digits-any-order --epochs 300 --learning-rate 0.02 --hidden 32 \
--order-agnostic
made --data digits --name made-digits-any-order --epochs 300 --learning-rate 0.005 --patience 60 \
--hidden 256 --degrees even --direct --masks 32 --order-agnostic
nade --data mnist14 --name nade-mnist14 --epochs 6 --learning-rate 0.006 --hidden 200
made --data mnist14 --name made-mnist14 --epochs 20 --learning-rate 0.004 --patience 3 \
--hidden 300 --degrees even --direct
pixelcnn --data mnist14 --name pixelcnn-mnist14 --epochs 4 --batch-size 32 --learning-rate 0.005 \
--features 16 --layers 3
gated-pixelcnn --data mnist14 --name gated-pixelcnn-mnist14 --epochs 6 --batch-size 32 \
--learning-rate 0.005 --features 12 --layers 4
row-lstm --data mnist14 --name row-lstm-mnist14 --epochs 5 --batch-size 32 --learning-rate 0.01
row-lstm --data mnist14 --name row-lstm-mnist14-small --epochs 4 --batch-size 32 --learning-rate \
0.01 --features 3
diagonal-bilstm --data mnist14 --name diagonal-bilstm-mnist14 --epochs 5 --batch-size 32 \
--learning-rate 0.01 --features 17
made --data mnist_binary --name made-mnist --epochs 40 --learning-rate 0.004 --weight-decay 0.2 \
--dropout 0.25 --hidden 2000 --degrees by-entropy --direct
nade --data mnist_binary --name nade-mnist --epochs 14 --learning-rate 0.004
made --data mnist_binary --name made-mnist-any-order --epochs 16 --learning-rate 0.003 \
--hidden 1000 --degrees even --direct --masks 32 --order-agnostic
pixelcnn --data mnist_binary --name pixelcnn-mnist --epochs 39 --batch-size 80 \
--learning-rate 0.004 --precision bfloat16 --features 24 --layers 9 --kernel 5
pixelcnn --data mnist_binary --name pixelcnn-mnist-3x3 --epochs 14 --batch-size 32 \
--learning-rate 0.002 --precision bfloat16 --layers 9
gated-pixelcnn --data mnist_binary --name gated-pixelcnn-mnist --epochs 37 --batch-size 80 \
--learning-rate 0.004 --precision bfloat16 --features 24 --layers 6 --kernel 5
row-lstm --data mnist_binary --name row-lstm-mnist --batch-size 32 --learning-rate 0.01 \
--precision bfloat16 --optimizer muon --weight-decay 0.1 --features 32 --layers 2
diagonal-bilstm --data mnist_binary --name diagonal-bilstm-mnist --epochs 12 --batch-size 32 \
--learning-rate 0.008 --precision bfloat16 --cycles 2 --features 32
diagonal-bilstm --data mnist_binary --name diagonal-bilstm-mnist-full --epochs 12 --batch-size 32 \
--learning-rate 0.008 --precision bfloat16 --cycles 3 --features 32 --full-context
pixel-snail --data mnist_binary --name pixel-snail-mnist --epochs 32 --batch-size 80 \
--learning-rate 0.003 --precision bfloat16 --trunk 4
nade --data mnist_binary --name nade-mnist-any-order --epochs 20 --learning-rate 0.004 \
--order-agnostic
pixelcnn --data mnist --levels 16 --name pixelcnn-mnist-grey --epochs 37 --batch-size 80 \
--learning-rate 0.003 --precision bfloat16 --layers 9 --kernel 5
"""


def _by_name() -> dict[str, list[str]]:
    recipes = [shlex.split(line) for line in _LINES.strip().splitlines()]
    return {words[words.index("--name") + 1]: words for words in recipes}


RECIPES: dict[str, list[str]] = _by_name()
"""The words of each recipe, by the name of its checkpoint."""
