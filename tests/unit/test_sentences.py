"""The sentence cutter: what is cut, where, and that nothing is lost."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.sentences import MAX_SENTENCE, cut_sentences


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in cut_sentences(text)]


# Written with " ‖ " where a sentence must end; nothing else may be cut.
MARKED = [
    # abbreviations
    "U.S. Secretary of State Ann Lee met Gen. Mark Roe and Sen. Paul Ott on Jan. 5. ‖ They talked for an hour.",
    "It happened in the U.S. ‖ The president was told.",
    "The U.S. Postal Service and the 10th U.S. Circuit Court of Appeals declined to comment.",
    "Mr. Smith, Mrs. Jones and Dr. Wu left. ‖ Prof. Lin stayed.",
    "Acme Inc. said it bought Widget Co. on Monday. ‖ Shares rose.",
    "It is run by Acme Inc. ‖ The firm is old.",
    "Author J. K. Rowling met George W. Bush. ‖ A.J. Brown and T.S. Eliot did not.",
    "Choose Plan B. ‖ The other one failed.",
    "He is No. 5 in the world. ‖ She said no. ‖ The vote was lost.",
    "The game starts at 8 p.m. Tuesday at the arena. ‖ It ends by 11 p.m. ‖ Fans then leave.",
    "The minute of silence is at 8 p.m. (3 p.m. ET) in the square.",
    "Then-Gov. Eric Stone and Lt. Gov. Ada Poe met Rep. Cy Fox, R-Calif., in Jan. 2020.",
    "The city of St. Cloud is near Ft. Worth. ‖ It is big.",
    "Martin Luther King Jr. was born there. ‖ His house stands on Main St. ‖ It is open.",
    "FRESNO, Calif. — A puppy was saved.",
    "He holds a Ph.D. from Yale. ‖ He teaches.",
    # numbers, addresses
    "It cost $1.5 billion. ‖ 12 people paid $1.01. ‖ Prices rose 3.5%.",
    "Read www.example.com/a.html or write to a.b@example.com. ‖ Then call.",
    "Details are out. ‖ https://example.com/x.html has them.",
    # quotations
    '"It\'s over," he said. ‖ "We lost." ‖ Then he left.',
    "“We won,” said Smith. ‖ “I think it is good.” ‖ She smiled.",
    "“Are you OK?” Smith asked. ‖ “No!” she said. ‖ “Why?” ‖ He left.",
    "(It was late.) ‖ He slept (badly). ‖ [Ed. note: not true.] ‖ End.",
    "He asked: “Why?!” ‖ Nobody knew. ‖ What?! ‖ Really!!! ‖ Yes.",
    "She said: ‘No.’ ‖ He left.",
    # ellipses, lost spaces, names with marks
    "He waited… and waited. ‖ Then … nothing came. ‖ It ended... ‖ They left.",
    "Yahoo! shares rose. ‖ So did the host of Jeopardy! on Monday.",
    "The iPhone sold. ‖ iPhone sales rose. ‖ eBay fell.",
    # notes, lists, other scripts
    "This is known.[12] ‖ That is not.[3][4] ‖ End.",
    "The best airlines were: 1. Acme Air; 2. Bravo; 3. Carlo Air. ‖ The rest lost.",
    "Shares of Warner Bros. Discovery rose. ‖ It is open from noon to 7 p.m. Monday-Saturday at Oak Ave., Ste. 101.",
    "First part: ‖ • one thing ‖ • another thing",
    "今日は雨です。‖明日は晴れます。‖本当？‖はい",
    "Это первое предложение. ‖ Это второе.",
]


@pytest.mark.parametrize("marked", MARKED)
def test_cuts_at_the_marks_and_nowhere_else(marked: str) -> None:
    wanted = [sentence.strip() for sentence in marked.split("‖")]
    spaced = marked.replace(" ‖ ", " ").replace("‖", "")
    assert cut(spaced) == wanted


def test_a_lost_space_is_seen() -> None:
    assert cut("He left.The door closed. Node.js is software by Foo.Bar.") == [
        "He left.",
        "The door closed.",
        "Node.js is software by Foo.Bar.",
    ]
    assert cut("He “left.”The door closed.") == ["He “left.”", "The door closed."]
    assert cut("See example.com/left.The end is near.") == ["See example.com/left.The end is near."]


def test_a_wrapped_paragraph_is_one_text() -> None:
    text = (
        "The central bank of the country said on Monday that it would\n"
        "raise its main rate by half a point, the first rise in two\n"
        "years, as prices kept climbing. Analysts polled by the U.S.\n"
        "Treasury had expected less. The\n"
        "Governor spoke later."
    )
    assert [" ".join(sentence.split()) for sentence in cut(text)] == [
        (
            "The central bank of the country said on Monday that it would raise its main rate by half a point, the"
            " first rise in two years, as prices kept climbing."
        ),
        "Analysts polled by the U.S. Treasury had expected less.",
        "The Governor spoke later.",
    ]


def test_an_indent_begins_a_paragraph_in_wire_copy() -> None:
    text = (
        "Acme Corp's chief executive Nigel\n"
        "Lawrence said the fall in orders was the worst he had seen in\n"
        "years, and that it would last.\n"
        "    Shr 61 cts vs 55 cts\n"
        "    Net 726,000 vs 669,000\n"
    )
    assert cut(text) == [
        (
            "Acme Corp's chief executive Nigel\nLawrence said the fall in orders was the worst he had seen in\n"
            "years, and that it would last."
        ),
        "Shr 61 cts vs 55 cts",
        "Net 726,000 vs 669,000",
    ]


def test_headlines_and_bullets_stand_alone() -> None:
    text = "Why prices rise\n\nMany reasons are given.\n\n- Oil costs more\n- Wages rose\n* Rents did too\n\nBy Ann Lee"
    assert cut(text) == [
        "Why prices rise",
        "Many reasons are given.",
        "- Oil costs more",
        "- Wages rose",
        "* Rents did too",
        "By Ann Lee",
    ]


def test_a_headline_above_a_paragraph_without_a_blank_line() -> None:
    paragraph = (
        "The Senate passed the bill on Tuesday after a debate that lasted the whole night and part of the morning."
    )
    assert cut(f"Senate passes the bill\n{paragraph} It is law.") == ["Senate passes the bill", paragraph, "It is law."]


def test_short_lines_are_a_list() -> None:
    assert cut("Apples\nOranges\nPears") == ["Apples", "Oranges", "Pears"]


def test_long_lines_are_paragraphs() -> None:
    line = (
        "A line of this length was never wrapped by anyone, it is a whole paragraph, and goes on and on without a stop"
        * 2
    )
    assert len(line) > 110
    assert cut(f"{line} at all\n{line}") == [f"{line} at all", line]


def test_numbered_items_keep_their_number() -> None:
    assert cut("1. First came rain. 2. Then came sun.")[0] == "1. First came rain."
    assert cut("Steps:\n1. Boil water.\n2. Add salt.") == ["Steps:", "1. Boil water.", "2. Add salt."]


def test_a_very_long_sentence_is_broken_at_a_clause() -> None:
    clause = "the committee met again and decided nothing at all"
    text = "; ".join([clause] * 60) + "."
    pieces = cut(text)
    assert len(pieces) == -(-len(text) // MAX_SENTENCE)
    assert all(len(piece) <= MAX_SENTENCE for piece in pieces)
    assert all(piece.endswith(";") for piece in pieces[:-1])
    assert " ".join(pieces) == text


def test_a_word_without_end_is_broken_before_no_accent() -> None:
    pieces = cut("e\u0301" * MAX_SENTENCE)
    assert "".join(pieces) == "e\u0301" * MAX_SENTENCE
    assert not any(unicodedata.combining(piece[0]) for piece in pieces)


def test_nothing_makes_nothing() -> None:
    assert cut_sentences("") == ()
    assert cut_sentences(" \n\t\u3000\n") == ()


TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="ab AB.!?…,;\"'“”‘’()[]\n\t •-—12。Dr"),
    st.lists(
        st.sampled_from([*'\n.?!"”(“•', "Mr.", "U.S.", " ", "the", "The", "a.m.", "...", "\n\n", "1.", "    "])
    ).map("".join),
)


@given(TEXTS)
@example("a" * 3000)
@example("\x85. A\u2028B")
def test_sentences_hold_every_character_that_is_seen(text: str) -> None:
    spans = cut_sentences(text)
    at = 0
    for span in spans:
        assert not text[at : span.start].strip()
        sentence = text[span.start : span.end]
        assert sentence
        assert sentence == sentence.strip()
        assert len(sentence) <= MAX_SENTENCE
        at = span.end
    assert not text[at:].strip()


@given(TEXTS)
def test_cutting_a_sentence_of_one_line_again_never_joins(text: str) -> None:
    sentences = cut(text)
    assert len(cut("\n\n".join(sentences))) >= len(sentences)


@pytest.mark.parametrize(
    "unit", ["!", ". ", ".", "?.", "B. ", "U.S. B", "a\n", '. "', "• ", "? Aa", "(", "\u0301", "x. (", "…” A "]
)
def test_a_megabyte_of_anything_takes_seconds(unit: str) -> None:
    text = unit * (250_000 // len(unit))
    cut_sentences("Warm up the model. U.S. Foo")
    start = time.process_time()
    cut_sentences(text)
    # A quarter of a megabyte takes up to 0.5 s where every character is a stop; anything quadratic takes minutes.
    assert time.process_time() - start < 10
