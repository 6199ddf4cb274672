"""Ollama: what is asked of it, what its failures become, and that a cut prompt does not pass."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fakes import fake_ollama
from fakes.fake_ollama import ANSWER, FakeOllama, Script
from fakes.reading import returned
from llama_index.core.llms import ChatMessage

from rag.errors import (
    ModelFailed,
    ModelMissing,
    ModelTimeout,
    ModelUnreachable,
    PromptTooLong,
    PromptTruncated,
)
from rag.model_settings import ModelSettings
from rag.ollama import OllamaModel, _was_cut
from rag.thoughts import AFRESH
from rag.tokens import TokenBounds

TEXT = "".join(ANSWER)
PROMPT = [ChatMessage(role="system", content="Answer."), ChatMessage(role="user", content="When did it open?")]


@pytest.fixture
def fake() -> Iterator[FakeOllama]:
    with fake_ollama.serve() as server:
        yield server


def model(fake: FakeOllama, name: str = "", **settings: Any) -> OllamaModel:
    return OllamaModel(name, ModelSettings(ollama_host=fake.url, **settings))


def ask(asked: OllamaModel, prompt: list[ChatMessage] = PROMPT, max_tokens: int = 50) -> str:
    return "".join(asked.stream(prompt, max_tokens=max_tokens))


def words(count: int) -> list[ChatMessage]:
    return [ChatMessage(role="user", content="word " * count)]


@pytest.mark.parametrize(("allowed", "ended"), [(50, True), (4, False)])
def test_whether_the_model_came_to_its_end(fake: FakeOllama, allowed: int, ended: bool) -> None:
    assert returned(model(fake).stream(PROMPT, max_tokens=allowed)) is ended


class TestRequest:
    def test_the_answer_and_what_was_asked(self, fake: FakeOllama) -> None:
        assert ask(model(fake, temperature=0.0, seed=7, keep_alive="3m")) == TEXT
        (body,) = fake.chats
        assert body["model"] == "llama3.2:3b"
        assert [m["content"] for m in body["messages"]] == ["Answer.", "When did it open?"]
        assert body["options"] == {"num_ctx": 4096, "num_predict": 50, "temperature": 0.0, "seed": 7}
        assert body["keep_alive"] == "3m"
        assert (body["truncate"], body["shift"]) == (False, False)
        assert "think" not in body

    def test_the_context_grows_by_whole_steps_and_does_not_shrink(self, fake: FakeOllama) -> None:
        asked = model(fake)
        for count in (10, 5000, 10):
            ask(asked, words(count))
        # 5000 words of 4 letters: 5001 tokens with the space at the end, 56 for the template, 50 for the answer
        assert [chat["options"]["num_ctx"] for chat in fake.chats] == [4096, 5120, 5120]

    def test_the_context_is_capped_by_the_model(self, fake: FakeOllama) -> None:
        fake.script.trained = 2048
        asked = model(fake)
        assert asked.context_window == 2048
        ask(asked)
        assert fake.chats[0]["options"]["num_ctx"] == 2048

    def test_the_context_is_capped_by_the_settings(self, fake: FakeOllama) -> None:
        assert model(fake, max_context=3000).context_window == 3000

    def test_a_model_that_does_not_say_its_context(self, fake: FakeOllama) -> None:
        fake.script.trained = None
        assert model(fake).context_window == 4096

    def test_a_prompt_that_cannot_fit_is_not_sent(self, fake: FakeOllama) -> None:
        with pytest.raises(PromptTooLong, match="do not fit into ollama/llama3.2:3b's 8192"):
            ask(model(fake), words(9000))
        assert fake.chats == []

    def test_thinking_is_turned_off_where_a_model_can_think(self, fake: FakeOllama) -> None:
        fake.script.capabilities = ("completion", "thinking")
        ask(model(fake))
        assert fake.chats[0]["think"] is False

    def test_a_model_that_can_think_gets_tokens_for_it_as_it_may_not_obey(self, fake: FakeOllama) -> None:
        fake.script.capabilities = ("completion", "thinking")
        fake.script.thoughts = ("The bridge", " opened in May.")
        assert ask(model(fake)) == TEXT
        assert fake.chats[0]["options"]["num_predict"] == 50 + 1024

    def test_a_model_that_always_thinks_is_told_to_think_little_and_gets_tokens_for_it(self, fake: FakeOllama) -> None:
        fake.script.capabilities, fake.script.family = ("completion", "thinking"), "gptoss"
        fake.script.thoughts = ("The bridge", " opened in May.")
        assert ask(model(fake)) == TEXT
        assert fake.chats[0]["think"] == "low"
        assert fake.chats[0]["options"]["num_predict"] == 50 + 1024

    def test_thoughts_never_make_the_prompt_too_long(self, fake: FakeOllama) -> None:
        fake.script.template = "{{ .Prompt }}<think>"
        fake.script.pieces = ("May?</think>", "In May.")
        asked = model(fake, max_context=2048)
        assert ask(asked, words(1800)) == "In May."
        assert fake.chats[0]["options"] | {"num_ctx": 2048} == fake.chats[0]["options"]
        # 56 tokens for the template
        assert fake.chats[0]["options"]["num_predict"] == 2048 - 1800 - 56

    @pytest.mark.parametrize(("setting", "sent"), [("10m", "10m"), ("-1", -1), ("0", 0), ("300", 300)])
    def test_keep_alive_as_text_or_as_a_number(self, fake: FakeOllama, setting: str, sent: object) -> None:
        ask(model(fake, keep_alive=setting))
        assert fake.chats[0]["keep_alive"] == sent

    def test_a_model_of_the_cloud_is_said_to_be_one(self, fake: FakeOllama) -> None:
        fake.script.models = ("gpt-oss:120b-cloud",)
        assert "leave this machine" in model(fake, "gpt-oss:120b-cloud").check().detail
        fake.script.models = ("llama3.2:3b",)
        assert "leave" not in model(fake).check().detail

    def test_a_proxy_of_the_environment_is_not_used(self, fake: FakeOllama, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, fake_ollama.closed_url())
        assert ask(model(fake)) == TEXT
        assert model(fake).llm.complete("Hello").text == TEXT

    def test_the_llm_for_others_is_limited_too(self, fake: FakeOllama) -> None:
        llm = model(fake, timeout_s=77).llm
        assert llm.metadata.context_window == 8192
        assert llm.request_timeout == 77
        assert llm.chat(PROMPT).message.content == TEXT
        assert fake.chats[0]["truncate"] is False
        assert fake.chats[0]["options"]["num_ctx"] == 8192


class TestThoughts:
    def test_the_thinking_field_is_left_out(self, fake: FakeOllama) -> None:
        fake.script.thoughts = ("Let me", " see.")
        assert ask(model(fake)) == TEXT

    def test_think_tags_are_left_out(self, fake: FakeOllama) -> None:
        fake.script.pieces = ("<th", "ink>May or", " June?</thi", "nk>", "In", " May.")
        assert ask(model(fake)) == "In May."

    def test_a_tag_that_the_template_opened(self, fake: FakeOllama) -> None:
        fake.script.template = "{{ .Prompt }}<|assistant|><think>\n"
        fake.script.pieces = ("May or June?", "</think>", "In May.")
        assert ask(model(fake)) == "In May."

    def test_thoughts_that_were_never_opened_are_taken_back(self, fake: FakeOllama) -> None:
        fake.script.pieces = ("May or", " June?", "</think>", "In", " May.")
        assert ask(model(fake)) == f"May or June?{AFRESH}In May."

    @pytest.mark.parametrize("pieces", [("<think>", "May", " or", " June"), ("May", " or", " June", "</think>", "\n")])
    def test_thoughts_alone_are_no_answer(self, fake: FakeOllama, pieces: tuple[str, ...]) -> None:
        fake.script.pieces = pieces
        with pytest.raises(ModelFailed, match="whole budget on thoughts"):
            ask(model(fake))


class TestFailures:
    def test_nothing_listens(self) -> None:
        asked = OllamaModel("", ModelSettings(ollama_host=fake_ollama.closed_url()))
        with pytest.raises(ModelUnreachable, match=r"Start it with `ollama serve`") as caught:
            ask(asked)
        assert caught.value.retryable
        assert isinstance(caught.value.__cause__, httpx.ConnectError | ConnectionError)
        assert not asked.check().reachable

    def test_the_server_goes_away_between_two_answers(self, fake: FakeOllama) -> None:
        asked = model(fake)
        ask(asked)
        asked._settings = ModelSettings(ollama_host=fake_ollama.closed_url())
        with pytest.raises(ModelUnreachable):
            ask(asked)

    def test_not_pulled(self, fake: FakeOllama) -> None:
        with pytest.raises(ModelMissing, match=r"no model gemma3:1b. Get it with `ollama pull gemma3:1b`"):
            ask(model(fake, "gemma3:1b"))

    def test_removed_after_the_check(self, fake: FakeOllama) -> None:
        asked = model(fake)
        assert asked.check().ready
        fake.script.models = ()
        with pytest.raises(ModelMissing, match="ollama pull llama3.2:3b"):
            ask(asked)

    @pytest.mark.parametrize(
        ("status", "retryable"), [(500, True), (502, True), (429, True), (400, False), (401, False)]
    )
    def test_an_error_status(self, fake: FakeOllama, status: int, retryable: bool) -> None:
        fake.script.status = status
        with pytest.raises(ModelFailed, match=rf"HTTP {status}\): llama runner process has terminated") as caught:
            ask(model(fake))
        assert caught.value.retryable is retryable
        assert len(fake.chats) == 1

    def test_an_error_inside_the_stream(self, fake: FakeOllama) -> None:
        fake.script.error_after = 3
        seen = []
        with pytest.raises(ModelFailed, match="llama runner process has terminated"):
            for piece in model(fake).stream(PROMPT, max_tokens=50):
                seen.append(piece)
        assert seen == list(ANSWER[:3])

    def test_a_stream_that_is_cut(self, fake: FakeOllama) -> None:
        fake.script.cut_after = 3
        with pytest.raises(ModelFailed, match="broke off"):
            ask(model(fake))
        assert len(fake.chats) == 1  # shown already: no second try

    def test_a_stream_that_ends_without_done(self, fake: FakeOllama) -> None:
        fake.script.end_early = True
        with pytest.raises(ModelFailed, match="broke off"):
            ask(model(fake))

    @pytest.mark.parametrize(
        "line", ["<html>Bad gateway</html>", "[]", "null", '"x"', "7", '{"error": {"code": 7}}', "[" * 9999]
    )
    def test_garbage(self, fake: FakeOllama, line: str) -> None:
        fake.script.garbage = line
        with pytest.raises(ModelFailed, match="cannot be read as Ollama's"):
            ask(model(fake, timeout_s=5))

    @pytest.mark.parametrize("body", [[], "x", None])
    def test_an_error_that_is_no_object(self, fake: FakeOllama, body: object) -> None:
        asked = model(fake)
        asked.check()
        fake.script.status, fake.script.error_body = 500, body
        with pytest.raises(ModelFailed, match="cannot be read as Ollama's"):
            ask(asked)

    def test_chunks_without_content_are_signs_of_life_and_an_end(self, fake: FakeOllama) -> None:
        fake.script.bare, fake.script.thoughts = True, ("Let me", " see.")
        assert ask(model(fake)) == TEXT
        fake.script.stall_after, fake.script.stall_s = 0, 0.6  # the thoughts have come before that
        with pytest.raises(ModelTimeout, match="fell silent for 0.3 s"):
            ask(model(fake, timeout_s=5, stall_timeout_s=0.3))

    def test_a_connection_dropped_while_it_thinks_is_tried_once_more(self, fake: FakeOllama) -> None:
        fake.script.pieces, fake.script.cut_after = ("<think>", "May?", "</think>", "In", " May."), 2
        assert ask(model(fake)) == "In May."
        assert len(fake.chats) == 2

    def test_a_connection_dropped_before_the_first_token_is_tried_once_more(self, fake: FakeOllama) -> None:
        asked = model(fake)
        asked.check()
        fake.script.drops = 1
        assert ask(asked) == TEXT
        fake.script.drops = 2
        with pytest.raises(ModelFailed, match="broke off"):
            ask(asked)

    def test_an_address_that_is_none(self) -> None:
        status = OllamaModel("", ModelSettings(ollama_host="http://[::1")).check()
        assert isinstance(status.error, ModelFailed)
        assert not status.reachable


class TestTime:
    def test_a_first_token_that_does_not_come(self, fake: FakeOllama) -> None:
        fake.script.stall_first_s = 10
        start = time.monotonic()
        with pytest.raises(ModelTimeout, match="did not begin") as caught:
            ask(model(fake, timeout_s=0.3))
        assert caught.value.retryable
        assert time.monotonic() - start < 2
        assert fake.abandoned.wait(2)

    def test_silence_in_the_middle(self, fake: FakeOllama) -> None:
        fake.script.stall_after, fake.script.stall_s = 4, 10
        seen = []
        with pytest.raises(ModelTimeout, match="fell silent"):
            for piece in model(fake, stall_timeout_s=0.3).stream(PROMPT, max_tokens=50):
                seen.append(piece)
        assert seen == list(ANSWER[:4])
        assert fake.abandoned.wait(2)

    def test_an_answer_that_goes_on_and_on(self, fake: FakeOllama) -> None:
        fake.script.pieces, fake.script.piece_s = ("on ",) * 1000, 0.02
        with pytest.raises(ModelTimeout, match="did not finish within 0.4 s"):
            ask(model(fake, total_timeout_s=0.4), max_tokens=1000)
        assert fake.abandoned.wait(2)
        assert fake.sent < 40

    def test_a_cancel_before_the_first_token_closes_the_connection(self, fake: FakeOllama) -> None:
        fake.script.stall_first_s = 10
        cancel = threading.Event()
        threading.Timer(0.2, cancel.set).start()
        start = time.monotonic()
        assert list(model(fake).stream(PROMPT, max_tokens=50, cancel=cancel)) == []
        assert time.monotonic() - start < 2
        assert fake.abandoned.wait(2)

    def test_a_reader_that_goes_away_stops_the_server(self, fake: FakeOllama) -> None:
        fake.script.pieces, fake.script.piece_s = ("on ",) * 1000, 0.02
        pieces = model(fake).stream(PROMPT, max_tokens=1000)
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]
        assert fake.abandoned.wait(2)
        assert fake.sent < 40


class TestTruncation:
    LONG = words(3000)

    def test_a_current_server_refuses(self, fake: FakeOllama) -> None:
        fake.script.clamp = 2048
        with pytest.raises(PromptTooLong, match=r"3005 tokens\) exceeds the available context size \(2048 tokens"):
            ask(model(fake), self.LONG)

    @pytest.mark.parametrize("reports", [True, False])
    def test_an_old_server_cuts_to_half_its_context(self, fake: FakeOllama, reports: bool) -> None:
        fake.script.refuses_truncation, fake.script.clamp, fake.script.reports_context = False, 2048, reports
        with pytest.raises(PromptTruncated, match="it read 1026 tokens"):
            ask(model(fake), self.LONG)

    def test_a_server_that_fills_its_context(self, fake: FakeOllama) -> None:
        fake.script.refuses_truncation, fake.script.clamp, fake.script.count = False, 2048, 2048
        with pytest.raises(PromptTruncated, match="it read 2048 tokens"):
            ask(model(fake), self.LONG)

    def test_no_count_and_a_context_that_is_too_small(self, fake: FakeOllama) -> None:
        fake.script.refuses_truncation, fake.script.clamp, fake.script.count = False, 2048, "absent"
        with pytest.raises(PromptTruncated, match="an unknown number"):
            ask(model(fake), self.LONG)

    @pytest.mark.parametrize("how", [{"ps_drops": True}, {"ps_s": 3.0}])
    def test_a_server_that_does_not_tell_its_context_afterwards_costs_no_draft(
        self, fake: FakeOllama, how: dict[str, Any]
    ) -> None:
        fake.script = Script(**how)
        assert ask(model(fake, stall_timeout_s=2.0)) == TEXT
        assert fake.calls[-1] == "/api/ps"

    @pytest.mark.parametrize("count", ["absent", 0, 3])
    def test_a_count_without_the_cached_part_is_no_truncation(self, fake: FakeOllama, count: str | int) -> None:
        fake.script.count = count
        assert ask(model(fake), self.LONG) == TEXT

    @pytest.mark.parametrize(
        ("read", "asked", "loaded", "cut"),
        [
            (950, 4096, 4096, False),  # the whole prompt, as expected
            (950, 4096, None, False),
            (4096, 4096, 4096, True),  # filled to the brim
            (2048, 4096, 2048, True),  # the server gave less than was asked, and filled it
            (12, 4096, 4096, False),  # all but 12 tokens came from the cache
            (12, 4096, None, True),  # a server before 0.9 counts the whole prompt: so it lost most of it
            (None, 4096, 4096, False),
            (None, 4096, None, False),
            (None, 4096, 512, True),  # no count, but 700 words cannot fit into 512 tokens
            (650, 4096, 1000, True),  # fewer tokens than words, and a context below the upper bound
            (650, 4096, 1100, False),
        ],
    )
    def test_was_cut(self, read: int | None, asked: int, loaded: int | None, cut: bool) -> None:
        assert _was_cut(TokenBounds(700, 1050), read, asked, loaded) is cut


def test_check_of_a_ready_model(fake: FakeOllama) -> None:
    status = model(fake).check()
    assert status.ready
    assert (status.reachable, status.present, status.context_window) == (True, True, 8192)
    assert status.detail == "Ollama 0.12.3"
    assert status.advice == ""


@pytest.mark.parametrize("status", [404, 500])
def test_a_server_that_does_not_tell_its_version_can_be_used(fake: FakeOllama, status: int) -> None:
    fake.script.refuses = {"/api/version": status}
    checked = model(fake).check()
    assert (checked.ready, checked.detail) == (True, "Ollama")


def test_a_server_that_fails_in_everything_is_told_with_its_status(fake: FakeOllama) -> None:
    fake.script.refuses = {"/api/version": 500, "/api/show": 500}
    checked = model(fake).check()
    assert (checked.reachable, checked.present) == (True, False)
    assert "could not answer with llama3.2:3b (HTTP 500): llama runner process" in str(checked.error)


def test_how_to_get_a_model_is_said_though_the_server_does_not_list_the_others(fake: FakeOllama) -> None:
    fake.script.refuses = {"/api/tags": 500}
    checked = model(fake, "gemma3:1b").check()
    assert (checked.reachable, checked.advice) == (True, "Get it with `ollama pull gemma3:1b`.")


def test_check_generates_nothing(fake: FakeOllama) -> None:
    model(fake).check()
    assert fake.calls == ["/api/version", "/api/show", "/api/ps"]


def test_check_tells_the_context_that_a_loaded_model_has(fake: FakeOllama) -> None:
    asked = model(fake)
    fake.script.clamp = 2048
    ask(asked)
    assert asked.check().detail == "Ollama 0.12.3, loaded with a context of 2048 tokens"
