"""Other systems over the same questions: their replies read kindly, kept, judged and set side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import EntryMaker
from fakes import plugin_dist
from fakes.runs import SETS, judged, question, record

from eval.corpus import handles
from eval.judging import Judge
from eval.peers import __main__ as command
from eval.peers import ask
from eval.peers.ask import PeerRun
from eval.peers.environment import PEERS, environment, requirements
from eval.peers.replies import recorded, refuses, sentences_of
from eval.peers.table import BEGIN, END, Column, answers, found, grounded, put
from eval.peers.wire import Asked, Reply
from eval.record import Record
from eval.runfile import read_run
from index.errors import InputError, PluginError
from index.sqlite_faiss import SqliteFaissStore
from rag.config import read_config
from rag.errors import ModelFailed

BRIDGE = "The Harbour Bridge opened on Saturday. It cost 412 million euros. Holt spoke."
TAX = "Parliament raised the fuel tax by four percent."


def reply(answer: str, *sources: tuple[str, str], **more: Any) -> Reply:
    found: Reply = {
        "id": more.pop("id", "q1"),
        "answer": answer,
        "sources": [{"article": article, "text": text, "score": 0.5} for article, text in sources],
        "tokens": {"prompt": 90, "draft": 9},
        "ranking": more.pop("ranking", [article for article, _ in sources]),
        "total_ms": 1200,
        **more,
    }
    return found


def cut(answer: str, sources: int = 3, **more: Any) -> list[tuple[str, tuple[int, ...]]]:
    return [(s.text, s.marks) for s in sentences_of(reply(answer, *[("bridge", BRIDGE)] * sources, **more))]


@pytest.fixture
def filled(store: SqliteFaissStore, entry: EntryMaker) -> SqliteFaissStore:
    store.put(
        [
            entry("bridge", BRIDGE, title="Bridge opens", outlet="CNN", day="2025-05-03"),
            entry("tax", TAX, title="Tax up", outlet="BBC", day="2025-05-12"),
        ]
    )
    return store


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        # Inside a sentence, as LlamaIndex's prompt shows it, and behind one.
        ("It opened [2], and it cost 412 million [1]. Holt spoke. [3]",
         [("It opened, and it cost 412 million.", (2, 1)), ("Holt spoke.", (3,))]),
        ("It opened [1, 2]. Holt spoke [Source 3].", [("It opened.", (1, 2)), ("Holt spoke.", (3,))]),
        ("It opened (Source 1). Holt spoke (sources 2 and 3).", [("It opened.", (1,)), ("Holt spoke.", (2, 3))]),
        ("According to Source 2, it opened. Holt spoke.", [("it opened.", (2,)), ("Holt spoke.", ())]),
        ("Source 1: It opened. Source 2: Holt spoke.", [("It opened.", (1,)), ("Holt spoke.", (2,))]),
        # No such source.
        ("It opened [7]. Holt spoke [0].", [("It opened.", ()), ("Holt spoke.", ())]),
        # A number in brackets that are no mark.
        ("It rose (2) times.", [("It rose (2) times.", ())]),
        ("", []),
    ],
)  # fmt: skip
def test_marks_go_to_their_sentences(answer: str, sentences: list[tuple[str, tuple[int, ...]]]) -> None:
    assert cut(answer) == sentences


def test_one_reference_counts_for_every_sentence() -> None:
    assert cut("It opened. Holt spoke.", reference=2) == [("It opened.", (2,)), ("Holt spoke.", (2,))]
    assert cut("It opened [1].", reference=None) == [("It opened.", ())]
    assert cut("It opened.", sources=1, reference=2) == [("It opened.", ())]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Empty Response",
        "I don't know.",
        "I do not know the answer to that.",
        "I'm sorry, but I can't answer this question.",
        "None of the sources are helpful.",
        "None of the provided sources mention the painter.",
        "The provided sources do not mention who painted it.",
        "The context does not contain enough information to answer.",
        "The articles don't say. They are about a bridge.",
        "The painter is not mentioned in the sources [1].",
        "There is no information about the painter.",
        "There is not enough information to say.",
        "No source mentions the painter.",
        "It cannot be determined from the text.",
        "I am unable to find it.",
    ],
)
def test_refusals(answer: str) -> None:
    assert refuses(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "It cost 412 million euros [1].",
        "The company did not provide a reason.",
        "Holt said she did not know.",
        "Sources at the ministry said that the plan was not approved.",
        "The bridge opened on Saturday. The sources do not say who spoke.",
        "No one was hurt.",
        "The information office opened on Monday.",
    ],
)
def test_what_is_no_refusal(answer: str) -> None:
    assert not refuses(answer)


def test_a_record_of_a_reply(filled: SqliteFaissStore) -> None:
    asked = question(gold=[("bridge", "It cost 412 million euros.")])
    passage = "It cost 412 million euros. Holt spoke."
    given = reply("It cost 412 million euros [2]. Holt danced [2].", ("tax", TAX), ("bridge", passage))
    found = judged(recorded(asked, "How much?", given, "txtai", filled, handles(filled)), SETS)
    assert (found.answered, found.outcome, found.model, found.draft) == (True, "right", "txtai", given["answer"])
    (cited,) = found.citations
    assert (cited.n, cited.article, cited.sentence, cited.published) == (
        2,
        "bridge",
        passage,
        asked.as_of.replace(day=3),
    )
    assert BRIDGE[cited.start : cited.end] == passage
    assert cited.parts == ("It cost 412 million euros.", "Holt spoke.")
    # What was offered is what stands whole in the passages.
    assert [source.sentence for source in found.evidence] == [TAX, *cited.parts]
    assert found.scores["evidence_recall"].part == 1
    assert (found.scores["faithfulness"], found.scores["citation_recall"]) == ((1, 2), (0.5, 1))
    assert (found.scores["hits_1"].part, found.scores["mrr_10"].part) == (0, 0.5)
    assert found.timings_ms == {"total": 1200, "first": 1200}


def test_a_record_of_a_refusal(filled: SqliteFaissStore) -> None:
    found = recorded(question(), "?", reply("None of the sources are helpful."), "txtai", filled, handles(filled))
    assert (found.answered, found.sentences, found.reason) == (False, (), "None of the sources are helpful.")
    assert found.timings_ms == {"total": 1200}


def test_the_judge_reads_a_passage_by_sentences(filled: SqliteFaissStore) -> None:
    class Hears:
        threshold = 0.5
        heard: list[list[str]] = []

        def verify(self, claim: str, evidence: list[str], context: str = "") -> Any:
            self.heard.append(list(evidence))
            return SETS.verifier.verify(claim, evidence, context)

    given = reply("Holt spoke [1].", ("bridge", "It cost 412 million euros. Holt spoke."))
    found = recorded(question(), "?", given, "txtai", filled, handles(filled))
    (verdict,) = Judge("hears", Hears()).verdicts(found)
    assert verdict.supported
    assert Hears.heard[0] == ["It cost 412 million euros.", "Holt spoke."]


# --- a peer's process ----------------------------------------------------------------------------------------------

FAKE = """
import sys
from eval.peers.wire import serve

