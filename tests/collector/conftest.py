"""A hospital per test: built once, copied for each; on SQLite, or on PostgreSQL with `--database postgresql`."""

import shutil

import pytest

from collector import audit, db
from tests.collector.browser import browser
from tests.collector.register import opened, pointed
from tests.collector.site import Site, build
from tests.servers import postgresql

OF_MODULES = {"store", "hospital"}  # fixtures that open a database for all tests of their file


def pytest_collection_modifyitems(config, items):
    """On PostgreSQL what is marked `once` is not run again: every table and every question is asked there by others."""
    if config.getoption("--database") == "postgresql":
        left_out = [item for item in items if item.get_closest_marker("once")]
        items[:] = [item for item in items if not item.get_closest_marker("once")]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def server(request):
    """The PostgreSQL server that the tests of this session share, or None where they run on SQLite."""
    if request.config.getoption("--database") == "sqlite":
        yield None
        return
    with postgresql.serving() as running:
        yield running


@pytest.fixture(scope="session")
def built(server, tmp_path_factory):
    """(folder, credentials, name of its database on PostgreSQL) of a hospital nobody has touched."""
    folder = tmp_path_factory.mktemp("site") / "data"
    if server is None:
        return folder, build(folder), None
    name = server.make()
    with pointed(server.url(name)):
        return folder, build(folder), name


@pytest.fixture(autouse=True)
def nobody():
    """Whoever ran a command in an earlier test does not act in this one."""
    audit.act_as("collector")


@pytest.fixture(autouse=True)
def register(request):
    """On PostgreSQL a database for each test that has a folder: the hospital's, or an empty one."""
    names = set(request.fixturenames)
    if names & OF_MODULES or not names & {"built", "tmp_path"}:
        yield
        return
    template = request.getfixturevalue("built")[2] if "built" in names else None
    with opened(request.getfixturevalue("server"), template):
        yield


@pytest.fixture(scope="module")
def chromium():
    """A browser for the tests of a file."""
    with browser() as here:
        yield here


@pytest.fixture
def data_dir(built, register, tmp_path):
    """The folder of a hospital of one's own."""
    return shutil.copytree(built[0], tmp_path / "data")


@pytest.fixture
def site(built, data_dir):
    """A hospital of one's own with its application open."""
    here = Site(data_dir, built[1])
    yield here
    here.close()


@pytest.fixture
def empty(register, tmp_path):
    """A folder with a database without any table."""
    db.open_database(tmp_path / "data", make=True)
    yield tmp_path / "data"
    db.database.close()


@pytest.fixture(scope="module")
def store(server, tmp_path_factory):
    with opened(server):
        db.open_database(tmp_path_factory.mktemp("readings"), make=True)
        db.migrate()
        yield
        db.database.close()


@pytest.fixture
def within(store):
    """A transaction that leaves nothing behind."""
    with db.write() as transaction:
        yield
        transaction.rollback()
