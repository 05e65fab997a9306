"""Lists of the register that somebody keeps under a name: its filters and columns; of that person alone."""

import json

from collector import db
from collector.equipment.models import RegisterView
from collector.errors import ActionError

NAME_MOST, KEPT_MOST, TEXT_MOST, COLUMNS_MOST = 60, 30, 80, 40
FILTERS = ("text", "kind", "department")


class ListRefused(ActionError):
    """A list is not kept; `code`: name or many; `most`: the number that is meant."""

    def __init__(self, code, most):
        super().__init__(
            f"a list needs a name of 1 to {most} signs; choose another"
            if code == "name"
            else f"you keep {most} lists already; remove one first"
        )
        self.code, self.most = code, most


def keep_list(user, name, asked, columns):
    """Keep filters and columns under a name, in place of what had it. asked: {a FILTER: text}. Raises ListRefused."""
    name = name.strip()
    if not 0 < len(name) <= NAME_MOST or not name.isprintable():
        raise ListRefused("name", NAME_MOST)
    said = {field: asked.get(field, "").strip()[:TEXT_MOST] for field in FILTERS}
    said["column"] = [column for column in columns if column.isidentifier()][:COLUMNS_MOST]
    with db.write():
        if RegisterView.count_beside(user.id, name) >= KEPT_MOST:
            raise ListRefused("many", KEPT_MOST)
        RegisterView.keep(user.id, name, json.dumps(said, ensure_ascii=False))


def remove_list(user, number):
    """Keep it no longer; another's is none. Whether there was one."""
    with db.write():
        mine = (RegisterView.id == number) & (RegisterView.user == user.id)
        return bool(RegisterView.delete().where(mine).execute())
