"""The form of an answer as a grammar (llama.cpp's GBNF), for models that can be held to one.

An answer is one to `MAX_SENTENCES` sentences on one line, each ended by its marks, or the refusal alone:

    The bridge opened on 3 May. [2] Mr. Odell said: “It cost twice the plan.” [1][4]
    NOT IN THE ARTICLES

A mark can only be a number that was offered, so a small model cannot invent a source; and a sentence cannot end
without a mark, so it cannot add a second one in front of the mark. Whether the source supports the sentence is another
question, and the verifier's.
"""

from __future__ import annotations

from collections.abc import Sequence

REFUSAL = "NOT IN THE ARTICLES"

# An answer longer than this is no answer to a question. 300 characters hold 95 of 100 sentences of English news prose
# (measured on 1,500 articles); at the limit the grammar makes the model end the sentence.
MAX_SENTENCES = 6
MAX_CHARS = 300
MAX_MARKS = 3

# Full stops that end no sentence. After any other one, and before a space, the marks must come. Initials and "U.S."
# are covered by a rule of their own.
ABBREVIATIONS = (
    "Mr Mrs Ms Dr Prof St Jr Sr Gen Col Lt Capt Sgt Sen Rep Gov Rev Hon No Inc Corp Co Ltd vs "
    "Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec"
)


def grammar(marks: Sequence[int]) -> str:
    """GBNF for an answer that may cite `marks`; with none on offer the refusal is all that can be said.

    Raises:
        ValueError: a mark is negative.
    """
    if any(mark < 0 for mark in marks):
        message = f"Marks are not negative: {min(marks)}"
        raise ValueError(message)
    if not marks:
        return f'root ::= "{REFUSAL}"\n'
    numbers = " | ".join(f'"{mark}"' for mark in sorted(set(marks)))
    short = " | ".join(f'"{word}"' for word in ABBREVIATIONS.split())
    rules = (
        f'root ::= "{REFUSAL}" | sentence (" " sentence){{0,{MAX_SENTENCES - 1}}}',
        f'sentence ::= start part{{1,{MAX_CHARS}}} [.!?] closing? " " mark{{1,{MAX_MARKS}}}',
        "start ::= [^\\x00-\\x20\\[\\].!?] | short",
        # A character; a stop inside a number, a name or a quotation; a stop that ends no sentence.
        "part ::= [^\\x00-\\x1f\\[\\].!?] | [.!?] [^\\x00-\\x20\\[\\].!?] | short",
        f'short ::= ([A-Z] | {short}) "." | "..."',
        "closing ::= [\"'”’»)]",
        f'mark ::= "[" ({numbers}) "]"',
    )
    return "\n".join(rules) + "\n"
