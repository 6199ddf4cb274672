"""The HTTP interface in the process: answers, errors, tokens, limits, metrics."""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import fake_ollama, fake_openai
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient
from torture import openapi

from api.app import make
from api.desk import Capacity
from api.envelope import BODY
from api.openai_form import FOOT
from api.schemas import Health
from api.sent import Sent
from api.tokens import FILE, Tokens
from index.embed import Embedder
from index.errors import InputError, StoreError
from index.records import Article
from index.sources import Refused
from index.sqlite_faiss import LOCK, SqliteFaissStore
from rag.config import Config
from rag.contract import AskJson
from rag.pipeline import Pipeline
from rag.tokens import text_bounds

QUESTION = "How much did the EU approve for Kyiv?"


@pytest.fixture(scope="module")
def pipeline(seed_index: Path, minilm: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    place = tmp_path_factory.mktemp("api") / "index"
    shutil.copytree(seed_index, place)
    opened = Pipeline(SqliteFaissStore(place), minilm, Config(index=place, llm="none"))
    yield opened
    opened.close()


@pytest.fixture
def tokens(pipeline: Pipeline) -> Iterator[Tokens]:
    yield Tokens(pipeline.config.index)
    (pipeline.config.index / FILE).unlink(missing_ok=True)


def client_of(pipeline: Pipeline, address: str = "127.0.0.1", **settings: object) -> TestClient:
    app = make(pipeline, **settings)  # type: ignore[arg-type]
    return TestClient(app, base_url="http://127.0.0.1", client=(address, 50000), raise_server_exceptions=False)


@pytest.fixture
def client(pipeline: Pipeline) -> TestClient:
    return client_of(pipeline, rate="100000/minute")


def chat(text: str, **more: object) -> dict[str, object]:
    return {"model": "dateline", "messages": [{"role": "user", "content": text}], **more}


def test_an_answer_cites_spans_that_the_article_holds(client: TestClient) -> None:
    found = AskJson.model_validate(client.post("/api/ask", json={"question": QUESTION}).json())
    assert found.answered
    assert "$106 billion" in found.answer
    for cited in found.citations:
        article = client.get(f"/api/articles/{cited.article_id}").json()
        assert article["text"][cited.start : cited.end] == cited.sentence


def test_limits_and_history_reach_the_pipeline(client: TestClient) -> None:
    early = client.post("/api/ask", json={"question": QUESTION, "as_of": "2020-01-01"}).json()
    assert not early["answered"]
    assert early["as_of"] == "2020-01-01"
    history = [{"question": QUESTION, "answer": "The EU approved $106 billion for Kyiv."}]
    followed = client.post("/api/ask", json={"question": "When did the EU approve it?", "history": history}).json()
    body = {"question": "x y", "since": "2024-02-01", "until": "2024-01-01"}
    assert client.post("/api/ask", json=body).status_code == 400
    assert followed["question"] == "When did the EU approve it?"


def test_search_names_articles_with_their_sentences(client: TestClient) -> None:
    found = client.post("/api/search", json={"query": QUESTION, "limit": 3}).json()["results"]
    assert 0 < len(found) <= 3
    assert found == sorted(found, key=lambda article: -article["score"])
    first = found[0]["sentences"][0]
    text = client.get(f"/api/articles/{found[0]['article_id']}").json()["text"]
    assert text[first["start"] : first["end"]] == first["sentence"]


def test_articles_come_in_are_found_and_go(client: TestClient) -> None:
    before = client.get("/api/articles").json()["total"]
    record = {"title": "Quokkas", "text": "The quokka census of Rottnest counted 11,437 animals.", "id": "q/1"}
    sent = client.post("/api/ingest", json={"articles": [record, {"title": "nothing in it"}]}).json()
    assert sent["added"] == ["q/1"]
    assert [(r["position"], "text" in r["reason"]) for r in sent["refused"]] == [(1, True)]
    answer = client.post("/api/ask", json={"question": "How many animals did the quokka census of Rottnest count?"})
    assert "11,437" in answer.json()["answer"]
    assert client.post("/api/ingest", json={"articles": [record]}).json()["unchanged"] == ["q/1"]
    assert client.delete("/api/articles/q/1").json() == {"removed": "q/1"}
    assert client.get("/api/articles/q/1").json()["error"]["code"] == "article_not_found"
    assert client.get("/api/articles").json()["total"] == before


def test_a_record_that_breaks_its_reader_is_refused_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(record: dict[str, str], source: str, **_: bool) -> Article:
        return Article(record["id"], "", record["text"], source=source)

    monkeypatch.setattr("api.sent.to_article", failing)
    refused, kept = Sent([{"id": "a"}, {"id": "b", "text": "It rained."}]).read()
    assert isinstance(refused, Refused)
    assert (refused.source, refused.reason) == ("api:0", "its reader failed: KeyError")
    assert isinstance(kept, Article)


def finished(client: TestClient, job: dict[str, object]) -> dict[str, object]:
    """A job when it is done, which takes seconds at most."""
    until = time.monotonic() + 120
    while job["state"] in ("waiting", "working"):
        assert time.monotonic() < until
        time.sleep(0.05)
        job = client.get(f"/api/ingest/jobs/{job['job']}").json()
    return job


def test_a_job_takes_in_after_the_answer(client: TestClient) -> None:
    record = {"title": "Numbats", "text": "The numbat census of Dryandra counted 812 animals.", "id": "n/1"}
    sent = {"articles": [record, {"title": "nothing in it"}], "addresses": ["http://127.0.0.1/story"]}
    begun = client.post("/api/ingest/jobs", json=sent)
    assert begun.status_code == 202
    assert begun.json()["state"] == "waiting"
    done = finished(client, begun.json())
    assert (done["state"], done["error"]) == ("done", None)
    result = done["result"]
    assert isinstance(result, dict)
    assert result["added"] == ["n/1"]
    assert result["refused"][0]["position"] == 1
    assert result["refused"][1]["position"] is None
    assert result["refused"][1]["address"] == "http://127.0.0.1/story", "addresses of this machine are not asked"
    assert "private network" in result["refused"][1]["reason"]
    answer = client.post("/api/ask", json={"question": "How many animals did the numbat census of Dryandra count?"})
    assert "812" in answer.json()["answer"]
    assert client.delete("/api/articles/n/1").status_code == 200
    assert 'dateline_ingested_articles_total{outcome="added"} 1.0' in client.get("/metrics").text
    assert client.post("/api/ingest/jobs", json={}).status_code == 400
    large = {"articles": [{"title": "x" * BODY}]}
    assert finished(client, client.post("/api/ingest/jobs", json=large).json())["state"] == "done"
    assert client.get("/api/ingest/jobs/none").json()["error"]["code"] == "job_not_found"


def test_a_job_that_fails_says_why(client: TestClient, pipeline: Pipeline) -> None:
    store = pipeline.store
    assert isinstance(store, SqliteFaissStore)
    (store.place / LOCK).unlink(missing_ok=True)
    (store.place / LOCK).mkdir()  # what cannot be locked cannot be written
    try:
        done = finished(client, client.post("/api/ingest/jobs", json={"articles": [{"text": "It rained."}]}).json())
    finally:
        (store.place / LOCK).rmdir()
    assert done["state"] == "failed"
    assert done["error"]["code"] == "index_unusable"  # type: ignore[index]
    assert done["result"] is None


def test_pages_of_articles_follow_each_other(client: TestClient) -> None:
    whole = client.get("/api/articles", params={"limit": 200}).json()
    assert whole["total"] == len(whole["articles"]) > 10
    page = client.get("/api/articles", params={"offset": 3, "limit": 4}).json()
    assert page["articles"] == whole["articles"][3:7]
    assert page["total"] == whole["total"]
    days = [article["published"] or "" for article in whole["articles"]]
    assert days == sorted(days, reverse=True), "newest first, undated last"


def test_a_chat_has_footnotes_and_the_whole_answer_beside_it(client: TestClient) -> None:
    found = client.post("/v1/chat/completions", json=chat(QUESTION)).json()
    text = found["choices"][0]["message"]["content"]
    answer, foot = text.split(FOOT)
    document = AskJson.model_validate(found["dateline"])
    assert answer == document.answer
    assert [line.split("]")[0] for line in foot.splitlines()] == [f"[{c.n}" for c in document.citations]


def test_a_stream_says_the_same_as_one_piece(client: TestClient) -> None:
    whole = client.post("/v1/chat/completions", json=chat(QUESTION)).json()
    raw = client.post("/v1/chat/completions", json=chat(QUESTION, stream=True))
    assert raw.headers["content-type"].startswith("text/event-stream")
    lines = [line[6:] for line in raw.text.splitlines() if line.startswith("data: ")]
    assert lines.pop() == "[DONE]"
    chunks = [json.loads(line) for line in lines]
    text = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks)
    assert text == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["dateline"]["citations"] == whole["dateline"]["citations"]


