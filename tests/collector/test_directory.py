"""Sign-in through a directory, a real slapd over TLS: what is wrong there opens nothing, own accounts still serve."""

import pytest

from collector import accounts
from collector.accounts import directory
from collector.errors import ActionError
from tests.collector.people import Person, acts
from tests.collector.site import PASSWORD, Site, now_ms
from tests.fakes.certificates import make_ca
from tests.servers import slapd

PEOPLE = {
    "wang": "wang's own secret",
    "li": "li's own secret",
    "zhao": "zhao's own secret",
    "admin": "of the directory",
}
GROUPS = {"engineers": ["wang", "admin"], "readers": ["wang", "li"]}
ROLES = "biomedical_engineer=engineers; department_reader=readers"

pytestmark = pytest.mark.once("people of a directory")


@pytest.fixture(scope="module")
def ldap(tmp_path_factory):
    with slapd.serving(tmp_path_factory.mktemp("slapd"), PEOPLE, GROUPS) as running:
        yield running


@pytest.fixture
def asked(site, ldap):
    """A function that opens the hospital with the directory, some settings changed."""
    opened = []

    def open_with(tls=True, **changed):
        site.close()
        opened.append(Site(site.data_dir, site.credentials, ldap.settings(ROLES, tls) | changed))
        return opened[-1]

    yield open_with
    for one in opened:
        one.close()


def signed_in(site, name, password):
    return Person(site, name, password).sign_in().status_code == 302


@pytest.mark.parametrize("tls", [True, False], ids=["ldaps", "starttls"])
def test_a_person_of_the_directory_signs_in_with_the_role_of_the_group(asked, tls):
    site = asked(tls)
    assert signed_in(site, "wang", PEOPLE["wang"]) and signed_in(site, "WANG", PEOPLE["wang"])
    user = accounts.user_named("wang")
    assert (user.role, user.password_hash, user.directory) == ("biomedical_engineer", "", 1)
    assert accounts.User.select().where(accounts.User.name == "WANG").count() == 0
    assert PEOPLE["wang"].encode() not in (site.data_dir / "collector.db").read_bytes()


@pytest.mark.parametrize(
    "name,password",
    [("wang", "wrong"), ("wang", ""), ("", "x"), ("*", PEOPLE["wang"]), ("w*", PEOPLE["wang"]),
     ("wang)(uid=*", PEOPLE["wang"]), ("wang\x00", PEOPLE["wang"]), ("referred", "x"), ("zhao", PEOPLE["zhao"]),
     ("nobody", "x"), ("admin", PEOPLE["admin"]), ("ADMIN", PEOPLE["admin"])],
)  # fmt: skip
def test_who_proves_nothing_or_has_no_group_is_refused(asked, name, password):
    site = asked()
    settings = site.app.config["SETTINGS"]
    assert accounts.sign_in(name, password, "127.0.0.1", settings, now_ms()) is None
    assert [user.name for user in accounts.User.select()] == ["admin"]
    assert [one[2] for one in acts("sign_in")] == ["refused"]


def test_an_own_account_is_never_asked_for_in_the_directory(asked):
    site = asked()
    assert signed_in(site, "admin", PASSWORD) and not accounts.user_named("admin").directory


def test_the_role_follows_the_groups_at_the_next_sign_in(asked):
    assert signed_in(asked(), "wang", PEOPLE["wang"])
    assert signed_in(asked(ldap_roles="technician=engineers"), "wang", PEOPLE["wang"])
    assert accounts.user_named("wang").role == "technician"
    assert [one[1:] for one in acts("user.role")] == [("user wang", "done")]


def test_who_was_ended_here_stays_out(asked):
    site = asked()
    assert signed_in(site, "wang", PEOPLE["wang"])
    accounts.disable(accounts.user_named("wang"), now_ms())
    assert not signed_in(site, "wang", PEOPLE["wang"])


def test_wrong_passwords_make_a_pause_before_the_directory_is_asked(asked):
    site = asked()
    for _ in range(5):
        assert not signed_in(site, "wang", "wrong")
    assert "Too many wrong passwords" in Person(site, "wang", PEOPLE["wang"]).sign_in().text


def test_a_directory_with_a_foreign_certificate_or_name_gets_no_password(asked, ldap, tmp_path):
    (tmp_path / "foreign.pem").write_bytes(make_ca("foreign").pem)
    foreign = {"ldap_ca": str(tmp_path / "foreign.pem")}
    names = {True: f"ldaps://localhost:{ldap.tls_port}", False: f"ldap://localhost:{ldap.port}"}
    for tls, name in names.items():
        for changed in (foreign, {"ldap_url": name}):
            site = asked(tls, **changed)
            assert "does not answer" in Person(site, "wang", PEOPLE["wang"]).sign_in().text
    assert accounts.User.select().count() == 1 and len(acts("sign_in.directory")) == 4


def test_own_accounts_serve_while_the_directory_is_away(asked, ldap):
    site = asked()
    ldap.stop()
    try:
        assert "does not answer" in Person(site, "wang", PEOPLE["wang"]).sign_in().text
        assert signed_in(site, "admin", PASSWORD)
    finally:
        ldap.start()
    assert signed_in(site, "wang", PEOPLE["wang"])


def test_a_second_factor_is_set_up_with_the_password_of_the_directory(asked):
    person = Person(asked(second_factor_roles="biomedical_engineer"), "wang", PEOPLE["wang"])
    person.sign_in()
    assert person.get("/").headers["Location"] == "/account/second-factor"
    assert len(person.set_up_factor()) == 10


def test_nobody_is_invited_to_a_password_the_directory_keeps(asked):
    assert signed_in(asked(), "wang", PEOPLE["wang"])
    with pytest.raises(ActionError, match="directory keeps"):
        accounts.invite(accounts.user_named("wang"), 1, now_ms())


@pytest.mark.parametrize(
    "changed", [{"ldap_url": "http://x"}, {"ldap_roles": "king=engineers"}, {"ldap_roles": ""}, {"ldap_base": ""}]
)
def test_settings_that_make_no_sense_are_told_at_the_start(ldap, changed):
    with pytest.raises(ActionError, match="ldap"):
        directory.checked(ldap.settings(ROLES) | changed)
