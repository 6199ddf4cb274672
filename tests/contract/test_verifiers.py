"""What every verifier keeps: the default, a cross-encoder of random weights, a judge on a fake server, and others."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fakes import fake_ollama, judge, nli

from index import plugins
from rag.model_settings import ModelSettings
from rag.verifiers import GROUP, verifier
from rag.verify import Verdict, Verifier

LOAN = "U.S. envoys met officials, and leaders of the EU agreed on a $106 billion loan package for Kyiv."
RAIN = "Forecaster Ida Holt said heavy rain may close the bridge on Friday."
BESIDE = "Envoys meet in Berlin. CNN, 21 December 2025"
CASES: list[tuple[str, list[str], str]] = [
    (LOAN, [LOAN], BESIDE),
    (LOAN, [RAIN], ""),
    ("Leaders of the EU agreed on a $105 billion loan package for Kyiv.", [LOAN], BESIDE),
    ("Heavy rain may close the bridge, Holt said.", [LOAN, RAIN], ""),
    ("The museum bought two paintings.", [RAIN, LOAN], BESIDE),
    ("Rain.", [RAIN], ""),
]
UNICODE = [
    ("Über 5 Männer kamen.", "Über 5 Männer kamen nach Köln."),
    ("雨が降った。", "昨日、東京で雨が降った。"),
    ("هطل المطر يوم الجمعة.", "قالت المتنبئة إن المطر هطل يوم الجمعة."),
    ("It rained 🙂🌧️.", "It rained 🙂🌧️ all day\u200b long."),
    ("Cafe\u0301 closed.", "The café\u00a0closed."),
    ("A nul\0 stood there.", "A nul\0 stood\ufffd there\u2028too."),
    ("🙂", "🙂"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[fake_ollama.FakeOllama]:
    with fake_ollama.serve(fake_ollama.Script(answers=judge.by_words)) as running:
        yield running


@pytest.fixture(scope="module", params=["overlap", "nli", "ollama/llama3.2:3b", "learned"])
def spec(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param not in ("nli", "ollama/llama3.2:3b") and request.param not in plugins.available(GROUP):
        pytest.skip(f"no verifier '{request.param}' is installed")
    return f"nli/{nli.save(tmp_path_factory.mktemp('nli'))}" if request.param == "nli" else str(request.param)


@pytest.fixture(scope="module")
def made(spec: str, server: fake_ollama.FakeOllama) -> Verifier:
    return verifier(spec, ModelSettings(ollama_host=server.url))


def sound(verdict: Verdict, made: Verifier) -> bool:
    reasoned = verdict.support >= made.threshold or (bool(verdict.reasons) and all(verdict.reasons))
    return isinstance(verdict, Verdict) and 0 <= verdict.support <= 1 and reasoned


def test_the_threshold_lies_between_0_and_1(made: Verifier) -> None:
    assert 0 < made.threshold < 1


@pytest.mark.parametrize("case", CASES)
def test_support_is_a_share_and_what_lowered_it_is_said(made: Verifier, case: tuple[str, list[str], str]) -> None:
    assert sound(made.verify(*case), made)


@pytest.mark.parametrize("evidence", [[], [""], ["", " \n"]])
def test_what_cites_nothing_is_not_supported(made: Verifier, evidence: list[str]) -> None:
    verdict = made.verify(LOAN, evidence, BESIDE)
    assert verdict.support < made.threshold
    assert verdict.reasons


@pytest.mark.parametrize("claim", ["", " ", "…", "?!"])
def test_what_says_nothing_is_not_supported(made: Verifier, claim: str) -> None:
    verdict = made.verify(claim, [LOAN, RAIN])
    assert verdict.support < made.threshold
    assert verdict.reasons


@pytest.mark.parametrize("sentence", [LOAN, RAIN, "The bridge opened on Saturday."])
def test_a_sentence_supports_itself(made: Verifier, spec: str, sentence: str) -> None:
    if spec.startswith("nli"):
        pytest.skip("random weights hold any opinion")
    assert made.verify(sentence, [sentence]).support >= made.threshold
    assert made.verify(sentence, ["Nothing else was said.", sentence], BESIDE).support >= made.threshold


def test_something_else_altogether_is_not_supported(made: Verifier, spec: str) -> None:
    if spec.startswith("nli"):
        pytest.skip("random weights hold any opinion")
    assert made.verify("The museum bought two paintings.", [LOAN, RAIN]).support < made.threshold


def test_the_same_question_gets_the_same_verdict(made: Verifier, spec: str, server: fake_ollama.FakeOllama) -> None:
    another = verifier(spec, ModelSettings(ollama_host=server.url))
    first = [made.verify(*case) for case in CASES]
    assert [made.verify(*case) for case in CASES] == first
    assert [another.verify(claim, tuple(evidence), context) for claim, evidence, context in CASES] == first


def test_eight_threads_get_what_one_gets(made: Verifier) -> None:
    wanted = [made.verify(*case) for case in CASES]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: made.verify(*CASES[i % len(CASES)]), range(8 * len(CASES))))
    assert found == wanted * 8


@pytest.mark.parametrize(
    "evidence",
    [
        [f"Sentence {i} tells of the rain in the valley and of nothing else." for i in range(400)],
        ["word " * 3000],
        ["x" * 5000],
        [LOAN, "", "rain " * 1000, RAIN],
    ],
    ids=["many sentences", "a long one", "a long word", "one of them long"],
)
def test_long_evidence(made: Verifier, evidence: list[str]) -> None:
    assert sound(made.verify("Heavy rain may close the bridge.", evidence, BESIDE), made)


def test_a_long_context(made: Verifier) -> None:
    assert sound(made.verify(RAIN, [RAIN], "A headline that goes on. " * 2000), made)


def test_a_long_claim(made: Verifier) -> None:
    assert sound(made.verify("Heavy rain may close the bridge, " * 2000, [LOAN, RAIN], BESIDE), made)


@pytest.mark.parametrize(("claim", "sentence"), UNICODE)
def test_any_script(made: Verifier, claim: str, sentence: str) -> None:
    assert sound(made.verify(claim, [sentence], sentence), made)
