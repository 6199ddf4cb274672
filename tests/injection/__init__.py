"""Attack articles, and what becomes of an answer when each of them is in the index. See docs/injection.md."""
