"""The line of those who wait: in order, told how many are first, left at any time."""

from __future__ import annotations

import threading

from rag.line import Line


def test_nobody_waits_while_there_are_places() -> None:
    line = Line(2)
    with line.place(threading.Event()) as one, line.place(threading.Event()) as two:
        assert list(one) == list(two) == []
        assert len(line) == 2
    assert len(line) == 0


def test_those_who_wait_are_told_how_many_are_first_and_move_up() -> None:
    line, never = Line(1), threading.Event()
    with line.place(never) as _one:
        with line.place(never) as _two, line.place(never) as three:
            assert next(three) == 2
        with line.place(never) as four:
            assert next(four) == 1
    with line.place(never) as five:
        assert list(five) == []


def test_who_waits_gets_the_place_of_who_leaves() -> None:
    line, never = Line(1), threading.Event()
    inside, leave, done = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with line.place(never) as ahead:
            assert list(ahead) == []
            inside.set()
            leave.wait(10)

    def second() -> None:
        with line.place(never) as ahead:
            assert next(ahead) == 1
            leave.set()
            assert list(ahead) == []
            done.set()

    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert inside.wait(10)
    threads.append(threading.Thread(target=second))
    threads[1].start()
    assert done.wait(10)
    for thread in threads:
        thread.join(10)
    assert len(line) == 0


def test_a_cancel_ends_the_wait() -> None:
    line, cancel = Line(1), threading.Event()
    with line.place(threading.Event()), line.place(cancel) as waiting:
        assert next(waiting) == 1
        cancel.set()
        assert list(waiting) == []
