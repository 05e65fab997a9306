"""A list a page at a time, in the order of a key from behind the last one seen: nothing is skipped or doubled."""

from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request
from msgspec import Struct

from collector.api.words import Limit, Number

T = TypeVar("T")


class Page(Struct, Generic[T]):
    """Some of a list; `next` is the address of those that follow, also in the header Link, or null."""

    items: list[T]
    next: str | None


class Paged(Struct):
    """Which page is asked for: how many, and behind which number. The answer's `next` holds both."""

    limit: Limit = 50
    after: Number | None = None


def page(rows, key, asked, told, newest_first=False):
    """The Page of a query: those behind `asked.after` in the order of the column `key`, each as told(row)."""
    rows = rows.order_by(key.desc() if newest_first else key.asc())
    if asked.after is not None:
        rows = rows.where(key < asked.after if newest_first else key > asked.after)
    found = list(rows.limit(asked.limit + 1))
    shown = found[: asked.limit]
    more = len(found) > asked.limit and {**request.args, "after": getattr(shown[-1], key.name)}
    return Page([told(one) for one in shown], f"{request.path}?{urlencode(more)}" if more else None)
