"""What a person or a program sees: bars with bytes and time left, a name and a value per line, a table, or JSON."""

import json
import threading
from functools import partial

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from flasher.errors import Stopped

OUT = Console()
ERR = Console(stderr=True)
COLUMNS = ("place", "port", "board", "terminal_id", "version", "gateway", "result")


class Bars:
    """A bar per board with its bytes and the time left, on a terminal only. Use as a context."""

    def __init__(self, quiet):
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=ERR, disable=quiet or not ERR.is_terminal)
        self._stopped = threading.Event()

    def __enter__(self):
        self._progress.start()
        return self

    def __exit__(self, *_error):
        self._progress.stop()

    def stop(self):
        """Stop whoever reports to these bars at the next thing it reports."""
        self._stopped.set()

    def of(self, board):
        """The function that a step tells how far it is: told(step, done, total), in bytes."""
        return partial(self._told, board, self._progress.add_task(board, total=None))

    def _told(self, board, task, step, done, total):
        if self._stopped.is_set():
            raise Stopped(f"{board}: stopped in the middle; run the same command again, it goes on")
        self._progress.update(task, description=f"{board} {step}", completed=done, total=total)


def tell(said, as_json):
    """Say it: JSON, or a name and a value per line."""
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    table = Table(show_header=False, box=None)
    for name, value in said.items():
        table.add_row(name.replace("_", " "), _words(value))
    OUT.print(table)


def tell_all(results, as_json):
    """Say what came of each board: JSON lines, one board in full, or a table of several."""
    if as_json or len(results) == 1:
        for one in results:
            tell(one, as_json)
        return
    columns = [name for name in COLUMNS if any(name in one for one in results)]
    table = Table(*(name.replace("_", " ") for name in columns))
    for one in results:
        table.add_row(*(_words(one.get(name)) for name in columns))
    OUT.print(table)


def _words(value):
    """A value as a person reads it; sensors one per line."""
    if not isinstance(value, dict):
        return "-" if value is None else str(value)
    return "\n".join(f"{kind}: {_values(values)}" for kind, values in value.items())


def _values(values):
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items() if value is not None) or "nothing yet"
