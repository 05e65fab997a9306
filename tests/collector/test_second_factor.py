"""The second factor: set up before anything else, each code once, recovery codes, and what no file may hold."""

import pytest
from click.testing import CliRunner

from collector import audit
from collector.__main__ import main
from collector.accounts.models import User
from collector.audit.models import AuditRow
from tests.collector.people import OTHER_PASSWORD, Person, acts
from tests.collector.site import PASSWORD, Site


@pytest.fixture
def strict(built, data_dir):
    """A hospital whose administrators sign in with a second factor, as is the default."""
    (data_dir / "collector.toml").unlink()
    here = Site(data_dir, built[1])
    yield here
    here.close()


def test_a_role_that_needs_it_sets_it_up_before_anything_else(strict):
    person = Person(strict, "admin")
    person.sign_in()
    assert person.get("/equipment/1").headers["Location"] == "/account/second-factor"
    assert "data:image/svg+xml" in person.get("/account/second-factor").text
    codes = person.set_up_factor()
    assert len(set(codes)) == 10 and person.get("/equipment/1").status_code == 200
    assert acts("second_factor.begin") == [("admin", "user admin", "done")]


@pytest.fixture
def proved(strict):
    """(person, recovery codes) of an administrator with a second factor who signed out."""
    person = Person(strict, "admin")
    person.sign_in()
    codes = person.set_up_factor()
    person.post("/sign-out", "/account")
    return person, codes


def test_the_password_alone_opens_nothing(proved):
    person, _codes = proved
    assert person.sign_in().headers["Location"] == "/sign-in/second"
    assert person.get("/").headers["Location"].startswith("/sign-in")
    assert "does not serve" in person.post("/sign-in/second", code="000000").text
    assert person.get("/").status_code == 302


def test_a_code_serves_once(proved, strict):
    person, _codes = proved
    person.sign_in()
    assert "does not serve" in person.post("/sign-in/second", code=person.code()).text, "it proved the set-up"
    assert person.post("/sign-in/second", code=person.code(1)).headers["Location"] == "/"
    assert person.get("/").status_code == 200
    other = Person(strict, "admin")
    other.sign_in()
    assert "does not serve" in other.post("/sign-in/second", code=person.code(1)).text


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_time_does_not_serve(proved, steps):
    person, _codes = proved
    person.sign_in()
    assert "does not serve" in person.post("/sign-in/second", code=person.code(steps)).text


def test_a_recovery_code_serves_once_however_it_is_typed(proved):
    person, codes = proved
    person.sign_in()
    assert person.post("/sign-in/second", code=codes[3].lower().replace("-", " ")).headers["Location"] == "/"
    person.post("/sign-out", "/account")
    person.sign_in()
    assert "does not serve" in person.post("/sign-in/second", code=codes[3]).text
    assert person.post("/sign-in/second", code=codes[4]).headers["Location"] == "/"


def test_wrong_codes_make_a_pause_even_for_the_right_one(proved):
    person, codes = proved
    person.sign_in()
    for _ in range(5):
        person.post("/sign-in/second", code="000000")
    assert "Too many wrong" in person.post("/sign-in/second", code=codes[0]).text
    assert len(acts("sign_in.second")) == 5 and audit.verify() == []


def test_the_second_step_waits_five_minutes(proved, monkeypatch):
    person, codes = proved
    person.sign_in()
    monkeypatch.setattr("collector.accounts.views.PENDING_MS", -1)
    assert person.client.get("/sign-in/second", base_url="https://localhost").headers["Location"] == "/sign-in"


def test_a_new_invitation_replaces_a_lost_factor(proved, strict):
    person, codes = proved
    result = CliRunner().invoke(main, ["--data", str(strict.data_dir), "user", "invite", "admin"])
    person.password = OTHER_PASSWORD
    assert person.accept(result.output.strip()).headers["Location"] == "/sign-in"
    assert person.sign_in().headers["Location"] == "/"
    assert person.get("/").headers["Location"] == "/account/second-factor"


def test_no_secret_of_a_person_stands_in_database_or_audit(proved, strict):
    person, codes = proved
    said = [str(row.__data__) for table in (User, AuditRow) for row in table.select()]
    for secret in (PASSWORD, person.secret, *codes, *(code.replace("-", "") for code in codes)):
        assert not [row for row in said if secret in row]