def test_what_asks_for_nothing_special_is_not_refused(client: TestClient) -> None:
    plain = {"response_format": {"type": "text"}, "stop": [], "logprobs": False, "modalities": ["text"], "tools": None}
    assert client.post("/v1/chat/completions", json=chat(QUESTION, **plain)).status_code == 200


def test_usage_is_an_upper_estimate_of_what_went_over(client: TestClient) -> None:
    found = client.post("/v1/chat/completions", json=chat(QUESTION)).json()
    usage, text = found["usage"], found["choices"][0]["message"]["content"]
    assert usage["prompt_tokens"] == text_bounds(QUESTION).upper >= len(QUESTION.split())
    assert usage["completion_tokens"] == text_bounds(text).upper >= len(text.split())
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    longer = chat(QUESTION)
    unread = {"role": "system", "content": [{"type": "text", "text": "Be brief."}, {"type": "image_url"}]}
    longer["messages"] = [unread, *longer["messages"]]  # type: ignore[misc]
    more = client.post("/v1/chat/completions", json=longer).json()["usage"]
    assert more["prompt_tokens"] == usage["prompt_tokens"] + text_bounds("Be brief.").upper


def test_a_stream_tells_usage_where_it_is_asked_for(client: TestClient) -> None:
    whole = client.post("/v1/chat/completions", json=chat(QUESTION)).json()
    asked = chat(QUESTION, stream=True, stream_options={"include_usage": True})
    lines = client.post("/v1/chat/completions", json=asked).text.splitlines()
    chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], whole["usage"])
    assert all(piece["usage"] is None for piece in chunks[:-1])
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    silent = client.post("/v1/chat/completions", json=chat(QUESTION, stream=True, stream_options={})).text
    assert "usage" not in silent.partition('"dateline"')[0]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (chat(QUESTION) | {"model": "gpt-4o"}, 404, "model_not_found"),
        (chat("…"), 400, "invalid_input"),
        (chat("…", stream=True), 400, "invalid_input"),
        (chat(QUESTION, n=2), 400, "unsupported_parameter"),
        (chat(QUESTION, tools=[{"type": "function"}]), 400, "unsupported_parameter"),
        (chat(QUESTION, response_format={"type": "json_object"}), 400, "unsupported_parameter"),
        (chat(QUESTION, stop="\n"), 400, "unsupported_parameter"),
        (chat(QUESTION, stop=["\n"], stream=True), 400, "unsupported_parameter"),
        (chat(QUESTION, modalities=["text", "audio"]), 400, "unsupported_parameter"),
        (chat(QUESTION, web_search_options={}), 400, "unsupported_parameter"),
        ({"model": "dateline", "messages": [{"role": "assistant", "content": "x"}]}, 400, "no_question"),
        ({"model": "dateline", "messages": []}, 400, "invalid_request"),
    ],
)
def test_what_is_wrong_is_told_in_openais_form(
    client: TestClient, body: dict[str, object], status: int, code: str
) -> None:
    answer = client.post("/v1/chat/completions", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_without_tokens_only_this_machine_may_connect(pipeline: Pipeline) -> None:
    assert client_of(pipeline, "10.0.0.7").get("/v1/models").status_code == 403
    own = client_of(pipeline)
    assert own.get("/v1/models").status_code == 200
    for header in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"X-Forwarded-For": "127.0.0.1"}):
        assert own.get("/v1/models", headers=header).json()["error"]["code"] == "no_tokens", header


