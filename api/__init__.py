"""Answers for other programs: an HTTP interface, OpenAI's chat protocol, and tools for assistants (MCP)."""
