"""`dateline chat`: a conversation in the terminal, sentence by sentence as each is checked.

From a terminal it prompts, shows the draft dimly while it is written, and Ctrl-C stops the answer. From a pipe it reads
a line at a time and prints no prompt. With JSON, stdout holds one document a line: an answer (docs/json.md), an error,
or what a command did.
"""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from index.errors import DatelineError, InputError
from rag import cli_print
from rag.contract import ask_json
from rag.pipeline import Pipeline
from rag.types import (
    Answer,
    AnswerDone,
    AnswerSentence,
    Citation,
    Drafting,
    Event,
    SentenceSettled,
    Token,
    Turn,
    Window,
)
from rag.wording import spoken

HELP = """/new           forget the conversation
/sources [N]   the cited sentences of the last answer; with N, citation N in its place in the article
/as-of DATE    the day on which you ask (YYYY-MM-DD), or today
/help          this list
/quit          end; so does Ctrl-D. Ctrl-C stops the answer that is being written."""

WITHDRAWN = "↑ Withdrawn: the sentences above, with their marks. Their model failed midway; the answer begins anew."
_SIGNS = {
    "verified": ("✓ ", "green"),
    "repaired": ("~ ", "yellow"),
    "quoted": ("» ", "cyan"),
    "removed": ("✗ ", "red"),
}
_AROUND = 240  # characters of the article shown before and after a cited sentence


class _Quit(Exception):
    pass


@dataclass
class Chat:
    """One conversation.

    Attributes:
        pipeline: answers.
        out: where answers go.
        notes: where everything else goes.
        as_json: print JSON lines on `out` instead.
        as_of: the day of every question; None is today.
        window, outlets: limits for every question; None leaves them to the question.
        allow_later: whether articles published after `as_of` may be used.
    """

    pipeline: Pipeline
    out: Console
    notes: Console
    as_json: bool = False
    as_of: date | None = None
    window: Window | None = None
    outlets: Sequence[str] | None = None
    allow_later: bool = False
    _turns: deque[Turn] = field(init=False)
    _last: Answer | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._turns = deque(maxlen=max(self.pipeline.config.history_turns, 0))

    def run(self, lines: IO[str] | None = None) -> bool:
        """Reads questions and commands until there are no more; whether anything could be done.

        Args:
            lines: where to read; the standard input when not given. What is a terminal gets a prompt.
        """
        lines = lines or sys.stdin
        asked = done = 0
        with suppress(_Quit):
            for line in self._prompted() if lines.isatty() else lines:
                text = line.strip()
                if not text:
                    continue
                asked += 1
                try:
                    self._command(text) if text.startswith("/") else self._ask(text)
                except DatelineError as exc:
                    self._failed(exc)
                else:
                    done += 1
        return done > 0 or asked == 0

    def _prompted(self) -> Iterator[str]:
        with suppress(ImportError):
            import readline  # noqa: F401, PLC0415 - arrow keys and history, for this session alone
        self.notes.print("[dim]Ask a question, or /help.[/]")
        while True:
            try:
                yield input("\n> ")
            except EOFError:
                return
            except KeyboardInterrupt:
                self.notes.print("\n[dim]/quit or Ctrl-D ends.[/]")

    def _ask(self, text: str) -> None:
        cancel = threading.Event()
        events = self.pipeline.stream(
            text,
            as_of=self.as_of,
            history=tuple(self._turns),
            window=self.window,
            outlets=self.outlets,
            allow_later=self.allow_later,
            cancel=cancel,
        )
        with _stopped_by_interrupt(cancel):
            answer = cli_print.follow(events, None) if self.as_json else _Screen(self.out, self.notes).follow(events)
        self._turns.append(Turn.of(answer))
        self._last = answer
        if self.as_json:
            self._json(ask_json(answer).model_dump(mode="json"))
        elif cancel.is_set():
            self.notes.print("[dim]Stopped: this is what was checked by then.[/]")

    def _command(self, text: str) -> None:
        try:
            name, *arguments = shlex.split(text)
        except ValueError:
            name, *arguments = text.split()
        commands: dict[str, Callable[[list[str]], None]] = {
            "/new": self._new,
            "/sources": self._sources,
            "/as-of": self._day,
            "/help": lambda _: self._say("help", HELP),
            "/quit": _quit,
        }
        if name not in commands:
            msg = f"There is no command {name}."
            raise InputError(msg, f"There are {', '.join(commands)}.")
        commands[name](arguments)

    def _new(self, _: list[str]) -> None:
        self._turns.clear()
        self._last = None
        self._say("new", "The conversation is forgotten.")

    def _day(self, arguments: list[str]) -> None:
        try:
            self.as_of = None if arguments == ["today"] else date.fromisoformat(" ".join(arguments))
        except ValueError as exc:
            msg = f"'{' '.join(arguments)}' is no day."
            raise InputError(msg, "Write it as 2025-12-31, or `today`.") from exc
        day = self.as_of.isoformat() if self.as_of else "today"
        self._say("as-of", f"Questions are asked as of {day}.", as_of=day)

    def _sources(self, arguments: list[str]) -> None:
        cited = self._last.citations if self._last else ()
        if not cited:
            msg = "The last answer cites nothing."
            raise InputError(msg, "Ask a question first." if self._last is None else "")
        if not arguments:
            if self.as_json:
                self._json({"command": "sources", "citations": [c.n for c in cited]})
            else:
                cli_print.citations(cited, self.out)
            return
        chosen = [c for c in cited if arguments == [str(c.n)]]
        if not chosen:
            msg = f"There is no citation {' '.join(arguments)}."
            raise InputError(msg, f"There are {', '.join(str(c.n) for c in cited)}.")
        if self.as_json:
            self._json({"command": "sources", **_in_place(chosen[0])})
        else:
            _show_in_place(chosen[0], self.out)

    def _say(self, command: str, message: str, **more: str) -> None:
        if self.as_json:
            self._json({"command": command, **more})
        else:
            self.notes.print(f"[dim]{cli_print.plain(message)}[/]")

    def _failed(self, error: DatelineError) -> None:
        if self.as_json:
            self._json({"error": error.message, "advice": error.advice, "retryable": error.retryable})
        self.notes.print(f"[bold red]Error:[/] {cli_print.plain(error.message)}")
        if error.advice:
            self.notes.print(cli_print.plain(error.advice))

    def _json(self, document: dict[str, Any]) -> None:
        self.out.file.write(json.dumps(document, ensure_ascii=False) + "\n")
        self.out.file.flush()


