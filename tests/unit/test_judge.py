"""The judge judged, on summaries made for the test; figures kept in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.runs import SETS

from eval.agreement import JUDGES, keep, read_agreements
from eval.judge import best_sentences, measure, support
from eval.labelled import Labelled, bench_file, read_labelled
from index.errors import InputError

ARTICLE = "Rain fell on Monday. The bridge opened on Tuesday. Mayor Holt spoke. The bridge is long."


def summary(text: str, *, consistent: bool = True, origin: str = "news") -> Labelled:
    return Labelled(id=text, origin=origin, system="s", source=ARTICLE, summary=text, consistent=consistent)


def test_the_sentences_that_share_most_words_come_in_order() -> None:
    sentences = ["Rain fell.", "The bridge is long.", "Holt spoke.", "Holt opened the bridge.", "Holt opened it."]
    assert best_sentences("Holt opened the long bridge", sentences, k=2) == [sentences[1], sentences[3]]
    assert best_sentences("Holt opened the long bridge", sentences, k=9) == sentences[1:]
    assert best_sentences("Snow melts", sentences) == []


def test_a_summary_is_as_good_as_its_weakest_sentence() -> None:
    assert support(SETS, summary("Rain fell. The bridge opened.")) == 1.0
    assert support(SETS, summary("Rain fell. The bridge collapsed.")) == 0.0


def test_a_judge_is_measured_by_origin(tmp_path: Path) -> None:
    a, b = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    supports = {
        # fixed here: everything between .3 and .8 separates
        a: [(summary("x"), 0.8), (summary("y", consistent=False), 0.3)],
        b: [
            (summary("x"), 0.9),
            (summary("y"), 0.4),
            (summary("z", consistent=False), 0.6),
            (summary("z", consistent=False), 0.1),
            (summary("x", origin="other"), 1.0),
            (summary("z", origin="other", consistent=False), 0.0),
        ],
    }
    found = measure(SETS, b, a, lambda path: supports[path])
    news, other = found.agreements
    assert (news.origin, news.n, news.consistent) == ("news", 4, 2)
    assert (other.origin, other.n, other.consistent) == ("other", 2, 1)
    # pairs: .9 > .6, .9 > .1, .4 < .6, .4 > .1
    assert news.auroc.value == 0.75
    # at .5, the judge's own: 1 of 2 right on each side; at .55 the same
    assert (news.threshold, news.balanced_accuracy.value) == (0.5, 0.5)
    assert (news.fitted_on, news.fitted_threshold, news.fitted_balanced_accuracy.value) == ("a.jsonl", 0.55, 0.5)
    assert news.auroc.low <= news.auroc.value <= news.auroc.high
    assert other.auroc == (1.0, 1.0, 1.0)
    assert found.curves["news"] == [(0.1, 0.0, 1), (0.4, 1.0, 1), (0.6, 0.0, 1), (0.9, 1.0, 1)]


def test_agreements_are_kept_by_judge_and_data(tmp_path: Path) -> None:
    def supports(path: Path) -> list[tuple[Labelled, float]]:
        return [(summary("x"), 0.9), (summary("y", consistent=False), 0.1)]

    place = tmp_path / "judges.toml"
    assert read_agreements(place) == []
    one = measure(SETS, Path("b.jsonl"), Path("a.jsonl"), supports).agreements
    two = measure(SETS, Path("a.jsonl"), Path("b.jsonl"), supports).agreements
    keep(one, place)
    keep(two, place)
    keep(one, place)
    assert read_agreements(place) == [*two, *one]


def test_a_file_that_is_no_agreement(tmp_path: Path) -> None:
    (tmp_path / "judges.toml").write_text("[[agreement]]\njudge = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"judges\.toml cannot be read"):
        read_agreements(tmp_path / "judges.toml")


def test_the_file_that_is_checked_in_can_be_read() -> None:
    for agreement in read_agreements(JUDGES):
        assert 0 <= agreement.auroc.low <= agreement.auroc.high <= 1


def test_labelled_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps(summary("x").model_dump() | {"more": 1})
    path = tmp_path / "faithfulness" / "f.jsonl"
    path.parent.mkdir()
    path.write_text(line + "\n\n", encoding="utf-8")
    monkeypatch.setenv("DATELINE_BENCH", str(tmp_path))
    assert read_labelled(bench_file("f.jsonl")) == [summary("x")]
    assert bench_file(str(path)) == path
    path.write_text(line + '\n{"id": "2"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"f\.jsonl:2 is no labelled summary: origin"):
        read_labelled(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="holds no summaries"):
        read_labelled(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_labelled(tmp_path / "none.jsonl")