def test_tokens_have_scopes_and_end_at_once(pipeline: Pipeline, tokens: Tokens) -> None:
    far = client_of(pipeline, "10.0.0.7")
    ask, admin = tokens.add("reader", ("ask",)), tokens.add("owner", ("admin",))
    assert ask not in tokens.path.read_text()
    assert tokens.path.stat().st_mode & 0o077 == 0
    reader, owner = {"Authorization": f"Bearer {ask}"}, {"Authorization": f"Bearer {admin}"}
    assert far.get("/v1/models").headers["WWW-Authenticate"] == "Bearer"
    assert far.get("/v1/models", headers={"Authorization": "Bearer dl_wrong"}).status_code == 401
    assert far.get("/v1/models", headers=reader).status_code == 200
    body = {"articles": [{"title": "no text"}]}
    assert far.post("/api/ingest", json=body, headers=reader).json()["error"]["code"] == "insufficient_scope"
    assert far.post("/api/ingest", json=body, headers=owner).status_code == 200
    assert far.delete("/api/articles/none", headers=reader).status_code == 403
    assert far.delete("/api/articles/none", headers=owner).status_code == 404
    tokens.remove("reader")
    assert far.get("/v1/models", headers=reader).status_code == 401
    with pytest.raises(InputError, match="already"):
        tokens.add("owner", ("ask",))


