"""A hospital per test: built once, copied for each."""

import shutil

import pytest

from collector import db
from tests.collector.site import Site, build


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """(folder, credentials) of a hospital nobody has touched."""
    folder = tmp_path_factory.mktemp("site") / "data"
    return folder, build(folder)


@pytest.fixture
def data_dir(built, tmp_path):
    """The folder of a hospital of one's own."""
    return shutil.copytree(built[0], tmp_path / "data")


@pytest.fixture
def site(built, data_dir):
    """A hospital of one's own with its application open."""
    here = Site(data_dir, built[1])
    yield here
    here.close()


@pytest.fixture
def empty(tmp_path):
    """A folder with a database without any table."""
    db.open_database(tmp_path / "data", make=True)
    yield tmp_path / "data"
    db.database.close()
