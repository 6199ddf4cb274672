"""Question set, metrics, runner, report. Run as `python -m eval`."""
