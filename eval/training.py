"""The descent of a small network on a processor: AdamW, the one-cycle schedule, clipped gradients."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
import typer

CLIP = 1.0
WARM_UP = 0.06  # of the steps


class Descent:
    """Steps of training, with what they cost (Loshchilov & Hutter 2019, AdamW; Smith & Topin 2019, one cycle)."""

    def __init__(
        self,
        weights: Sequence[torch.nn.Parameter],
        rate: float,
        steps: int,
        *,
        anneal: Literal["cos", "linear"] = "cos",
        fused: bool = False,
    ) -> None:
        self._weights = weights
        self._steps = steps
        self._optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=0.01, fused=fused)
        self._schedule: Any = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, rate, total_steps=steps, pct_start=WARM_UP, anneal_strategy=anneal
        )
        self._losses: list[float] = []
        self._began = time.monotonic()

    def take(self, loss: torch.Tensor) -> None:
        """One step down the gradient of a loss."""
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._weights, CLIP)
        self._optimiser.step()
        self._schedule.step()
        self._losses.append(loss.item())

    def tell(self, every: int) -> None:
        """Prints, every so many steps, how far it is, and the mean loss of the last hundred."""
        if (done := len(self._losses)) % every == 0:
            spent = time.monotonic() - self._began
            typer.echo(f"{done}/{self._steps} loss {np.mean(self._losses[-100:]):.3f} {spent:.0f} s")
