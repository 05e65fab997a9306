"""Cells of spreadsheets that go out."""

RUN = ("=", "+", "-", "@", "\t")  # a spreadsheet runs what begins so


def harmless(value):
    """A value as a cell that no spreadsheet runs; what is no text stays as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(RUN) else value
