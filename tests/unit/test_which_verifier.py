"""Which verifier: found by name, given its argument, refused with advice; and that the pipeline asks the one named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fakes import fake_ollama, judge, nli, plugin_dist, scripted
from fakes.embedder import BagEmbedder
from fakes.fake_ollama import FakeOllama

from index.errors import InputError, PluginError
from index.sqlite_faiss import SqliteFaissStore
from rag.config import Config, read_config
from rag.doctor import examine
from rag.errors import ModelMissing, ModelUnreachable
from rag.model_settings import ModelSettings
from rag.pipeline import Pipeline
from rag.types import Answer
from rag.verifiers import GROUP, looked_at, verifier, with_threshold
from rag.verify import OverlapVerifier
from rag.verify_learned import LearnedVerifier
from rag.verify_llm import OllamaJudge

PLUGIN = """
class Strict:
    threshold = 0.9
    def __init__(self, argument):
        self.argument = argument
    def verify(self, claim, evidence, context=""):
        raise AssertionError

class Told(Strict):
    def __init__(self, argument, settings):
        self.argument, self.host = argument, settings.ollama_host

class Sure(Strict):
    threshold = 1

class Mute:
    threshold = 0.5
    def __init__(self, argument): ...

def needy(argument):
    import absent_package.inner
