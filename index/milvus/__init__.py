"""The store for collections beyond one machine: Milvus, in the process (Lite) or as a cluster. See docs/scale.md.

How a transaction is made of writes that have none: every row bears the number of the commit that it belongs to
(`born`), and one row, `meta`, says which commit is the newest. What bears a greater number is not seen. A commit writes
its rows, notes what it makes needless as `garbage`, and then, in one write, the row `meta`; only then is the garbage
deleted. A crash before that write leaves rows that nobody sees and the next writer deletes; a crash after it leaves
garbage that nobody sees and the next writer deletes.

    link.py      the connection, and its errors as ours
    layout.py    the collections
    keys.py      numbers in the place of strings, so that no text of a user is ever part of an expression
    bodies.py    the text of a version, in pieces that a field can hold
    catalog.py   what every process keeps in memory: one small record an article
    layered.py   a dictionary of which the next state's is made without copying it
    stories.py   groups of near-duplicates
    rights.py    who may write
    writing.py   a commit as it is gathered; what a crash left is mended
    reading.py   the reading side of the store
    store.py     the store
"""
