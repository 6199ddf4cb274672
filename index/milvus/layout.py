"""The collections. Milvus wants a vector in each: where there is none to be searched, two zeros stand in."""

from __future__ import annotations

from collections.abc import Sequence

from pymilvus import CollectionSchema, DataType, Function, FunctionType, MilvusClient

from index.milvus.link import Link, Row
from index.postings import K1

PASSAGES, ARTICLES, VERSIONS, BANDS, TERMS, NOTES = "passages", "articles", "versions", "bands", "terms", "notes"
# Those whose rows bear the number of their commit and are deleted when it was cut short.
COMMITTED = (PASSAGES, ARTICLES, VERSIONS, BANDS, NOTES)

META, VISIT, GARBAGE, LEASE = 0, 1, 2, 3  # kinds of notes
LEASE_ID = -(2**62) - 1  # below all visits

LONGEST = 65_535  # bytes of a text field
NOTHING: Row = {"nothing": [0.0, 0.0]}
B = 0.75  # BM25's length normalisation, as in FTS5

_INTS = {
    # article: its number; day: proleptic ordinal, 0 unknown; first, last: sentences; body: the version's first piece.
    PASSAGES: ("born", "article", "day", "outlet", "first", "last", "start", "stop", "body", "parts"),
    # passage, bands, body: first ids; url: key; day as above.
    ARTICLES: (
        "born", "n", "version", "story", "day", "url", "passage", "passages", "sentences", "bands", "body", "parts",
    ),
    VERSIONS: ("born", "n", "version", "part"),
    BANDS: ("born", "key", "n"),
    # How many passages have the term, and how many had before the commit `born`.
    TERMS: ("born", "df", "before"),
    # key: of a visit, the article's; of garbage, when it became that, in seconds since 1970.
    NOTES: ("born", "kind", "key"),
}  # fmt: skip
_TEXTS = {
    PASSAGES: (),
    ARTICLES: ("key", "hash", "source", "outlet", "signature"),
    VERSIONS: ("body",),
    BANDS: (),
    TERMS: (),
    NOTES: ("body",),
}
# Looked for by value, not by id.
_INDEXED = {
    PASSAGES: ("article", "day", "outlet"),
    ARTICLES: (),
    VERSIONS: ("n",),
    BANDS: ("key",),
    TERMS: (),
    NOTES: ("kind", "key"),
}


ALL = tuple(_INTS)


def create(link: Link, dimension: int, names: Sequence[str] = ALL) -> None:
    """Makes the collections that are not there yet, and loads them to be searched."""
    with link.mapped():
        there = set(link.client.list_collections(timeout=link.timeout_s))
        for name in names:
            if name not in there:
                _create(link, name, dimension)
    load(link, names)


def load(link: Link, names: Sequence[str] = ALL) -> bool:
    """Loads the collections to be searched; whether they are all there."""
    with link.mapped():
        if not set(names) <= set(link.client.list_collections(timeout=link.timeout_s)):
            return False
        for name in names:
            link.client.load_collection(name, timeout=link.slow_s)
    return True


def _create(link: Link, name: str, dimension: int) -> None:
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    for field in _INTS[name]:
        schema.add_field(field, DataType.INT64)
    for field in _TEXTS[name]:
        schema.add_field(field, DataType.VARCHAR, max_length=LONGEST)
    indexes = link.client.prepare_index_params()
    for field in _INDEXED[name]:
        indexes.add_index(field, index_type="INVERTED")
    if name == PASSAGES:
        _searched(schema, dimension)
        # Exact in the process; a cluster chooses what suits its size.
        indexes.add_index("vector", index_type="FLAT" if link.local else "AUTOINDEX", metric_type="IP")
        indexes.add_index(
            "sparse",
            index_type="SPARSE_INVERTED_INDEX",
            metric_type="BM25",
            params={"bm25_k1": K1, "bm25_b": B},
        )
    else:
        schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=len(NOTHING["nothing"]))
        indexes.add_index("nothing", index_type="FLAT", metric_type="L2")
    # Strong: what was committed is seen by every process that looks afterwards.
    link.client.create_collection(name, schema=schema, consistency_level="Strong", timeout=link.slow_s)
    # Loading waits for the indexes; to wait for each of them first costs half a second a piece.
    link.client.create_index(name, indexes, sync=False, timeout=link.slow_s)


def _searched(schema: CollectionSchema, dimension: int) -> None:
    """Vectors, and the words from which Milvus's own BM25 function makes its sparse vectors."""
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field("words", DataType.VARCHAR, max_length=LONGEST, enable_analyzer=True)
    schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    bm25 = Function(
        name="bm25", function_type=FunctionType.BM25, input_field_names=["words"], output_field_names=["sparse"]
    )
    schema.add_function(bm25)
