"""When a choice of model is made anew, and that nobody waits for it."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from index.errors import PluginError
from rag.choice import Choice
from rag.llm import Chosen

STAND_IN, WANTED = Chosen(None, "no Ollama", stands_in=True), Chosen(None, "Ollama")


class Script:
    """Chooses what it was told to; counts how often, and is held until `go` is set."""

    def __init__(self, *found: Chosen | Exception) -> None:
        self.found, self.asked, self.go = deque(found), 0, threading.Event()
        self.go.set()

    def __call__(self) -> Chosen:
        self.asked += 1
        assert self.go.wait(5)
        found = self.found.popleft()
        if isinstance(found, Exception):
            raise found
        return found


def soon(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return true()


def test_what_stands_in_is_replaced_once_the_wanted_model_can_be_used() -> None:
    script = Script(STAND_IN, STAND_IN, WANTED)
    choice = Choice(script, look_s=0)
    assert choice.now is STAND_IN
    choice.look_again()
    assert soon(lambda: script.asked == 2)
    assert choice.now is STAND_IN
    choice.look_again()
    assert soon(lambda: choice.now is WANTED)
    choice.look_again()  # what was wanted is there: nothing more to look for
    assert script.asked == 3


def test_nobody_waits_for_a_look() -> None:
    script = Script(STAND_IN, WANTED)
    choice = Choice(script, look_s=0)
    assert choice.now is STAND_IN
    script.go.clear()
    choice.look_again()
    assert choice.now is STAND_IN  # though the look is not over
    script.go.set()
    assert soon(lambda: choice.now is WANTED)


def test_it_does_not_look_all_the_time() -> None:
    script = Script(STAND_IN)
    choice = Choice(script, look_s=60)
    choice.look_again()  # nothing was chosen yet
    for _ in range(3):
        assert choice.now is STAND_IN
        choice.look_again()
    assert script.asked == 1
    for never in (Script(WANTED), Script(STAND_IN)):
        choice = Choice(never, look_s=0 if never.found[0] is WANTED else math.inf)
        assert choice.now
        choice.look_again()
        assert never.asked == 1


def test_a_look_that_fails_leaves_what_there_is() -> None:
    script = Script(STAND_IN, PluginError("gone"), WANTED)
    choice = Choice(script, look_s=0)
    assert choice.now is STAND_IN
    choice.look_again()
    assert soon(lambda: script.asked == 2)
    assert choice.now is STAND_IN
    choice.look_again()
    assert soon(lambda: choice.now is WANTED)
