"""The whole way with a scripted model, found through the real plug-in path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import EntryMaker
from fakes.embedder import BagEmbedder
from fakes.scripted import install

from index.errors import InputError
from index.manifest import Manifest
from index.sqlite_faiss import SqliteFaissStore
from rag.answerable import DOUBT, THRESHOLD
from rag.config import Config
from rag.errors import ModelFailed
from rag.llm import choose
from rag.model_settings import ModelSettings
from rag.pipeline import Pipeline
from rag.types import AnswerDone, Drafting, EvidenceFound, SentenceSettled, Token, Turn, Understood
from rag.verify import OverlapVerifier

BRIDGE = (
    "The Harbour Bridge opened to traffic on Saturday. The Harbour Bridge cost 412 million euros, Mayor Ida Holt said."
)
QUESTION = "How much did the Harbour Bridge cost?"
AS_OF = date(2025, 5, 10)


@pytest.fixture
def pipeline(tmp_path: Path, manifest: Manifest, bag: BagEmbedder, entry: EntryMaker) -> Iterator[Pipeline]:
    with SqliteFaissStore(tmp_path / "index", manifest, create=True) as store:
        store.put(
            [
                entry("bridge", BRIDGE, title="Harbour Bridge opens", outlet="The Example", day="2025-05-03"),
                entry("tax", "Parliament raised the fuel tax by four percent.", outlet="Other", day="2025-04-01"),
                entry(
                    "later", "The Harbour Bridge cost 500 million euros after all.", outlet="Other", day="2025-06-01"
                ),
            ]
        )
        yield Pipeline(store, bag, Config(llm="none"))


@pytest.fixture
def scripted(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Lets the pipeline draft with a model that says what the test wants."""
    (tmp_path / "dist").mkdir()

    def use(*answers: object) -> Pipeline:
        install(tmp_path / "dist", monkeypatch, *answers)
        pipeline._choice.made = choose("scripted/x", ModelSettings())
        return pipeline

    return use


def test_without_a_model_the_evidence_is_quoted(pipeline: Pipeline) -> None:
    answer = pipeline.answer(QUESTION, as_of=AS_OF)
    assert answer.answered
    assert answer.model == "extractive"
    assert "412 million euros" in answer.text
    assert "500 million" not in " ".join(e.sentence.text for e in answer.evidence)
    cited = answer.citations[0]
    assert cited.article.article.text[cited.sentence.start : cited.sentence.end] == cited.sentence.text
    assert answer.newest_evidence == date(2025, 5, 3)


@pytest.mark.parametrize(
    ("turns", "wanted"),
    [(0, "How much did it cost?"), (1, "How much did Harbour Bridge cost?"), (4, "How much did Harbour Bridge cost?")],
)
def test_so_many_turns_are_looked_at_and_none_where_it_is_none(pipeline: Pipeline, turns: int, wanted: str) -> None:
    pipeline.config = replace(pipeline.config, history_turns=turns)
    history = [Turn("Who owns the Leeds Arms?", "Peter Lane."), Turn("Who opened Harbour Bridge?", "Ida Holt did.")]
    assert pipeline.answer("How much did it cost?", as_of=AS_OF, history=history).question.standalone == wanted


def test_later_articles_count_when_allowed(pipeline: Pipeline) -> None:
    texts = [e.sentence.text for e in pipeline.answer(QUESTION, as_of=AS_OF, allow_later=True).evidence]
    assert any("500 million" in text for text in texts)


def test_what_is_not_there_is_refused(pipeline: Pipeline) -> None:
    answer = pipeline.answer("Who painted the Mona Lisa?", as_of=AS_OF)
    assert (answer.answered, answer.sentences, answer.citations) == (False, (), ())
    assert answer.reason == answer.text
    assert answer.text.startswith("The answer is not in these articles.")


