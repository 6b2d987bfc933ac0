"""A whole training step as one CUDA graph: forward, backward and Adam in one launch.

A step of these small models is hundreds of short kernels (two thousand for a Diagonal BiLSTM), and
starting each one from Python takes longer than the kernel does. A graph is recorded once and starts
them all.

Source: NVIDIA & PyTorch, CUDA graphs (https://pytorch.org/docs/stable/notes/cuda.html#cuda-graphs).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

WARM_UP = 3  # steps before one is recorded: libraries choose their kernels, Adam makes its moments


class CapturedSteps:
    """The steps of one training on CUDA: the first few as they are, the others from a graph.

    A batch of another size than the first, the last one of an epoch say, takes an ordinary step.

    Args:
        loss: of a batch, (N, *event_shape) -> (); it reads no number back from the device, and
            draws none.
        optimizer: `optimizers.adam` with `recorded`; its learning rate is a tensor, read anew by
            each step.
    """

    def __init__(self, loss: Callable[[Tensor], Tensor], optimizer: torch.optim.Optimizer) -> None:
        self._loss_of, self._optimizer = loss, optimizer
        self._taken, self._shape = 0, torch.Size()
        # Adam says once that steps are not recorded: the first ones are not, on purpose.
        vars(optimizer)["_warned_capturable_if_run_uncaptured"] = True
        self._graph: torch.cuda.CUDAGraph | None = None
        self._x = self._loss = torch.empty(0)

    def __call__(self, x: Tensor) -> Tensor:
        """One step on batch x. Returns its loss, before the step, as a tensor of no dimensions."""
        if self._taken == 0:
            self._shape = x.shape
        self._taken += 1
        if x.shape != self._shape:
            return self._step(x)
        if self._taken <= WARM_UP:
            return self._aside(x)
        if self._graph is None:
            self._record(x)
        assert self._graph is not None
        self._x.copy_(x)
        self._graph.replay()
        return self._loss

    def _step(self, x: Tensor) -> Tensor:
        self._optimizer.zero_grad(set_to_none=True)
        loss = self._loss_of(x)
        loss.backward()
        self._optimizer.step()
        return loss.detach()

    def _aside(self, x: Tensor) -> Tensor:
        """A step on another stream, as recording asks of those before it."""
        stream, here = torch.cuda.Stream(), torch.cuda.current_stream()
        stream.wait_stream(here)
        with torch.cuda.stream(stream):
            loss = self._step(x)
        here.wait_stream(stream)
        return loss

    def _record(self, x: Tensor) -> None:
        """Record a step. Nothing is computed meanwhile: weights and moments stay as they are."""
        self._x = x.clone()
        self._optimizer.zero_grad(set_to_none=True)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._loss = self._step(self._x)
