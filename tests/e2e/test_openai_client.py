"""OpenAI's own client against the server, over loopback; the examples of docs/api.md."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from api.openai_form import FOOT
from api.server import Beside, listen
from api.tokens import Tokens
from index.embed import Embedder
from index.errors import InputError
from index.sqlite_faiss import SqliteFaissStore
from rag.config import Config
from rag.pipeline import Pipeline

QUESTION = "How much did the EU approve for Kyiv?"
DOCS = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture(scope="module")
def served(seed_index: Path, minilm: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address and token."""
    place = tmp_path_factory.mktemp("served") / "index"
    shutil.copytree(seed_index, place)
    token = Tokens(place).add("test", ("ask",))
    pipeline = Pipeline(SqliteFaissStore(place), minilm, Config(index=place, llm="none"))
    server = Beside(pipeline, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.port}/v1", token
    server.close()
    pipeline.close()


@pytest.fixture
def client(served: tuple[str, str]) -> openai.OpenAI:
    return openai.OpenAI(base_url=served[0], api_key=served[1], max_retries=0)


def test_the_official_client_asks_and_follows_up(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["dateline"]
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
    first = client.chat.completions.create(model="dateline", messages=messages)  # type: ignore[arg-type]
    text = first.choices[0].message.content or ""
    assert "$106 billion" in text.split(FOOT)[0]
    assert first.model_extra["dateline"]["citations"][0]["sentence"]
    more = [*messages, {"role": "assistant", "content": text}, {"role": "user", "content": "And what of 2020?"}]
    limits = {"dateline": {"as_of": "2020-12-31"}}
    second = client.chat.completions.create(model="dateline", messages=more, extra_body=limits)  # type: ignore[arg-type]
    assert second.model_extra["dateline"]["as_of"] == "2020-12-31"
    assert second.model_extra["dateline"]["standalone_question"] != "And what of 2020?"


def test_the_official_client_streams(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="dateline",
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
    )
    *chunks, last = stream
    assert last.usage
    assert last.usage.total_tokens == last.usage.prompt_tokens + last.usage.completion_tokens > 0
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert "$106 billion" in text.split(FOOT)[0]
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].model_extra["dateline"]["answered"]


def test_the_official_client_raises_its_own_errors(client: openai.OpenAI, served: tuple[str, str]) -> None:
    ask = [{"role": "user", "content": QUESTION}]
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-4o'"):
        client.chat.completions.create(model="gpt-4o", messages=ask)  # type: ignore[arg-type]
    with pytest.raises(openai.BadRequestError, match="There is no question"):
        client.chat.completions.create(model="dateline", messages=[{"role": "user", "content": "?"}], stream=True)
    with pytest.raises(openai.AuthenticationError, match="no such token"):
        openai.OpenAI(base_url=served[0], api_key="dl_wrong", max_retries=0).models.list()


def test_the_example_of_the_documentation_runs(served: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    example = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    code = example[1].replace("http://127.0.0.1:7861/v1", served[0]).replace("dl_…", served[1])
    exec(compile(code, str(DOCS), "exec"), {})  # the project's own page
    assert "$106 billion" in capsys.readouterr().out


def test_others_are_let_at_it_only_with_a_token(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no token"):
        listen(None, Tokens(tmp_path), "0.0.0.0", 0)