class Fake:
    def __init__(self, task):
        print("libraries print to standard output")
        self.texts = {text["id"]: text for text in task["texts"]}
    def ranking(self, asked):
        return [name for name, text in self.texts.items() if text["published"] <= asked["as_of"]]
    def answer(self, asked):
        if asked["text"] in ("Fail?", "Stop?"):
            sys.exit(3 if asked["text"] == "Fail?" else 0)
        print("and here")
        sources = [{"article": name, "text": text["text"], "score": 1.0} for name, text in self.texts.items()][:1]
        return {"answer": "It cost 412 million euros [1].", "sources": sources, "tokens": {"prompt": 1, "draft": 1}}

serve(Fake)
"""


@pytest.fixture
def peer(tmp_path: Path, filled: SqliteFaissStore, monkeypatch: pytest.MonkeyPatch) -> Callable[[], PeerRun]:
    """A peer in this environment: a module that answers without a model."""
    folder = tmp_path / "eval_fake"
    folder.mkdir()
    (folder / "fake_peer.py").write_text(FAKE, encoding="utf-8")
    monkeypatch.setattr(ask, "environment", lambda *_: Path(sys.executable))
    monkeypatch.setattr(ask, "module", lambda _: "fake_peer")
    around = ask.surroundings()
    monkeypatch.setattr(ask, "surroundings", lambda: {**around, "PYTHONPATH": f"{around['PYTHONPATH']}:{folder}"})
    return lambda: PeerRun("txtai", filled, handles(filled), tmp_path)


def test_what_was_replied_is_not_asked_again(
    peer: Callable[[], PeerRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = question(id="one"), question("How dear was it?", id="two", tags=["follow-up"], history=["A bridge?"])
    told: list[Record] = []
    (first,) = peer().records([one], SETS, told.append)
    assert (first.outcome, first.fingerprint, told) == ("right", peer().fingerprint, [first])
    # The article that was not yet published is not found.
    assert first.ranking == (("bridge",),)
    found = peer().records([two, one], SETS)
    assert [each.question.id for each in found] == ["two", "one"]
    assert found[0].standalone == "A bridge? How dear was it?"
    lines = (tmp_path / "replies.jsonl").read_text(encoding="utf-8").strip().split("\n")
    assert [json.loads(line)["reply"]["id"] for line in lines] == ["one", "two"]
    # A torn line costs the one reply, and whole ones are not asked again.
    (tmp_path / "replies.jsonl").write_text("\n" + lines[0] + "\n" + lines[1][:40], encoding="utf-8")
    asked: list[str] = []
    real = PeerRun._ask

    def listening(self: PeerRun, questions: Sequence[Asked]) -> Iterator[Reply]:
        asked.extend(each["id"] for each in questions)
        return real(self, questions)

    monkeypatch.setattr(PeerRun, "_ask", listening)
    assert [each.outcome for each in peer().records([one, two], SETS)] == ["right", "right"]
    assert asked == ["two"]


def test_a_peer_that_fails_is_told(peer: Callable[[], PeerRun], tmp_path: Path) -> None:
    with pytest.raises(ModelFailed, match="exit code 3") as failed:
        peer().records([question(id="one"), question("Fail?", id="two")], SETS)
    assert str(tmp_path / "log.txt") in failed.value.advice
    assert "libraries print" in (tmp_path / "log.txt").read_text(encoding="utf-8")
    with pytest.raises(ModelFailed, match="without a reply to 1 questions, such as three"):
        peer().records([question(id="one"), question("Stop?", id="three")], SETS)
    # What it had replied is kept.
    assert '"id": "one"' in (tmp_path / "replies.jsonl").read_text(encoding="utf-8")


def test_one_command_makes_the_tables(
    peer: Callable[[], PeerRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "place"
    (place / "articles").mkdir(parents=True)
    (place / "articles" / "bridge.md").write_text(f"---\npublished: 2025-05-03\n---\n{BRIDGE}\n", encoding="utf-8")
    asked = [question(gold=[("bridge", "It cost 412 million euros.")], id="one"), question("Who?", None, id="two")]
    (place / "q.jsonl").write_text("\n".join(each.model_dump_json() for each in asked) + "\n", encoding="utf-8")
    (place / "page.md").write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
    (tmp_path / "dist").mkdir()
    bags = {"bag": "fakes.embedder:BagEmbedder"}
    plugin_dist.install(tmp_path / "dist", monkeypatch, "dateline.embedders", bags, name="bags")
    monkeypatch.setenv("DATELINE_EMBEDDER", "bag")
    monkeypatch.chdir(place)
    monkeypatch.setattr("eval.corpus.SEEDS", place / "articles")
    monkeypatch.setattr(command, "QUESTIONS", place / "q.jsonl")
    # Dateline without its model, which takes seconds an answer.
    monkeypatch.setattr(command, "read_config", lambda flags=None: read_config({**(flags or {}), "llm": "none"}))
    command.run(limit=1, peer=["txtai"], into=Path("page.md"))
    page = (place / "page.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip() in page
    first, second = page.split("Answers, 1 questions")
    assert "What is found, 2 questions" in first
    assert "|  | Dateline | txtai |" in first
    assert "|  | Dateline | Dateline, quoting | txtai |" in second
    assert "| Accuracy | 1.000 [1.000, 1.000] | 1.000 [1.000, 1.000] | 1.000 [1.000, 1.000] |" in second
    # A peer's run is one like any other.
    summary, records = read_run(place / "var" / "peers" / "txtai")
    assert (summary.configuration["peer"], [each.outcome for each in records]) == ("txtai", ["right"])


def test_environments(tmp_path: Path) -> None:
    for name in PEERS:
        lines = [line for line in requirements(name).read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
        assert lines
        assert all("==" in line for line in lines)
        assert not any(word in line for line in lines for word in ("nvidia", "cuda", "triton"))
    with pytest.raises(PluginError, match="There is no peer 'other'"):
        environment("other", tmp_path)


# --- side by side --------------------------------------------------------------------------------------------------


def test_the_table() -> None:
    def made(text: str, milliseconds: int, **sources: Any) -> list[Record]:
        marks = [1] if "cited" in sources else []
        asked = [question(id=str(i)) for i in range(8)]
        records = [record(each, [(text, marks)], timings_ms={"total": milliseconds}, **sources) for each in asked]
        return [judged(each, SETS) for each in records]

    good = made("It cost 412 million euros.", 100, cited=["It cost 412 million euros."])
    bad = made("It cost nine euros.", 2100, offered=["It cost nine euros."])
    columns = [Column("Dateline", good), Column("peer", bad)]
    lines = answers(columns, SETS).splitlines()
    assert lines[0] == "|  | Dateline | peer |"
    rows = _cells(lines)
    # All eight flipped: McNemar p = 2 / 2**8.
    assert rows["Accuracy"] == ["1.000 [1.000, 1.000]", "0.000 [0.000, 0.000]*"]
    assert rows["Faithfulness"][1] == "0.000 [0.000, 0.000]*"
    assert rows["Supported by anything retrieved"] == ["0.000 [0.000, 0.000]", "1.000 [1.000, 1.000]*"]
    assert rows["Whole answer, median, s"] == ["0.1", "2.1"]
    assert "Abstention recall" not in rows
    rows = _cells(found(columns).splitlines())
    assert rows["Evidence recall"] == ["0.000 [0.000, 0.000]", "0.000 [0.000, 0.000]"]
    assert rows["Words offered, median"] == ["0", "4"]


def _cells(lines: Sequence[str]) -> dict[str, list[str]]:
    return {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines[2:]}


def test_grounded_asks_for_everything_that_was_offered() -> None:
    found = record(None, [("It cost 412.", []), ("Holt spoke.", []), ("Holt danced.", [])],
                   offered=["It cost 412.", "Holt spoke."])  # fmt: skip
    assert grounded(found, SETS) == (2, 3)


def test_a_table_goes_into_its_place(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before\n{BEGIN}\nold\n{END}\nAfter\n", encoding="utf-8")
    put("| new |", page)
    assert page.read_text(encoding="utf-8") == f"Before\n{BEGIN}\n| new |\n{END}\nAfter\n"
    page.write_text("Nothing", encoding="utf-8")
    with pytest.raises(InputError, match="no place for the table"):
        put("| new |", page)
    assert page.read_text(encoding="utf-8") == "Nothing"