def test_doubt_is_shown(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.pipeline.answerability", lambda *_: (THRESHOLD + DOUBT) / 2)
    answer = pipeline.answer(QUESTION, as_of=AS_OF)
    assert answer.answered
    assert [(n.kind, n.citations) for n in answer.notices] == [("doubt", ())]
    assert answer.text.endswith(answer.notices[0].text)
    monkeypatch.setattr("rag.pipeline.answerability", lambda *_: 0.05)
    assert not pipeline.answer(QUESTION, as_of=AS_OF).answered
    monkeypatch.setattr("rag.pipeline.answerability", lambda *_: 0.6)
    assert pipeline.answer(QUESTION, as_of=AS_OF).notices == ()


def test_events_come_in_order(pipeline: Pipeline) -> None:
    kinds = [type(event) for event in pipeline.stream(QUESTION, as_of=AS_OF)]
    assert kinds[:3] == [Understood, EvidenceFound, Drafting]
    assert kinds[-1] is AnswerDone
    assert SentenceSettled in kinds


def test_a_good_draft_is_kept_and_cited(scripted) -> None:  # type: ignore[no-untyped-def]
    answer = scripted("The Harbour Bridge cost 412 million euros, Holt said. [99] ").answer(QUESTION, as_of=AS_OF)
    assert [(s.text, s.state) for s in answer.sentences] == [
        ("The Harbour Bridge cost 412 million euros, Holt said.", "verified")
    ]
    # [99] was not offered; the mark that the verifier confirms takes its place.
    assert [c.sentence.text for c in answer.citations] == [
        "The Harbour Bridge cost 412 million euros, Mayor Ida Holt said."
    ]
    assert answer.text.endswith("[1]")


def test_an_invention_never_reaches_the_reader(scripted) -> None:  # type: ignore[no-untyped-def]
    draft = "A previous bridge had cost 105 million euros. [1] The Harbour Bridge cost 999 million euros. [1]"
    answer = scripted(draft).answer(QUESTION, as_of=AS_OF)
    assert "105" not in answer.text
    assert "999" not in answer.text
    assert "412 million euros" in answer.text
    assert [s.state for s in answer.sentences] == ["repaired"]
    assert any("105" in reason for s in answer.sentences for reason in s.reasons)
    assert any("999" in s.text for s in answer.removed)
    offered = {e.sentence.id for e in answer.evidence}
    assert {c.sentence.id for c in answer.citations} <= offered


REPORTED = "The Harbour Bridge cost 412 million euros, Mayor Ida Holt said."


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        ("The Harbour Bridge cost 412 million euros. [2]", f"The Example, 3 May 2025: {REPORTED}"),
        (
            "According to Mayor Ida Holt, the Harbour Bridge cost 412 million euros. [2]",
            "According to Mayor Ida Holt, the",
        ),
    ],
)
def test_what_somebody_said_is_no_fact_whatever_model_wrote_it(scripted, draft: str, shown: str) -> None:  # type: ignore[no-untyped-def]
    asked = scripted(draft)
    asked.verifier = OverlapVerifier()  # the network doubts so short a sentence
    answer = asked.answer(QUESTION, as_of=AS_OF)
    assert answer.sentences[0].text.startswith(shown)
    assert "Holt" in answer.sentences[0].text
    assert [s.state for s in answer.sentences] == ["repaired" if REPORTED in shown else "verified"]
    assert answer.sentences[0].reasons == (("it leaves out who says so",) if REPORTED in shown else ())


def test_a_pronoun_stands_where_the_sentence_before_names_it(scripted) -> None:  # type: ignore[no-untyped-def]
    named = "The Harbour Bridge opened to traffic. [1] It cost 412 million euros, Mayor Ida Holt said. [2]"
    pipeline = scripted(named, "It cost 412 million euros, Mayor Ida Holt said. [2]")
    answer = pipeline.answer(QUESTION, as_of=AS_OF)
    assert [(s.text, s.state) for s in answer.sentences] == [
        ("The Harbour Bridge opened to traffic.", "verified"),
        ("It cost 412 million euros, Mayor Ida Holt said.", "verified"),
    ]
    answer = pipeline.answer(QUESTION, as_of=AS_OF)
    assert answer.sentences[0].text == f"The Example, 3 May 2025: {REPORTED}"
    assert answer.sentences[0].reasons == ("it does not name whom it is about",)


