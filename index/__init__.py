"""From an article to a searchable index; knows nothing of language models."""
