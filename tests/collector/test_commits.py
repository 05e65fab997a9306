"""What comes at the same moment is committed at once; who fails, fails alone; each acts in his own name."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from collector import commits, db

NAME = ContextVar("name")


@pytest.fixture
def written(empty):
    """A function that runs actions beside each other, all but the first while the first one's transaction is open.

    It gives their futures. `action(number)` may raise.
    """
    db.write_many("CREATE TABLE note (number INTEGER NOT NULL)", [()])

    def run(action, count):
        begun, go_on = threading.Event(), threading.Event()

        def first():
            begun.set()
            assert go_on.wait(30)
            return action(0)

        def do(number):
            db.database.connect(reuse_if_open=True)
            NAME.set(number)
            try:
                return commits.together(first if number == 0 else lambda: action(number))
            finally:
                db.database.close()

        with ThreadPoolExecutor(count) as pool:
            futures = [pool.submit(do, 0)]
            assert begun.wait(30)
            futures += [pool.submit(do, number) for number in range(1, count)]
            while len(commits._waiting) < count - 1:
                threading.Event().wait(0.005)
            go_on.set()
        return futures

    yield run


def note(number):
    db.change("INSERT INTO note VALUES (?)", (number,))
    return number, threading.get_ident(), NAME.get()


def noted():
    return sorted(number for (number,) in db.rows("SELECT number FROM note"))


def test_what_waits_is_done_by_one_in_one_transaction_each_under_his_own_name(written):
    answers = [future.result() for future in written(note, 6)]
    assert noted() == [0, 1, 2, 3, 4, 5]
    assert [number for number, _thread, _name in answers] == [name for *_rest, name in answers] == [0, 1, 2, 3, 4, 5]
    assert len({thread for _number, thread, _name in answers[1:]}) == 1


def test_who_fails_fails_alone_and_leaves_nothing(written):
    def action(number):
        answer = note(number)
        if number == 3:
            raise ZeroDivisionError("three")
        return answer

    futures = written(action, 6)
    assert noted() == [0, 1, 2, 4, 5]
    with pytest.raises(ZeroDivisionError, match="three"):
        futures[3].result()
    assert [futures[number].result()[2] for number in (0, 1, 2, 4, 5)] == [0, 1, 2, 4, 5]
    assert commits._waiting == []


def test_where_the_database_fails_all_hear_it_and_nothing_stays(written):
    def action(number):
        answer = note(number)
        if number == 3:
            raise db.sick()[0]("database or disk is full")
        return answer

    futures = written(action, 6)
    assert noted() == [0], "the first had its own transaction"
    assert [isinstance(future.exception(), db.sick()) for future in futures] == [False] + [True] * 5
    assert commits._waiting == []


def test_many_writers_wait_in_turn(empty):
    db.write_many("CREATE TABLE note (number INTEGER NOT NULL)", [()])

    def do(number):
        db.database.connect(reuse_if_open=True)
        try:
            with db.write():
                (newest,) = db.rows("SELECT coalesce(max(number), 0) FROM note")[0]
                db.change("INSERT INTO note VALUES (?)", (newest + 1,))
        finally:
            db.database.close()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(do, range(200)))
    assert noted() == list(range(1, 201))