class _Screen:
    """Shows one answer as it comes: each sentence with a sign of its state as soon as it is checked."""

    def __init__(self, out: Console, notes: Console) -> None:
        self._out, self._notes = out, notes
        self._draft = ""
        self._printed = False  # whether sentences of the draft stand on the screen, for good

    def follow(self, events: Iterator[Event]) -> Answer:
        """Follows the stream to its end."""
        answer: Answer | None = None
        with self._live() as live:
            for event in events:
                if isinstance(event, AnswerDone):
                    answer = event.answer
                else:
                    self._take(event, live)
        if answer is None:
            msg = "the stream ended without an answer"
            raise RuntimeError(msg)
        if not answer.answered:
            self._out.print(Text(answer.reason or ""))
        for notice in answer.notices:
            self._out.print(Text(notice.marked, "bold"))
        cli_print.sources(answer, self._out)
        return answer

    @contextmanager
    def _live(self) -> Iterator[Live | None]:
        """A place for the draft that is not checked yet: only on a terminal, and gone when the answer stands."""
        if not self._out.is_terminal:
            yield None
            return
        with Live(Text(""), console=self._out, transient=True, refresh_per_second=12) as live:
            yield live

    def _take(self, event: Event, live: Live | None) -> None:
        if isinstance(event, SentenceSettled):
            self._draft = ""
            self._printed = True
            self._out.print(_line(event.sentence))
        elif isinstance(event, Token):
            self._draft += event.text
        else:
            if isinstance(event, Drafting):
                self._begin()
            cli_print.say(event, self._notes)
        if live:
            live.update(Text(self._draft.strip(), "dim italic"))

    def _begin(self) -> None:
        """A draft begins. What one that failed left on the screen is withdrawn: its marks mean other sources now."""
        if self._printed:
            self._out.print(Text(WITHDRAWN, "bold red"))
        self._draft, self._printed = "", False


def _line(sentence: AnswerSentence) -> Text:
    """A sentence behind the sign of its state; one that was removed with the reason."""
    sign = _SIGNS[sentence.state]
    if sentence.supported:
        return Text.assemble(sign, sentence.marked)
    return Text.assemble(sign, (sentence.text, "dim strike"), (f" ({'; '.join(sentence.reasons)})", "dim"))


def _in_place(c: Citation) -> dict[str, Any]:
    text = c.article.article.text
    return {
        "n": c.n,
        "article_id": c.article.article.id,
        "before": text[max(c.sentence.start - _AROUND, 0) : c.sentence.start],
        "sentence": text[c.sentence.start : c.sentence.end],
        "after": text[c.sentence.end : c.sentence.end + _AROUND],
    }


def _show_in_place(c: Citation, console: Console) -> None:
    place = _in_place(c)
    a = c.article.article
    day = spoken(a.published) if a.published else "date unknown"
    console.print(Text.assemble((f"[{c.n}] ", "bold"), (a.title or a.id, "bold")))
    console.print(Text(", ".join(part for part in (a.outlet, day, a.url) if part), "dim"))
    console.print()
    shown = Text.assemble(place["before"], (place["sentence"], "reverse"), place["after"])
    console.print(Padding(shown, (0, 0, 0, 4), expand=False))


def _quit(_: list[str]) -> None:
    raise _Quit


@contextmanager
def _stopped_by_interrupt(cancel: threading.Event) -> Iterator[None]:
    """Ctrl-C sets `cancel`; a second one ends the program, as ever. Elsewhere than in the main thread, nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: Any) -> None:
        if cancel.is_set():
            signal.default_int_handler(number, frame)
        cancel.set()

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
