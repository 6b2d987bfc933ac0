r"""PixelSNAIL, a small one: a PixelCNN, then attention to every earlier pixel.

The trunk is a PixelCNN: a 7x7 convolution of mask A and residual blocks. It reads a window above
and on the left. Then come attention blocks. There every pixel i has a query, and every earlier
pixel j a key, which is compared with the query, and a value, which is read:

.. math::
    w_{ij} &= \mathrm{softmax}_j \left( q_i \cdot k_j / \sqrt{d} \right),
        \qquad j \in \{\varnothing\} \cup \{j < i\} \\
    h_i &\leftarrow h_i + W \sum_j w_{ij} v_j

The query is made of the features h_i. Key and value are made of the features h_j and of the pixel
x_j, since mask A keeps x_j out of h_j. Row and column are inputs to all three. The empty key and
its value are learned; the first pixel has no other. Each head has weights of its own. A residual
block of 1x1 convolutions ends the attention block.

Source: Chen, Mishra, Rohaninejad & Abbeel, PixelSNAIL: An Improved Autoregressive Generative Model
(ICML 2018, https://arxiv.org/abs/1712.09763); heads and scale: Vaswani et al., Attention Is All
You Need (NeurIPS 2017, https://arxiv.org/abs/1706.03762), section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arviz_models.base import Decoder
from arviz_models.image_decoder import Array, Pointwise, array, joined, relu, softmax
from arviz_models.layers import MaskedConv2d, kernel_mask, spread
from arviz_models.pixelcnn import PixelCNN, PixelCNNDecoder, ResidualBlock


class PixelSNAIL(PixelCNN):
    """PixelSNAIL: a PixelCNN with causal attention.

    Args:
        event_shape: (C, H, W).
        levels: K.
        features: F, maps inside a residual block; 2F run between the blocks.
        layers: attention blocks, after the trunk.
        trunk: residual blocks before them.
        kernel: side of their convolutions, odd.
        first_kernel: side of the first convolution, of mask A, odd.
        heads: of each attention block.
        head_features: d, length of a query, a key and a value of one head.
        own_pixel: whether key and value of pixel j read x_j. Without, to show what that is for,
            no feature before a target holds the last pixel of the row above, nor do the keys.

    Raises:
        ValueError: as `ImageModel`; a kernel that is even or below 1; no head, or an empty one.

    Example:
        At pixel (7, 5) of an 11 x 11 image, the 82 earlier pixels; without x_j all but one:

        >>> for layers, own_pixel in ((0, True), (1, False), (1, True)):
        ...     model = PixelSNAIL((1, 11, 11), 2, 8, layers, 3, 3, 3, own_pixel=own_pixel)
        ...     print(int(model.dependencies()[7 * 11 + 5].sum()))
        34
        81
        82
    """

    def __init__(
        self,
        event_shape: Sequence[int],
        levels: int = 2,
        features: int = 32,
        layers: int = 2,
        trunk: int = 3,
        kernel: int = 3,
        first_kernel: int = 7,
        heads: int = 4,
        head_features: int = 16,
        own_pixel: bool = True,
    ) -> None:
        at_least = {"layers": 0, "trunk": 0, "heads": 1, "head_features": 1}
        for (name, least), value in zip(
            at_least.items(), (layers, trunk, heads, head_features), strict=True
        ):
            if type(value) is not int or value < least:
                raise ValueError(f"{name} is an integer of at least {least}; given {value!r}")
        super().__init__(event_shape, levels, features, trunk, kernel, first_kernel)
        self.layers, self.trunk = layers, trunk
        self.heads, self.head_features, self.own_pixel = heads, head_features, own_pixel
        self.attention: Sequence[CausalAttention] = nn.ModuleList(  # type: ignore[assignment]
            CausalAttention(self.event_shape, features, heads, head_features, own_pixel)
            for _ in range(layers)
        )

    @property
    def config(self) -> dict[str, Any]:
        names = ("trunk", "heads", "head_features", "own_pixel")
        return super().config | {name: getattr(self, name) for name in names}

    def features_of_trunk(self, x: Tensor) -> Tensor:
        """Intensities x (N, C, H, W) -> (N, 2F, H, W)."""
        h = self.first(x)
        for block in self.blocks:
            h = block(h)
        return h

    def forward(self, one_hot: Tensor) -> Tensor:
        x = self.intensities(one_hot)
        h = self.features_of_trunk(x)
        for attention in self.attention:
            h = attention(h, x)
        return self.levels_last(self.head(h))

    @torch.no_grad()
    def weights(self, x: Tensor, target: tuple[int, int]) -> Tensor:
        """The attention weights of one pixel's queries, in every block and head.

        Args:
            x: long (N, C, H, W); pixels from the target on change nothing.
            target: row and column.

        Returns:
            float (N, layers, C, heads, 1 + H W): [n, l, c, m, 0] is the weight of the empty key,
            [n, l, c, m, 1 + j] of pixel j, 0 from the target on. They sum to 1. Every channel c of
            the target has a query of its own.

        Raises:
            ValueError: wrong shape, dtype or levels; a target outside the image.
        """
        self._check("x", x, lowest=0)
        _, height, width = self.event_shape
        row, column = target
        if not (0 <= row < height and 0 <= column < width):
            raise ValueError(f"target is a pixel of the {height} x {width} image; given {target}")
        i, found = row * width + column, []
        image = self.intensities(F.one_hot(x, self.levels).to(self.dtype))
        h = self.features_of_trunk(image)
        for attention in self.attention:
            q, k, _ = attention.queries_keys_values(h, image)
            scores = q[:, :, i : i + 1] @ k[:, :, : i + 1].mT / self.head_features**0.5
            weights = F.pad(torch.softmax(scores, -1), (0, height * width - i))
            found.append(weights.unflatten(1, (self.channels, self.heads)).squeeze(3))
            h = attention(h, image)
        return torch.stack(found, 1)

    def decoder(self, n: int) -> Decoder:
        return PixelSNAILDecoder(self, n)

    # --- structure ---------------------------------------------------------------------------

    def first_reads(self) -> Tensor:
        """What the whole trunk reads; the layers that follow are attention blocks."""
        reads = super().first_reads()
        for _ in self.blocks:
            reads = super().next_reads(reads)
        return reads

    def next_reads(self, reads: Tensor) -> Tensor:
        keys = reads[0].any(1)  # (D, H, W): what all features of a pixel read together
        if self.own_pixel:
            keys = keys | self._every_dimension().any(1)
        earlier = keys.flatten(1).cumsum(1).roll(1, 1) > 0  # up to the pixel before
        earlier[:, 0] = False  # the first pixel has none
        own = spread(reads[0], kernel_mask("B", (1, 1), self.channels))
        return (own | earlier.view_as(keys)[:, None])[None]


class CausalAttention(nn.Module):
    """Queries of every pixel, keys and values of all earlier ones; then a residual block of 1x1.

    Query, and key with value, are made by two layers of 1x1 with a ReLU between.

    With C > 1 channels every channel of a pixel has queries of its own, made of the features that
    it may read. Keys and values are of earlier pixels, so that all channels may read them whole.

    Args:
        event_shape: (C, H, W).
        features: F; 2F maps are read and made.
        heads: how many.
        head_features: d.
        own_pixel: whether key and value read the pixel beside its features.
    """

    places: Tensor

    def __init__(
        self,
        event_shape: tuple[int, ...],
        features: int,
        heads: int,
        head_features: int,
        own_pixel: bool,
    ) -> None:
        super().__init__()
        (C, height, width), F2 = event_shape, 2 * features
        self.channels, self.heads, self.own_pixel = C, heads, own_pixel
        size = heads * head_features
        self.query_hidden = MaskedConv2d(F2, F2, 1, "B", C)
        self.query_place = MaskedConv2d(2, F2, 1, "B", bias=False)
        self.query = MaskedConv2d(F2, C * size, 1, "B", C)
        self.key_value_hidden = MaskedConv2d(F2 + 2 + own_pixel * C, F2, 1, "B")
        self.key_value = MaskedConv2d(F2, 2 * size, 1, "B")
        drawn = nn.init.normal_(torch.empty(2, 1, heads, 1, head_features))
        self.empty = nn.Parameter(drawn)  # key and value
        self.out = MaskedConv2d(C * size, F2, 1, "B", C)
        self.after = ResidualBlock(features, 1, C)
        # On the CPU also where a model is built on "meta", to ask for its shapes alone.
        rows, columns = (torch.linspace(-1, 1, size, device="cpu") for size in (height, width))
        places = torch.stack(torch.meshgrid(rows, columns, indexing="ij"))  # (2, H, W)
        self.register_buffer("places", places, persistent=False)

    def forward(self, h: Tensor, x: Tensor) -> Tensor:
        """h (N, 2F, H, W) and intensities x (N, C, H, W) -> (N, 2F, H, W)."""
        q, k, v = self.queries_keys_values(h, x)
        # The empty key comes first, so that query i may read the keys 0..i: those of the pixels
        # before i. That is `is_causal`, and no (H W)^2 weights are kept.
        if q.shape[2] == 1:  # CUDA's kernel asks for aligned strides, also of the only row
            q, k, v = (each.clone(memory_format=torch.contiguous_format) for each in (q, k, v))
        read = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # (N, C heads, H W, d)
        maps = read.transpose(2, 3).flatten(1, 2).unflatten(2, h.shape[2:])  # (N, C heads d, H, W)
        out: Tensor = self.after(h + self.out(maps))
        return out

    def queries_keys_values(self, h: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Each (N, C heads, H W, d); key 0 is the empty one, key 1 + j that of pixel j."""
        places = self.places.expand(len(h), -1, -1, -1)
        q = self.query(torch.relu(self.query_hidden(h) + self.query_place(places)))
        read = torch.cat([h, places, x] if self.own_pixel else [h, places], dim=1)
        k, v = self.key_value(torch.relu(self.key_value_hidden(read))).chunk(2, dim=1)
        return self.by_head(q), self.keys_of(k, self.empty[0]), self.keys_of(v, self.empty[1])

    def by_head(self, maps: Tensor) -> Tensor:
        """(N, heads d, H, W) -> (N, heads, H W, d)."""
        return maps.flatten(2).unflatten(1, (-1, self.empty.shape[-1])).transpose(2, 3)

    def keys_of(self, maps: Tensor, empty: Tensor) -> Tensor:
        """The empty key or value, then those of the pixels but the last, which no query reads."""
        pixels = self.by_head(maps)[:, :, :-1]
        keys = torch.cat([empty.expand(len(maps), -1, -1, -1), pixels], dim=2)
        return keys.repeat(1, self.channels, 1, 1)  # the same for the queries of every channel


