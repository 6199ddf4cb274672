"""Every question of a set through the pipeline, as a reader would ask it: answered, judged, scored, kept.

A run can be stopped at any moment and goes on where it stopped: a question whose record has the configuration's
fingerprint is not asked again, and is judged again only if the judge or the scores changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from llama_index.core.llms import ChatMessage, MessageRole

from eval.fingerprint import configuration, digest, scoring
from eval.judging import Judge
from eval.questions import EvalQuestion
from eval.record import Record, made
from eval.runfile import RunFile
from eval.scores import DEPTH, scored
from rag.pipeline import Pipeline
from rag.prompt import fitted
from rag.types import Answer, AnswerDone, Question, SentenceSettled, Token, Turn


class Run:
    """One configuration over a question set."""

    def __init__(self, pipeline: Pipeline, judge: Judge, handles: Mapping[str, str], file: RunFile) -> None:
        """Prepares a run; the language model is chosen now, so that one that cannot be used is told at once.

        Args:
            pipeline: asked.
            judge: judges what it answers.
            handles: article id to handle.
            file: where records are kept.

        Raises:
            ModelError: the configured language model cannot be used.
        """
        self._pipeline, self._judge, self._handles, self._file = pipeline, judge, handles, file
        self.configuration = configuration(pipeline)
        self.fingerprint = digest(self.configuration)
        self.scoring = scoring(judge)

    def records(
        self,
        questions: Sequence[EvalQuestion],
        workers: int = 1,
        notify: Callable[[Record], None] = lambda _: None,
    ) -> list[Record]:
        """The records of the questions, in their order; those that the file lacks are made.

        Args:
            questions: to be asked.
            workers: how many are asked at a time. More than one makes each answer slower, so timings are only
                comparable between runs with as many.
            notify: told each record as it stands, kept ones first.

        Raises:
            DatelineError: the pipeline or the disk failed; what was done is kept.
        """
        known = {record.question.id: record for record in self._file.records() if self._same(record)}
        done: dict[str, Record] = {}
        for question in questions:
            record = known.get(question.id)
            if record and record.question == question:
                done[question.id] = self._kept(record)
                notify(done[question.id])
        left = [question for question in questions if question.id not in done]
        if left:
            self._pipeline.embedder.encode(["loads the encoder, which belongs to no question's time"])
        for record in self._ask(left, workers):
            self._file.append(record)
            done[record.question.id] = record
            notify(record)
        return [done[question.id] for question in questions]

    def ask(self, question: EvalQuestion) -> Record:
        """One question, with the conversation before it, asked now."""
        history: list[Turn] = []
        for earlier in question.history:
            answer = self._pipeline.answer(earlier, as_of=question.as_of, history=history)
            history.append(Turn.of(answer))
        draft: list[str] = []
        timings: dict[str, int] = {}
        start = time.perf_counter()
        for event in self._pipeline.stream(question.question, as_of=question.as_of, history=history):
            if isinstance(event, Token):
                timings.setdefault("first_token", _since(start))
                draft.append(event.text)
            elif isinstance(event, SentenceSettled) and event.sentence.supported:
                timings.setdefault("first", _since(start))
            elif isinstance(event, AnswerDone):
                record = made(
                    question,
                    event.answer,
                    self._handles,
                    fingerprint=self.fingerprint,
                    history=history,
                    ranking=self._ranking(event.answer.question),
                    draft="".join(draft),
                    timings_ms=timings,
                    tokens=self._tokens(event.answer, "".join(draft)),
                )
        return judged(record, self._judge, self.scoring)

    def _same(self, record: Record) -> bool:
        return record.fingerprint == self.fingerprint

    def _kept(self, record: Record) -> Record:
        if record.scoring == self.scoring:
            return record
        record = judged(record, self._judge, self.scoring)
        self._file.append(record)
        return record

    def _ask(self, questions: Sequence[EvalQuestion], workers: int) -> Iterator[Record]:
        if workers <= 1:
            yield from map(self.ask, questions)
            return
        with ThreadPoolExecutor(workers, thread_name_prefix="eval") as pool:
            asked: list[Future[Record]] = [pool.submit(self.ask, question) for question in questions]
            try:
                for future in as_completed(asked):
                    yield future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _ranking(self, question: Question) -> list[list[str]]:
        """The stories found, best first, each as the handles of its articles. Asked apart, outside the timings."""
        found = [f.article for f in self._pipeline.retriever.search(question, DEPTH).found]
        stories = [[one, *(self._pipeline.store.story(one.story) if one.story else ())] for one in found]
        return [sorted({self._handle(version.article.id) for version in story}) for story in stories]

    def _handle(self, article_id: str) -> str:
        return self._handles.get(article_id, article_id)

    def _tokens(self, answer: Answer, draft: str) -> dict[str, int]:
        """Of prompt and draft, as the model's adapter counts them; empty where no model wrote."""
        model = self._pipeline.chosen.model
        if model is None or not draft or answer.model != model.name:
            return {}
        prompt, _ = fitted(answer.question, answer.evidence, model, self._pipeline.config.max_answer_tokens)

        def count(text: str) -> int:
            return model.count_tokens([ChatMessage(role=MessageRole.ASSISTANT, content=text)])

        return {"prompt": model.count_tokens(prompt), "draft": max(count(draft) - count(""), 0)}


def _since(start: float) -> int:
    return round((time.perf_counter() - start) * 1000)


def judged(record: Record, judge: Judge, digest_of_scoring: str) -> Record:
    """The record with the judge's verdicts and its scores."""
    record = record.model_copy(update={"verdicts": judge.verdicts(record), "scoring": digest_of_scoring})
    return record.model_copy(update={"scores": scored(record)})
