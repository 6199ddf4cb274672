"""Claims written about public articles: the file, and the pairs that are made of them."""

from __future__ import annotations

from collections import Counter

from eval.retold import RetoldClaim, read, retold

TEXT = (
    "The Harbour Bridge opened to traffic on Saturday after nine years of work. "
    "The Harbour Bridge cost 412 million euros, Mayor Ida Holt told reporters. "
    "Some 300 people came to see the ribbon cut by the mayor."
)
COST = TEXT.index("The Harbour Bridge cost")


def test_a_claim_stands_beside_the_sentences_that_it_names() -> None:
    price = "Building it took 421 million euros, in the words of the mayor."
    claims = [
        RetoldClaim(article="a", sentences=(0, COST), claim="The bridge took nine years to build.", kind="true"),
        RetoldClaim(article="a", sentences=(COST,), claim=price, kind="number", wrong=((17, 20),)),
        RetoldClaim(article="not there", sentences=(0,), claim="Nobody knows.", kind="added"),
    ]
    true, false = retold(claims, {"a": {"text": TEXT}})
    assert (true.supported, true.kind, true.wrong) == (True, "retold", [])
    assert true.evidence == TEXT[: TEXT.index(" Some 300")]
    assert (false.supported, false.kind) == (False, "retold-number")
    assert [price[a:b] for a, b in false.wrong or []] == ["421"]


def test_the_file_holds_as_many_true_claims_as_false_ones_of_every_kind() -> None:
    claims = read()
    kinds = Counter(claim.kind for claim in claims)
    true = kinds.pop("true")
    assert 0.45 < true / len(claims) < 0.55
    assert min(kinds.values()) > 100
    for claim in claims:
        assert claim.sentences
        assert (claim.kind == "true") == (not claim.wrong)
        assert all(0 <= start < end <= len(claim.claim) for start, end in claim.wrong)
    assert len({claim.claim for claim in claims}) > 0.99 * len(claims)
