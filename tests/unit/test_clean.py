"""Text, addresses and dates: one form each, and never a guess."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.clean import YEARS, canonical_url, clean_outlet, normalise, one_line, parse_day, stated_date

DAY = date(2025, 12, 21)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f\x0cg", "a\nb\nc\nd\ne\nf\ng"),
        ("e\u0301", "é"),
        ("a\u00a0b\u2009c\u3000d\te", "a b c d    e"),
        ("zero\u200bwidth so\u00adft \ufeffmark \x00nul \x1b[0m", "zerowidth soft mark nul [0m"),
        ("user\u202ecod.exe \u2066x\u2069", "usercod.exe x"),
        ("end   \nnext\n\n\n\nlast\n\n", "end\nnext\n\nlast"),
        ("    Bread wheat\n    Maize", "Bread wheat\n    Maize"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("ignore\U000e0041\U000e0042", "ignore"),
        # A joiner that shapes what is seen stays; one between Latin letters hides.
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("pass\u200dword", "password"),
    ],
)
def test_normalise(found: str, wanted: str) -> None:
    assert normalise(found) == wanted


@given(
    st.one_of(
        st.text(),
        st.text(alphabet="aé\u0301\u200d\u200c\u200b\ufeff\u00a0\u1fef\u2000 \n\r\t\u0958\u034f\ud800\U000e0041👩-"),
    )
)
@example("e\u200b\u0301\u200dé")
def test_normalise_is_idempotent_and_leaves_nothing_hidden(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once == once.strip()
    assert "\n\n\n" not in once
    assert " \n" not in once
    once.encode()
    assert not {char for char in once if unicodedata.category(char) in ("Cc", "Zl", "Zp")} - {"\n"}


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126)))
def test_what_can_be_seen_stays(text: str) -> None:
    assert normalise(text) == text


def test_names_and_headlines_are_one_line() -> None:
    assert one_line("  Storm\n hits\u00a0 coast ") == "Storm hits coast"
    assert clean_outlet(" The  Daily\tPost ") == "The Daily Post"


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (
            "HTTPS://User:pw@Www.Example.COM:443/a/B/?utm_source=x&id=3&fbclid=1#top",
            "https://www.example.com/a/B?id=3",
        ),
        ("http://example.com:80/", "http://example.com"),
        ("http://example.com:8080/x", "http://example.com:8080/x"),
        ("http://[::1]:8080/x/", "http://[::1]:8080/x"),
        ("https://a.com/?b=2&a=1", "https://a.com?b=2&a=1"),
        ("https://a.com/utm_source", "https://a.com/utm_source"),
        (" https://a.com/x\n", "https://a.com/x"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("www.example.com/x", ""),
        ("http://[::1", ""),
        ("http://a.com:99999/", ""),
        ("https://a.com/<script>", ""),
        ("http://a.com/\ud800", ""),
        ("", ""),
    ],
)
def test_canonical_url(found: str, wanted: str) -> None:
    assert canonical_url(found) == wanted


@given(st.one_of(st.text(), st.text(alphabet="htps:/.a?&=#@[]%1 \\").map("http://a".__add__)))
def test_canonical_url_is_idempotent(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once
    assert not once or once.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "value",
    [
        "2025-12-21",
        "2025-12-21T23:30:00-05:00",
        "2025-12-21 10:00:00.123 UTC",
        "Sun, 21 Dec 2025 10:00:00 GMT",
        "21-DEC-2025 15:01:01.79",
        " 21 December 2025 ",
        "Dec. 21, 2025",
        "21st of December 2025",
        "Updated 10:14 AM EST, Sun December 21, 2025",
        "Published 4:00 a.m. ET Dec. 21, 2025 | Updated 5:00 p.m. ET Dec. 22, 2025",
        "21 décembre 2025",
        "2025年12月21日",
        "21/12/2025",
        "12/21/2025",
        "2025/12/21",
        "20251221",
        20251221,
        1766311200,
        "1766311200",
        1766311200000,
        1766311200.5,
        date(2025, 12, 21),
        datetime(2025, 12, 21, 23, 59, tzinfo=UTC),
    ],
)
def test_a_whole_date_is_read(value: object) -> None:
    assert parse_day(value) == DAY


def test_a_date_that_reads_the_same_both_ways() -> None:
    assert parse_day("4/4/2024") == date(2024, 4, 4)


def test_the_wire_form_of_1987() -> None:
    assert parse_day(" 2-MAR-1987 12:03:58.46") == date(1987, 3, 2)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "today",
            "yesterday",
            "1 hour ago",
            "Monday",
            "21 December",
            "December 2025",
            "2025",
            "2025-12",
            "12",
            "10:30",
        ),
        *(
            "03/04/2024",
            "03.04.2024",
            "3-4-2024",
            "21/12/25",
            "Dec 21 25",
            "31 February 2024",
            "2024-13-45",
            "soon, 2024",
        ),
        *("Dec. 21, 2025 and Dec. 23, 2025", "0021-12-21", "9999-12-21"),
        *(None, True, 0, 25, 2024, -1, 10**400, float("nan"), float("inf"), ["2025-12-21"], {"date": 1}),
    ],
)
def test_what_states_no_whole_date_is_unknown(value: object) -> None:
    assert parse_day(value) is None


@given(st.dates(date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)))
def test_every_day_survives_being_written(day: date) -> None:
    assert parse_day(day.isoformat()) == day
    assert parse_day(f"{day.day} {day:%B} {day.year}") == day
    assert parse_day(f"{day:%b} {day.day}, {day.year}") == day


@given(
    st.one_of(
        st.text(max_size=40), st.text(alphabet="0123456789/-.: TZ2024may", max_size=25), st.floats(), st.integers()
    )
)
def test_parse_day_never_fails(value: object) -> None:
    day = parse_day(value)
    assert day is None or day.year in YEARS


@pytest.mark.parametrize(
    "text",
    [
        "MOSCOW, Dec. 21, 2025 — The minister left.",
        "MOSCOW (News Agency), Dec. 21, 2025 — The minister left.",
        "SAO PAULO, Brazil, Dec 21, 2025 /Wire/ -- Acme said.",
        "Headline\n\nPublished: 21 December 2025\n\nText of Dec. 1, 2024.",
        "Headline\nPublished 21 Dec 2025, updated 22 Dec 2025\n",
        "Headline\nDate: 2025-12-21",
        "Headline\n\nBy Jane Doe\nDecember 21, 2025 10:00 AM ET\n\nText",
        "By Jane Doe | Dec 21, 2025",
        "The Agency · 2025-12-21",
        "Sunday, 21 December 2025",
        "Updated: Dec 22, 2025\nPublished: Dec 21, 2025",
    ],
)
def test_a_text_that_states_its_date(text: str) -> None:
    assert stated_date(text) == DAY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MOSCOW, Dec. 21 — The minister left.",
        "On December 21, 2025, the minister left.",
        "How December 7, 1941 changed America",
        "March 3, 1991: The beating",
        "Headline\n\nText\n\nDate: 03/04/2025",
        "Dec. 21, 2025\nDec. 22, 2025",
        "\n\n".join(["Line of text."] * 10 + ["Published: 21 December 2025"]),
        "Headline\n\nThe trial begins on December 21.",
    ],
)
def test_a_text_that_mentions_dates_states_none(text: str) -> None:
    assert stated_date(text) is None
