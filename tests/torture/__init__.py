"""What `make torture` does: kill, fill, damage, crowd and fuzz an index, and count what is lost."""