def test_a_read_only_server_says_where_to_go(pipeline: Pipeline, tokens: Tokens) -> None:
    reading = client_of(pipeline, read_only=True)
    sent = {"articles": [{"id": "r/1", "text": "The rakali of the Torrens were counted."}]}
    for refused in (
        reading.post("/api/ingest", json=sent),
        reading.post("/api/ingest/jobs", json=sent),
        reading.get("/api/ingest/jobs/none"),
        reading.delete("/api/articles/r/1"),
    ):
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "read_only")
        assert "Ask the server that writes." in refused.json()["error"]["message"]
    assert reading.get("/api/articles/r/1").status_code == 404, "nothing came in"
    assert reading.post("/api/search", json={"query": QUESTION}).status_code == 200
    tokens.add("owner", ("admin",))
    assert reading.delete("/api/articles/r/1").status_code == 401, "a stranger learns nothing"


def test_damaged_tokens_let_nobody_in(pipeline: Pipeline, tokens: Tokens) -> None:
    tokens.path.write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        tokens.all()
    answer = client_of(pipeline).get("/v1/models")
    assert answer.status_code == 500
    assert str(tokens.path) not in answer.text


def test_too_many_requests_are_told_when_to_come_again(pipeline: Pipeline) -> None:
    client = client_of(pipeline, rate="3/minute")
    answers = [client.get("/v1/models") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_a_crowd_is_turned_away_and_nothing_collapses(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    real, slow = Pipeline.stream, threading.Event()

    def held(self: Pipeline, *args: object, **kwargs: object) -> Iterator[object]:
        slow.wait(20)
        yield from real(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Pipeline, "stream", held)
    statuses: list[int] = []
    with client_of(pipeline, capacity=Capacity(at_once=1, waiting=1)) as client:

        def ask() -> None:
            answer = client.post("/api/ask", json={"question": QUESTION})
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                assert int(answer.headers["Retry-After"]) >= 1

        crowd = [threading.Thread(target=ask) for _ in range(6)]
        for one in crowd:
            one.start()
        end = time.monotonic() + 20
        while len(statuses) < 4 and time.monotonic() < end:
            time.sleep(0.05)
        assert statuses == [429] * 4
        assert client.get("/healthz").status_code == 200
        slow.set()
        for one in crowd:
            one.join(30)
        assert sorted(statuses) == [200, 200, 429, 429, 429, 429]
        metrics = client.get("/metrics").text
    assert 'dateline_turned_away_total{why="busy:ask"} 4.0' in metrics
    assert 'dateline_in_work{gate="ask"} 0.0' in metrics
    assert 'dateline_http_requests_total{method="POST",route="/api/ask",status="200"} 2.0' in metrics


def test_too_much_is_refused_announced_or_not(client: TestClient) -> None:
    body = json.dumps({"question": "x" * BODY}).encode()
    kind = {"Content-Type": "application/json"}
    assert client.post("/api/ask", content=body, headers=kind).status_code == 413
    pieces = (body[i : i + 9999] for i in range(0, len(body), 9999))
    unannounced = client.post("/api/ask", content=pieces, headers=kind)
    assert (unannounced.status_code, unannounced.json()["error"]["code"]) == (413, "too_large")


def test_requests_have_ids_and_the_log_no_questions(
    pipeline: Pipeline, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "dateline.api")
    answer = client.post("/api/search", json={"query": QUESTION}, headers={"X-Request-ID": "abc-1"})
    assert answer.headers["X-Request-ID"] == "abc-1"
    assert len(client.get("/nowhere", headers={"X-Request-ID": "a b\tc"}).headers["X-Request-ID"]) == 32
    fields = [record.fields for record in caplog.records if record.message == "request"]  # type: ignore[attr-defined]
    assert fields[0]["route"] == "/api/search"
    assert QUESTION not in str([vars(record) for record in caplog.records])
    client_of(pipeline, log_questions=True).post("/api/search", json={"query": QUESTION})
    assert caplog.records[-1].fields["question"] == QUESTION  # type: ignore[attr-defined]


def test_a_bug_is_told_without_its_words(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.retriever, "search", lambda *_: 1 / 0)
    answer = client_of(pipeline).post("/api/search", json={"query": QUESTION})
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert answer.headers["X-Request-ID"] in answer.json()["error"]["message"]
    assert "division" not in answer.text


def test_ready_says_with_what(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["model"] == "none"


def readiness(client: TestClient) -> tuple[int, str]:
    answer = client.get("/readyz")
    found = answer.json()
    return answer.status_code, found["error"]["code"] if "error" in found else found["model"]


def of_model(pipeline: Pipeline, llm: str, **settings: object) -> Pipeline:
    config = dataclasses.replace(pipeline.config, llm=llm, **settings)  # type: ignore[arg-type]
    return Pipeline(pipeline.store, pipeline.embedder, config)


def test_a_model_that_goes_away_is_told(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.ready._HOLDS_S", 0.0)
    with fake_ollama.serve() as ollama:
        client = client_of(of_model(pipeline, "ollama", ollama_host=ollama.url))
        assert readiness(client) == (200, f"ollama/{fake_ollama.MODEL}")
        ollama.script.models = ()
        assert readiness(client) == (503, "model_unavailable"), "it was deleted"
        ollama.script.models = (fake_ollama.MODEL,)
        assert readiness(client)[0] == 200
    assert readiness(client) == (503, "model_unavailable"), "Ollama ended"
    answer = client.get("/readyz")
    assert "does not answer" in answer.json()["error"]["message"]
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_named_model_that_is_not_there_is_told_with_the_answer_of_another(pipeline: Pipeline) -> None:
    nowhere = fake_ollama.closed_url()
    client = client_of(of_model(pipeline, "ollama/nope", ollama_host=nowhere, max_answer_tokens=40))
    assert readiness(client) == (200, "embedded/smollm2-135m")
    answer = client.post("/api/ask", json={"question": QUESTION})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["answered"], found["model"]) == (True, "embedded/smollm2-135m")
    assert found["note"].startswith(f"The model ollama/nope cannot be used: Ollama at {nowhere} does not answer")


def test_a_server_of_openais_protocol_that_ends_is_told(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.ready._HOLDS_S", 0.0)
    with fake_openai.serve() as server:
        client = client_of(of_model(pipeline, f"openai/{fake_openai.MODEL}", openai_base_url=server.url))
        assert readiness(client) == (200, f"openai/{fake_openai.MODEL}")
    assert readiness(client) == (503, "model_unavailable")


def test_a_look_at_the_model_holds_for_some_seconds(pipeline: Pipeline) -> None:
    with fake_ollama.serve() as ollama:
        client = client_of(of_model(pipeline, "ollama", ollama_host=ollama.url))
        assert readiness(client)[0] == 200
        asked = len(ollama.calls)
        assert [readiness(client)[0] for _ in range(20)] == [200] * 20
        assert len(ollama.calls) == asked


def test_what_does_not_answer_in_time_is_not_ready(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    monkeypatch.setattr("api.ready._LONGEST_S", 0.1)
    monkeypatch.setattr(pipeline.store, "newest", lambda: held.wait(20) and None)
    client = client_of(pipeline)
    try:
        assert [readiness(client), readiness(client)] == [(503, "not_ready")] * 2
    finally:
        held.set()


def test_an_index_that_cannot_be_read_is_not_ready(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        msg = "The database at /secret/place is malformed."
        raise StoreError(msg)

    monkeypatch.setattr(pipeline.store, "newest", broken)
    client = client_of(pipeline)
    assert readiness(client) == (503, "index_unusable")
    assert "/secret/place" not in client.get("/readyz").text
    assert "/secret/place" in caplog.text


def test_the_server_does_what_its_openapi_document_says(pipeline: Pipeline, tokens: Tokens) -> None:
    found = openapi.problems(make(pipeline, rate=openapi.RATE), tokens.add("schemathesis", ("admin",)), examples=8)
    assert len(found) == 14
    assert not any(found.values()), found


@pytest.mark.parametrize("number", [None, 1])
def test_what_the_document_does_not_allow_is_found(number: int | None) -> None:
    app = FastAPI()

    @app.get("/fine")
    def fine() -> Health:
        return Health()

    @app.get("/broken", response_model=Health)
    def broken() -> Response:
        return Response('{"status": "so-so"}', media_type="application/json")

    found = openapi.problems(app, "none", 2, number)
    assert found["GET /fine"] == ""
    assert "so-so" in found["GET /broken"]