"""


@pytest.fixture
def fake() -> Iterator[FakeOllama]:
    with fake_ollama.serve(fake_ollama.Script(answers=judge.by_words)) as server:
        yield server


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their_checkers.py").write_text(PLUGIN, encoding="utf-8")
    entries = {name.lower(): f"their_checkers:{name}" for name in ("Strict", "Told", "Sure", "Mute", "needy")}
    plugin_dist.install(tmp_path, monkeypatch, GROUP, entries)


class TestByName:
    def test_the_default_asks_nobody(self) -> None:
        assert isinstance(verifier(), LearnedVerifier)
        assert isinstance(verifier(Config().verifier), LearnedVerifier)
        assert looked_at(verifier()) is None
        assert isinstance(verifier("overlap"), OverlapVerifier)
        assert verifier("learned/0.7").threshold == 0.7
        assert verifier("overlap/0.7").threshold == 0.7

    @pytest.mark.usefixtures("plugged")
    def test_another_packages_gets_what_follows_the_slash(self) -> None:
        assert verifier("strict//models/x?y=1").argument == "/models/x?y=1"  # type: ignore[attr-defined]
        assert verifier("strict").argument == ""  # type: ignore[attr-defined]

    @pytest.mark.usefixtures("plugged")
    def test_one_that_asks_for_the_settings_gets_them(self) -> None:
        told = verifier("told/x", ModelSettings(ollama_host="http://there:1"))
        assert (told.argument, told.host) == ("x", "http://there:1")  # type: ignore[attr-defined]

    def test_ours_are_there(self, tmp_path: Path, fake: FakeOllama) -> None:
        assert verifier(f"nli/{nli.save(tmp_path)}?threshold=0.7").threshold == 0.7
        judging = verifier("ollama/llama3.2:3b", ModelSettings(ollama_host=fake.url))
        assert isinstance(judging, OllamaJudge)
        assert fake.chats == []


def test_the_example_of_the_docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "verifiers.md").read_text(encoding="utf-8")
    (tmp_path / "my_package.py").write_text(text.split("```python\n")[1].split("```")[0], encoding="utf-8")
    plugin_dist.install(tmp_path, monkeypatch, GROUP, {"verbatim": "my_package:Verbatim"})
    made = verifier("verbatim")
    assert made.verify("It rained.", ["First.", "It rained."]).support == 1.0
    assert made.verify("It snowed.", ["It rained."]).reasons == ("it does not stand there word for word",)
    assert made.verify("It snowed.", []).support == 0.0


class TestRefusals:
    def test_an_unknown_name(self) -> None:
        with pytest.raises(PluginError, match=r"no 'oracle' in dateline.verifiers") as caught:
            verifier("oracle/x")
        assert "overlap" in caught.value.advice

    @pytest.mark.usefixtures("plugged")
    def test_a_missing_package_names_the_command(self) -> None:
        with pytest.raises(PluginError, match="verifier = 'needy/x' cannot be used") as caught:
            verifier("needy/x")
        assert caught.value.advice == "Install what it needs: pip install absent_package"

    @pytest.mark.usefixtures("plugged")
    def test_what_is_no_verifier(self) -> None:
        with pytest.raises(PluginError, match="'mute' made a Mute, which is no Verifier"):
            verifier("mute")

    @pytest.mark.parametrize("spec", ["sure", "overlap/1", "overlap/0", "overlap/nan", "overlap/-3"])
    @pytest.mark.usefixtures("plugged")
    def test_a_threshold_that_lets_all_or_nothing_pass(self, spec: str) -> None:
        with pytest.raises(InputError, match="is not between 0 and 1"):
            verifier(spec)

    def test_an_argument_that_cannot_be_read(self) -> None:
        with pytest.raises(InputError, match="verifier = 'overlap/high' cannot be used"):
            verifier("overlap/high")

    def test_a_judge_that_cannot_be_reached_is_said_at_once(self, fake: FakeOllama) -> None:
        with pytest.raises(ModelUnreachable, match="ollama serve"):
            verifier("ollama", ModelSettings(ollama_host=fake_ollama.closed_url()))
        with pytest.raises(ModelMissing, match="ollama pull gemma3:1b"):
            verifier("ollama/gemma3:1b", ModelSettings(ollama_host=fake.url))


@pytest.mark.parametrize(
    ("argument", "model", "threshold"),
    [
        ("", "", 0.5),
        ("models/x", "models/x", 0.5),
        ("models/x?threshold=0.7", "models/x", 0.7),
        ("/odd?name/x", "/odd?name/x", 0.5),
        ("/odd?threshold=a/x?threshold=.25", "/odd?threshold=a/x", 0.25),
    ],
)
def test_the_threshold_in_the_argument(argument: str, model: str, threshold: float) -> None:
    assert with_threshold(argument, 0.5) == (model, threshold)


def test_it_can_be_set_everywhere(tmp_path: Path) -> None:
    (tmp_path / "dateline.toml").write_text('verifier = "overlap/0.7"\n', encoding="utf-8")
    assert read_config(folder=tmp_path, environ={}).verifier == "overlap/0.7"
    environ = {"DATELINE_VERIFIER": "overlap/0.8"}
    assert read_config(folder=tmp_path, environ=environ).verifier == "overlap/0.8"
    assert read_config({"verifier": "overlap/0.9"}, folder=tmp_path, environ=environ).verifier == "overlap/0.9"


class TestDoctor:
    def found(self, config: Config) -> tuple[str, str, str]:
        (finding,) = [finding for finding in examine(config) if finding.part == "verifier"]
        return finding.state, finding.message, finding.advice

    def test_ready(self, tmp_path: Path, fake: FakeOllama) -> None:
        config = Config(index=tmp_path, ollama_host=fake.url)
        assert self.found(config) == ("good", "learned is ready; a sentence counts as supported from 0.5", "")
        state, message, _ = self.found(Config(index=tmp_path, ollama_host=fake.url, verifier="ollama/llama3.2:3b"))
        assert state == "good"
        assert message.startswith(f"ollama/llama3.2:3b (llama3.2:3b on Ollama at {fake.url}) is ready")

    @pytest.mark.parametrize(
        ("spec", "advice"),
        [
            ("nli/nowhere", "verifier = 'nli/FOLDER'"),
            ("ollama/gemma3:1b", "ollama pull gemma3:1b"),
            ("oracle", "Available:"),
        ],
    )
    def test_broken(self, tmp_path: Path, fake: FakeOllama, spec: str, advice: str) -> None:
        state, _, advised = self.found(Config(index=tmp_path, ollama_host=fake.url, verifier=spec))
        assert state == "broken"
        assert advice in advised


class TestPipeline:
    """One drafted sentence, true to the evidence; what becomes of it is the named verifier's to say."""

    QUESTION = "Who won the Booker Prize in 2023?"
    DRAFT = "Paul Lynch won the 2023 Booker Prize. [1]"

    def answer(self, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **setting: str) -> Answer:
        scripted.install(tmp_path, monkeypatch, self.DRAFT)
        pipeline = Pipeline.open(Config(index=index, llm="scripted/x", **setting))  # type: ignore[arg-type]
        monkeypatch.setattr(pipeline, "_fallbacks", lambda chosen: lambda: None)
        try:
            return pipeline.answer(self.QUESTION, as_of=date(2026, 1, 1))
        finally:
            pipeline.close()

    def test_the_constructor_uses_what_is_configured_unless_one_is_given(
        self, store: SqliteFaissStore, bag: BagEmbedder
    ) -> None:
        assert isinstance(Pipeline(store, bag).verifier, LearnedVerifier)
        named = Pipeline(store, bag, Config(verifier="overlap/0.7")).verifier
        assert isinstance(named, OverlapVerifier)
        assert named.threshold == 0.7
        given = OverlapVerifier()
        assert Pipeline(store, bag, Config(), given).verifier is given
        with pytest.raises(PluginError, match="oracle"):
            Pipeline(store, bag, Config(verifier="oracle"))

    @pytest.mark.parametrize(("opinion", "shown"), [((0.0, 5.0, 0.0), True), ((5.0, 0.0, 0.0), False)])
    def test_a_cross_encoder(
        self,
        seed_index: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        opinion: tuple[float, ...],
        shown: bool,
    ) -> None:
        # Long enough for headline, date and a sentence of the seeds, a token a letter.
        model = nli.save(tmp_path / "nli", opinion=opinion, length=1024)
        found = self.answer(seed_index, tmp_path, monkeypatch, verifier=f"nli/{model}")
        verified = [s for s in found.sentences if s.state == "verified" and "Lynch" in s.text]
        assert bool([s for s in verified if s.text == "Paul Lynch won the 2023 Booker Prize."]) is shown
        if shown:
            assert verified[0].support == pytest.approx(0.98670, abs=1e-4)  # e⁵ / (e⁵ + 2)

    def test_a_judge(self, seed_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeOllama) -> None:
        fake.script.answers = lambda body: (
            '{"unsupported_words": [], "reason": "", "verdict": "supported"}'
            if "Paul Lynch won" in body["messages"][1]["content"].split("\n")[-3]
            else judge.by_words(body)
        )
        found = self.answer(seed_index, tmp_path, monkeypatch, verifier="ollama", ollama_host=fake.url)
        assert ("Paul Lynch won the 2023 Booker Prize.", 1.0, "verified") in [
            (s.text, s.support, s.state) for s in found.sentences
        ]
        assert fake.chats

    def test_a_judge_that_fails_lets_nothing_pass(
        self, seed_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeOllama
    ) -> None:
        fake.script.answers = lambda body: "I think it is supported."
        found = self.answer(seed_index, tmp_path, monkeypatch, verifier="ollama", ollama_host=fake.url)
        assert "twice gave no judgement" in found.note
        assert "The articles are quoted" in found.note
        assert "Paul Lynch won the 2023 Booker Prize." not in [s.text for s in found.sentences]
        assert found.sentences
