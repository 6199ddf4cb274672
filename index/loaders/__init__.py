"""One reader a file format. Each is an entry point of the group ``dateline.loaders``, named for a suffix."""