class PixelSNAILDecoder(PixelCNNDecoder):
    """The trunk at the new pixel alone; each attention block keeps the keys and values so far."""

    def __init__(self, model: PixelSNAIL, n: int) -> None:
        super().__init__(model, n)
        self._attention = [AttentionState(each, n) for each in model.attention]
        self._x = array(model.first.weight.new_zeros(n, self._channels))  # the current pixel

    def internals(self) -> dict[str, Tensor]:
        """``layer1.weights`` and so on, (n, heads, 1 + H W), as in `PixelSNAIL.weights`."""
        self.logits()  # they may not be computed yet
        channel, _ = self._place(self.index)
        return {
            f"layer{number}.weights": state.all_weights(channel)
            for number, state in enumerate(self._attention, start=1)
        }

    def _features(self, column: int) -> Array:
        h = super()._features(column)  # (n, 2F), of the trunk
        for state in self._attention:
            h = state(h)
        return h

    def _set(self, column: int, channel: int, intensity: Array) -> None:
        super()._set(column, channel, intensity)
        self._x[:, channel] = intensity
        if channel == self._channels - 1:  # the pixel is complete: the next ones read it
            for state in self._attention:
                state.append(self._x)


class AttentionState:
    """Keys and values of the pixels drawn so far, the empty key first.

    Args:
        attention: whose parameters are used.
        n: sequences.
    """

    def __init__(self, attention: CausalAttention, n: int) -> None:
        self._query_hidden = Pointwise(attention.query_hidden)
        self._query = Pointwise(attention.query)
        self._key_value_hidden = Pointwise(attention.key_value_hidden)
        self._key_value = Pointwise(attention.key_value)
        self._out = Pointwise(attention.out)
        after = attention.after
        self._after = [Pointwise(conv) for conv in (after.narrow, after.conv, after.widen)]
        places = attention.places.flatten(1).T  # (H W, 2)
        self._places = array(places[:, None].expand(-1, n, -1).contiguous())
        self._query_places = Pointwise(attention.query_place)(array(places.contiguous()))
        self._own_pixel = attention.own_pixel
        empty = attention.empty.detach()  # (2, 1, heads, 1, d)
        self._shape = (n, attention.channels, attention.heads, empty.shape[-1])
        kept = empty.new_zeros(2, n, attention.heads, 1 + len(places), empty.shape[-1])
        kept[:, :, :, :1] = empty
        self._keys, self._values = array(kept[0]), array(kept[1])
        self._read = 1  # keys so far
        self._h: Array = None  # features of the current pixel
        self._weights: Array = None  # (n, heads, C, keys)

    def __call__(self, h: Array) -> Array:
        """The block's output (n, 2F) at the current pixel, of its features h (n, 2F)."""
        self._h = h
        q = self._query(relu(self._query_hidden(h) + self._query_places[self._read - 1]))
        q = q.reshape(self._shape).swapaxes(1, 2) * self._shape[-1] ** -0.5  # (n, heads, C, d)
        self._weights = softmax(q @ self._keys[:, :, : self._read].swapaxes(2, 3))
        read = self._weights @ self._values[:, :, : self._read]
        h = h + self._out(read.swapaxes(1, 2).reshape(len(h), -1))
        z = h
        for conv in self._after:
            z = conv(relu(z))
        return h + z

    def append(self, x: Array) -> None:
        """The current pixel is complete, x (n, C): keep its key and value."""
        read = [self._h, self._places[self._read - 1]] + [x] * self._own_pixel
        n, _, heads, size = self._shape
        key_value = self._key_value(relu(self._key_value_hidden(joined(read))))
        key_value = key_value.reshape(n, 2, heads, size)
        self._keys[:, :, self._read] = key_value[:, 0]
        self._values[:, :, self._read] = key_value[:, 1]
        self._read += 1

    def all_weights(self, channel: int) -> Tensor:
        """(n, heads, 1 + H W) of a channel's query, 0 for pixels not drawn yet."""
        weights = torch.as_tensor(self._weights[:, :, channel])
        return F.pad(weights, (0, self._keys.shape[2] - self._read))
