"""The same questions about the same articles, asked of other systems, and scored like Dateline's own answers.

Each peer runs in a virtual environment of its own under ``var/peers``: `wire`, `small_model` and the modules
``ask_…`` run there and import nothing of Dateline; everything else runs here.
"""
