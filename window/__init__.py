"""The chat window, drawn: HTML, tabs, style and script. What is said in it comes from `rag`."""
