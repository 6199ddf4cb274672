"""`make load`: what it counts, and that it would show what must not be."""

from __future__ import annotations

import asyncio
import itertools
import os

import httpx
import pytest
from torture.load import Crowd, crowd, table


def answer(number: int) -> httpx.Response:
    """Two answers, then nothing but requests to come again."""
    if number < 2:
        return httpx.Response(200, json={"answer": "The EU approved it."})
    return httpx.Response(429, headers={"Retry-After": "1"})


def asked(*replies: httpx.Response) -> list[str]:
    """What is found wrong with replies, the last of which is given again and again."""
    numbers = itertools.count()
    transport = httpx.MockTransport(lambda _: replies[min(next(numbers), len(replies) - 1)])
    return asyncio.run(crowd("http://127.0.0.1:9", 1, 0.05, transport=transport)).wrong


def test_answers_and_those_told_to_come_again_are_counted() -> None:
    numbers = itertools.count()
    transport = httpx.MockTransport(lambda _: answer(next(numbers)))
    found = asyncio.run(crowd("http://127.0.0.1:9", 3, 0.05, os.getpid(), transport))
    assert found.wrong == []
    assert found.statuses[200] == len(found.took) == 2
    assert found.statuses[429] == 3, "each stayed away for a second, which is longer than the crowd was there"
    assert found.seconds >= 1
    assert len(found.memory) >= 2
    assert all(10 < each < 100_000 for each in found.memory)
    found.memory = [100, 130, 105, 101]
    row = table(found, 3).splitlines()[-1].split(" | ")
    assert row[0] == "| 3"
    assert row[5:] == ["2", "3", "0", "0", "100 MB", "101 MB |"]


@pytest.mark.parametrize(
    ("memory", "flat"),
    [
        ([900, 1000, 950, 1030, 905, 990], True),  # it comes and goes
        ([900, 930, 960, 991, 1020, 1050], False),  # it only comes
        ([1000, 900, 970, 989], True),
        ([900], False),  # looked at once: nothing is known
        ([], False),
    ],
)
def test_what_is_never_handed_back_is_a_leak(memory: list[float], flat: bool) -> None:
    assert Crowd(memory=memory).flat is flat


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (httpx.Response(500, text="bug"), "500"),
        (httpx.Response(429), "429"),
        (httpx.Response(429, headers={"Retry-After": "0"}), "429"),
        (httpx.Response(200, json={"answer": ""}), "an answer without text"),
    ],
)
def test_what_must_not_be_is_shown(reply: httpx.Response, said: str) -> None:
    assert any(said in wrong for wrong in asked(reply))


def test_a_broken_connection_is_shown() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        msg = "gone"
        raise httpx.ReadError(msg, request=request)

    found = asyncio.run(crowd("http://127.0.0.1:9", 1, 0.05, transport=httpx.MockTransport(broken)))
    assert len(found.wrong) == 1
    assert "ReadError" in found.wrong[0]
