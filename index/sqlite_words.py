"""From a lexical query and a filter to FTS5 and SQL. Nothing that a user wrote is ever part of the SQL text."""

from __future__ import annotations

import json

from index.records import Filter
from index.store import Terms


def fts_query(terms: Terms) -> str:
    """An FTS5 query in which every word of the user is a quoted string, so none can be an operator.

    Empty when there is nothing to look for.
    """
    words = [_quoted(word) for word in terms.words if any(c.isalnum() for c in word)]
    phrases = [_quoted(phrase) for phrase in terms.phrases if any(c.isalnum() for c in phrase)]
    if not phrases:
        return " OR ".join(words)
    # The phrases stand in the OR as well, so that a passage that has them and none of the words still matches.
    return " AND ".join([*phrases, f"({' OR '.join([*words, *phrases])})"])


def _quoted(text: str) -> str:
    return '"' + text.replace("\0", " ").replace('"', '""') + '"'


def sql_conditions(where: Filter) -> tuple[str, list[str | int]]:
    """SQL conditions on passages `p` and articles `a`, each begun by AND, with the values of their parameters."""
    parts: list[str] = []
    values: list[str | int] = []
    for operator, day in ((">=", where.since), ("<=", where.until)):
        if day:
            parts.append(f"AND (p.published {operator} ? OR p.published IS NULL)")
            values.append(day.toordinal())
    if not where.include_undated:
        parts.append("AND p.published IS NOT NULL")
    if where.outlets:
        parts.append(f"AND p.outlet IN ({','.join('?' * len(where.outlets))})")
        values.extend(where.outlets)
    if where.article_ids is not None:
        parts.append("AND a.id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(where.article_ids))
    return " ".join(parts), values