def test_two_sources_that_are_needed_together_must_both_be_followed(scripted) -> None:  # type: ignore[no-untyped-def]
    draft = "The Harbour Bridge opened to traffic on Saturday and cost 412 million euros"
    pipeline = scripted(f"{draft}. [1][2]", f"{draft}, Mayor Ida Holt said. [1][2]")
    answer = pipeline.answer(QUESTION, as_of=AS_OF)
    assert answer.sentences[0].state == "repaired"
    assert all("412" not in s.text or "Holt" in s.text for s in answer.sentences)
    answer = pipeline.answer(QUESTION, as_of=AS_OF)
    assert answer.sentences[0].state == "verified"
    assert len(answer.sentences[0].citations) == 2


TOLL = "How many people died in the Harbour fire?"


@pytest.fixture
def two_reports(tmp_path: Path, manifest: Manifest, bag: BagEmbedder, entry: EntryMaker) -> Iterator[Pipeline]:
    with SqliteFaissStore(tmp_path / "two", manifest, create=True) as store:
        first = "At least 12 people died in the Harbour fire, police said on Monday. The cause is unknown."
        later = "The Harbour fire killed 15 people, a fire chief said. Mayor Ida Holt will not resign over it."
        store.put(
            [
                entry("first", first, title="Harbour fire kills 12", outlet="Alpha", day="2025-05-05"),
                entry("later", later, title="Harbour fire toll rises", outlet="Beta", day="2025-05-07"),
            ]
        )
        yield Pipeline(store, bag, Config(llm="none"))


def test_sources_that_differ_are_both_told(two_reports: Pipeline) -> None:
    answer = two_reports.answer(TOLL, as_of=AS_OF)
    (notice,) = answer.notices
    assert notice.kind == "update"
    assert notice.text.startswith(
        "Reports differ: Alpha reported at least 12 people on 5 May 2025; Beta reported 15 people on 7 May 2025."
    )
    by_number = {c.n: c.sentence.text for c in answer.citations}
    assert ["12 people" in by_number[n] or "15 people" in by_number[n] for n in notice.citations] == [True, True]
    assert answer.sources == 2
    assert notice.marked in answer.text
    assert {n for s in answer.sentences for n in s.citations} >= set(notice.citations)


def test_a_premise_that_the_articles_deny_is_named(two_reports: Pipeline) -> None:
    answer = two_reports.answer("When will Mayor Ida Holt resign over the Harbour fire?", as_of=AS_OF)
    assert answer.answered
    assert [n.kind for n in answer.notices] == ["premise"]
    (n,) = answer.notices[0].citations
    assert "will not resign" in answer.citations[n - 1].sentence.text


def test_a_refusing_model_does_not_hide_the_evidence(scripted) -> None:  # type: ignore[no-untyped-def]
    question = "How many euros did the Harbour Bridge cost?"
    answer = scripted("NOT IN THE ARTICLES").answer(question, as_of=AS_OF)
    assert "412 million euros" in answer.sentences[0].text
    assert {s.state for s in answer.sentences} == {"quoted"}


def test_a_model_that_fails_midway_is_replaced_and_said(scripted, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    pipeline = scripted(ModelFailed("The model broke off."))
    monkeypatch.setattr(pipeline, "_fallbacks", lambda _: lambda: None)
    answer = pipeline.answer(QUESTION, as_of=AS_OF)
    assert answer.model == "extractive"
    assert "The model broke off." in answer.note
    assert "412 million euros" in answer.text


def test_cancelled_before_the_first_word(scripted) -> None:  # type: ignore[no-untyped-def]
    cancel = threading.Event()
    cancel.set()
    events = list(
        scripted("The Harbour Bridge cost 412 million euros. [1]").stream(QUESTION, as_of=AS_OF, cancel=cancel)
    )
    assert not [event for event in events if isinstance(event, Token)]
    assert isinstance(events[-1], AnswerDone)
    # Nothing is claimed of articles that nobody has looked through.
    assert events[-1].answer.text == "Stopped before a sentence was checked."
    assert not events[-1].answer.answered


def test_no_question(pipeline: Pipeline) -> None:
    with pytest.raises(InputError, match="no question"):
        pipeline.answer("  ")
