"""HTML → the text between its tags."""

from __future__ import annotations

import re

import pytest

from index.markup import is_html, plain_text, prose, without_tags


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
        ("It <s>rained, and it snowed.", "It rained, and it snowed."),
        ("It killed <del>40</del> <S>30 <s>20</s></S>12 people.", "It killed  12 people."),
        ("&#8220;Rain&#x201d; &#" + "9" * 5000 + "; &#" + "9" * 5000, "“Rain” \ufffd \ufffd"),
    ],
)
def test_what_stands_between_tags(html: str, text: str) -> None:
    assert without_tags(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>It rained.</p><p class='x'>It <b>snowed</b>.</p>", "It rained.\n\nIt snowed."),
        ("<div>It rained.<p>It snowed.<p>It hailed.</div>Dry.", "It rained.\n\nIt snowed.\n\nIt hailed.\n\nDry."),
        ("It rained.<br /><br />It snowed.", "It rained.\n\nIt snowed."),
        ("<ul><li>Rain</li><li>Snow</li></ul>", "Rain\n\nSnow"),
        ("<table><tr><th>Dead</th> <td>12</td></tr><tr><td>Hurt</td><td>3</td></tr></table>", "Dead |  12\n\nHurt | 3"),
        ("<!-- wp:paragraph --><p>It rained.</p><script>'<p>x</p>'</script>", "It rained."),
    ],
)
def test_html_as_paragraphs(html: str, text: str) -> None:
    assert is_html(html)
    assert re.sub(r"\s*\n\s*", "\n\n", prose(html)) == text


@pytest.mark.parametrize(
    "text",
    [
        "It rained.",
        "The <p> tag begins a paragraph.",
        "5 < 6 and <b>7</b> > 6",
        "One<br>line",
        "<section 3> </p>",
        "<p></div>",
    ],
)
def test_a_text_that_mentions_a_tag_is_no_html(text: str) -> None:
    assert not is_html(text)


def test_what_is_struck_through_was_taken_back() -> None:
    text = "It killed ~~40~~ <del>30 *more*</del> <s>20</s> 12 people ~ or ~13~.\n\n<div>It <s>snowed</s> rained.</div>"
    assert " ".join(plain_text(text).body.split()) == "It killed 12 people ~ or ~13~. It rained."
