"""What is sent to and from ``/api``; the answer to a question has its form in `rag.contract`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.errors import ErrorBody
from rag.types import Turn, Window
from rag.understand import MAX_QUESTION

MAX_TURNS = 50
MAX_RECORDS = 1000
MAX_ADDRESSES = 20


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Body):
    """What the articles must be; everything may be left out.

    Attributes:
        as_of: the day on which it is asked, today unless given; later articles are not used.
        since: first day of publication.
        until: last day of publication.
        outlets: names of outlets; overrides those understood from the question.
        later: also use articles published after `as_of`.
    """

    as_of: date | None = None
    since: date | None = None
    until: date | None = None
    outlets: list[str] = Field(default_factory=list, max_length=100)
    later: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Limits:
        if self.since and self.until and self.until < self.since:
            msg = f"until ({self.until}) lies before since ({self.since})"
            raise ValueError(msg)
        return self

    @property
    def named(self) -> dict[str, Any]:
        """As the pipeline takes them."""
        window = Window(self.since, self.until) if self.since or self.until else None
        return {"as_of": self.as_of, "window": window, "outlets": self.outlets or None, "allow_later": self.later}


class TurnJson(_Body):
    """An earlier exchange; it helps to understand a follow-up and is never evidence."""

    question: str = Field(max_length=MAX_QUESTION)
    answer: str = Field("", max_length=20_000)


class AskBody(Limits):
    """A question."""

    question: str = Field(min_length=1, max_length=MAX_QUESTION)
    history: list[TurnJson] = Field(default_factory=list, max_length=MAX_TURNS)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The earlier exchanges, oldest first."""
        return tuple(Turn(turn.question, turn.answer) for turn in self.history)


class SearchBody(Limits):
    """A search; time and outlets are read from its words as they are from a question."""

    query: str = Field(min_length=1, max_length=MAX_QUESTION)
    limit: int = Field(10, ge=1, le=50)


class SentenceFound(_Body):
    """A sentence that bears on the query: ``text[start:end] == sentence`` in the article's text."""

    sentence: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    score: float


class ArticleFound(_Body):
    """An article that was found; reprints of one story count once, `outlets` names who carried it."""

    article_id: str
    title: str
    outlet: str | None
    published: date | None
    url: str | None
    outlets: list[str]
    score: float
    sentences: list[SentenceFound]


class SearchJson(_Body):
    """What was found, best first; scores are comparable within one search."""

    query: str
    as_of: date
    since: date | None
    until: date | None
    results: list[ArticleFound]


class ArticleHead(_Body):
    """An article without its text."""

    id: str
    version: int
    title: str
    outlet: str | None
    published: date | None
    url: str | None
    authors: list[str]
    added_at: str


class ArticleJson(ArticleHead):
    """An article; offsets of citations point into `text`."""

    text: str


class ArticlePiece(ArticleJson):
    """A piece of an article: `text` begins at character `start` of the `characters` that the whole has."""

    start: int = Field(ge=0)
    characters: int = Field(ge=0)


class ArticleList(_Body):
    """A page of the articles, newest first."""

    total: int
    offset: int
    articles: list[ArticleHead]


class IngestBody(_Body):
    """Records, each as it would stand in a JSON file: `text`, and if known title, id, published, outlet, url, authors.

    A known id, or a known address, with other content is a new version.
    """

    articles: list[dict[str, Any]] = Field(min_length=1, max_length=MAX_RECORDS)


class RefusedJson(_Body):
    """A record or page that was not taken in."""

    position: int | None = Field(description="its place in what was sent, from 0", ge=0)
    address: str | None = Field(None, description="where it was, if it was fetched")
    reason: str
    advice: str


class LeftJson(_Body):
    """A feed or sitemap that has more than is taken at once."""

    address: str
    articles: int = Field(description="how many of its articles were not taken", ge=0)
    lists: int = Field(description="how many of the lists that it names were never looked into", ge=0)


class IngestJson(_Body):
    """Ids of articles by what became of them; near-duplicates are added, too."""

    added: list[str]
    updated: list[str]
    unchanged: list[str]
    near_duplicates: dict[str, str]
    refused: list[RefusedJson]
    left: list[LeftJson] = Field(default_factory=list, description="lists with more; the next time goes on with it")


class JobBody(_Body):
    """What is to be taken in after the answer: records as for `/api/ingest`, and addresses of pages, feeds, sitemaps.

    Addresses of this machine and of private networks are refused.
    """

    articles: list[dict[str, Any]] = Field(default_factory=list, max_length=MAX_RECORDS)
    addresses: list[Annotated[str, Field(min_length=1, max_length=2000)]] = Field(
        default_factory=list, max_length=MAX_ADDRESSES
    )

    @model_validator(mode="after")
    def _something(self) -> JobBody:
        if not (self.articles or self.addresses):
            msg = "there are no articles and no addresses"
            raise ValueError(msg)
        return self


class JobJson(_Body):
    """An ingest that goes on by itself.

    Attributes:
        job: its name.
        state: how far it is; what a failed one had taken in before is in.
        articles: how many were read and cut.
        of: how many there are, once that is known.
        result: what became of the articles, when it is done.
        error: why it failed.
    """

    job: str
    state: Literal["waiting", "working", "done", "failed"]
    articles: int = Field(ge=0)
    of: int | None = Field(None, ge=0)
    result: IngestJson | None = None
    error: ErrorBody | None = None


class RemovedJson(_Body):
    """The article that was removed."""

    removed: str


class Health(_Body):
    """Whether the server can be used."""

    status: Literal["ok"] = "ok"


class Ready(Health):
    """What it answers with."""

    model: str
    articles_until: date | None
