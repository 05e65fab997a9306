"""How far the import of a spreadsheet is, for the page that waits for it: of each person the one begun last."""

from contextlib import contextmanager

STAGES = ("waits", "looks", "adds")

_under_way = {}  # of this process: where several serve, another may be asked, which then says nothing


class Progress:
    """The stage, one of STAGES: waits for another import, looks at lines, adds them; and lines done, of how many."""

    def __init__(self):
        self.stage, self.lines, self.of = STAGES[0], 0, None

    def begins(self, stage, of=None):
        """Another stage, of so many lines where that is known."""
        self.stage, self.lines, self.of = stage, 0, of


@contextmanager
def under_way(user_id):
    """The Progress of a person until the end of this."""
    mine = _under_way[user_id] = Progress()
    try:
        yield mine
    finally:
        if _under_way.get(user_id) is mine:
            del _under_way[user_id]


def progress_of(user_id):
    """A person's Progress, or None where nothing is under way."""
    return _under_way.get(user_id)
