"""HTML → the text between its tags."""

from __future__ import annotations

import pytest

from index.markup import without_tags


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p class='x > y'>It <b>rained</b>.<br/></p>", "It rained."),
        ("5 < 6 &amp; I <3 rain", "5 < 6 & I <3 rain"),
        ("It <!-- <p>never</p> <!-- --> rained.", "It  rained."),
        ("It rained. <!-- hidden", "It rained."),
        ("<script>if (a<b) x('<script>')</script>It <STYLE>p > a {}</STYLE>rained.", "It rained."),
        ("<script src='x'/>It rained.", "It rained."),
        ("<template><head>a</head>b</template>It rained.", "It rained."),
        ("It rained. <style>p {}", "It rained."),
        ("<!DOCTYPE html><?xml x?>It rained.", "It rained."),
        ("<a It <b>rained.", "<a It rained."),
        ("&#8220;Rain&#x201d; &#" + "9" * 5000 + "; &#" + "9" * 5000, "“Rain” \ufffd \ufffd"),
    ],
)
def test_what_stands_between_tags(html: str, text: str) -> None:
    assert without_tags(html) == text
