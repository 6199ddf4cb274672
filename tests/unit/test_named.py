"""Whom a question names, an article that answers it names as well."""

from __future__ import annotations

import pytest
from fakes.evidence import evidence

from rag.named import of_the_named
from rag.types import Found

HALDEN = "Halden Foods will close its works in Ostley."
VARN = "Varn will close a works with 1,900 people."
MAYOR = "Mayor Ida Holt, who runs Port Harbour, was fined."
NAMESAKE = "The clerk Ida Holte was jailed. She spent the money."


def left(question: str, *texts: str, outlet: str = "The Example") -> list[str]:
    """The texts of the articles that are left, of those found."""
    found = [Found(evidence(n, text, outlet=outlet).article, 5.0 - n) for n, text in enumerate(texts, 1)]
    return [f.article.article.text for f in of_the_named(question, found)]


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("Which of Halden's works will be closed?", HALDEN),
        ("For how many years was Ida Holt jailed?", MAYOR),
        ("What did Holte spend?", NAMESAKE),
        ("What did Varn’s director say?", VARN),
    ],
)
def test_what_another_did_is_no_answer(question: str, kept: str) -> None:
    assert left(question, VARN, NAMESAKE, MAYOR, HALDEN) == [kept]


@pytest.mark.parametrize(
    "question",
    [
        "How many works will be closed?",  # names nobody
        "What did Eva Brandt say?",  # whom no article names
        "What did a Varn worker say?",  # about no Varn
        "Who was fined in Varn?",  # a place, which has other names
        "How high is the US rate?",
    ],
)
def test_where_names_do_not_tell_nothing_is_left_out(question: str) -> None:
    assert left(question, HALDEN, VARN) == [HALDEN, VARN]


def test_each_of_several_that_are_named_is_kept() -> None:
    assert left("Which closed first, Halden or Varn?", HALDEN, MAYOR, VARN) == [HALDEN, VARN]
    assert left("Which closed first, Halden or the Varn-3 works?", HALDEN, "The Varn-3 works closed.") == [
        HALDEN,
        "The Varn-3 works closed.",
    ]


def test_a_name_is_written_as_a_name() -> None:
    paper, lantern = "Ending paper prescriptions cost 310 million.", "PAPER LANTERN asked Varn for 8 million."
    assert left("How much did Varn pay to Paper Lantern?", paper, lantern) == [lantern]


def test_an_outlet_need_not_name_itself() -> None:
    assert left("What did Northwire report about Varn?", HALDEN, VARN, outlet="Northwire") == [HALDEN, VARN]
