"""The descent that both small networks are trained with."""

from __future__ import annotations

import pytest
import torch

from eval.training import Descent


def test_it_goes_down_and_tells_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    weight = torch.nn.Parameter(torch.tensor([3.0]))
    descent = Descent([weight], 0.1, 50, anneal="linear")
    for _ in range(50):
        descent.take((weight**2).sum())
        descent.tell(every=25)
    assert abs(weight.item()) < 1.5
    told = capsys.readouterr().out.splitlines()
    assert [line.split(" loss ")[0] for line in told] == ["25/50", "50/50"]


def test_a_steep_loss_is_clipped() -> None:
    moved = []
    for steepness in (10.0, 1e9):
        weight = torch.nn.Parameter(torch.tensor([1.0]))
        Descent([weight], 0.1, 10).take(steepness * weight.sum())
        assert weight.grad is not None
        moved.append(weight.grad.item())
    assert moved == pytest.approx([1.0, 1.0], abs=1e-3)
