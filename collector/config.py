"""What can be set, and where the state of a collector lives."""

import tomllib
from collections import namedtuple
from pathlib import Path

from collector.errors import ActionError

Setting = namedtuple("Setting", ("name", "default", "help"))

SETTINGS = (
    Setting(
        "database",
        "",
        "empty: a SQLite file in the data folder; or postgresql://USER@HOST/NAME?passfile=FILE (docs/store.md)",
    ),
    Setting(
        "clickhouse",
        "",
        "empty: readings lie in the database; or clickhouses://USER@HOST/NAME?cluster=NAME&... (docs/store.md)",
    ),
    Setting("zone", "Asia/Shanghai", "time zone of the pages; everything is stored in UTC"),
    Setting("language", "en", "language of the pages when the browser asks for none of ours: en or zh_CN"),
    Setting("late_after_s", 60, "seconds without a reading after which an equipment's data is called late"),
    Setting("silent_after_s", 600, "seconds without a reading after which it is called silent"),
    Setting("poll_every_s", 2, "seconds between two looks of an open page for new values"),
    Setting("session_h", 8, "hours after which one has to sign in again"),
    Setting("session_idle_min", 30, "minutes without an act of one's own after which one has to sign in again"),
    Setting("sessions_most", 5, "browsers in which one person is signed in; the longest unused ends for the next"),
    Setting("password_days", 90, "days after which a password has to be replaced"),
    Setting("invitation_h", 72, "hours for which an invitation serves"),
    Setting(
        "second_factor_roles",
        "system_administrator security_administrator auditor vendor",
        "roles that sign in with a second factor, separated by spaces",
    ),
    Setting(
        "signin_failures", 5, "wrong passwords for one name, or four times as many from one address, before a pause"
    ),
    Setting(
        "signin_pause_s", 900, "seconds in which these wrong passwords are counted, and so the length of the pause"
    ),
    Setting(
        "ldap_url", "", "a directory that vouches for people: ldaps://HOST, or ldap://HOST (StartTLS); empty: none"
    ),
    Setting("ldap_ca", "", "file of the authority of its certificate; empty: those this machine trusts"),
    Setting("ldap_base", "", "below which people and groups stand: dc=hospital,dc=example"),
    Setting("ldap_name", "uid", "the attribute people sign in with; in Active Directory sAMAccountName"),
    Setting("ldap_user", "", "who asks the directory for people: the distinguished name of an account that reads"),
    Setting("ldap_password_file", "", "file with that account's password"),
    Setting("ldap_roles", "", "which group gives which role, the first that fits: ROLE=GROUP; ROLE=GROUP"),
    Setting("enrol_code_h", 24, "hours for which an enrolment code serves"),
    Setting("credential_days", 180, "days after which a gateway fetches a new credential and certificate by itself"),
    Setting("client_certificate", False, "gateways must show their certificate too; nothing between may end TLS then"),
    Setting("certificate_years", 5, "years for which the certificates of gateways and of this collector are valid"),
    Setting("secure_cookie", True, "send the session cookie over TLS only; false only for tests over plain HTTP"),
    Setting("seal_every_s", 60, "seconds between two looks for closed hours whose readings can be folded into blocks"),
    Setting("keep_readings_days", 3650, "days for which readings are kept; their sums per hour stay"),
    Setting("keep_audit_days", 730, "days for which the audit is kept; less than 180 counts as 180"),
    Setting("audit_head_every_s", 3600, "seconds between two looks whether the audit has grown and is to be signed"),
    Setting("audit_syslog", "", "where rows of the audit go as well: unix:/dev/log or 127.0.0.1:514; empty: nowhere"),
    Setting("files_most_mb", 20_480, "megabytes that documents, photos and recordings may take together"),
    Setting("recording_most_mb", 512, "megabytes of one recording of an event; at most 4096"),
    Setting("recording_most_min", 15, "minutes after which a recording of the screen stops by itself"),
    Setting("recording_wait_h", 24, "hours for which the parts of a recording wait for those that are missing"),
    Setting("api_per_min", 1200, "requests a minute to /api/v1 for each token or person, a sixth of them at once"),
    Setting("public_url", "", "address of these pages as people reach it, https://...; messages lead there"),
    Setting(
        "heartbeat_url", "", "address of a watcher outside, called every minute while the monitoring sees; or empty"
    ),
    Setting("threads", 8, "requests worked on at the same time"),
)

_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
FILE = "collector.toml"


def read_settings(data_dir, overrides=None):
    """All settings by name: default, then the file in data_dir, then overrides. Raises ActionError."""
    path = Path(data_dir) / FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ActionError(f"{path} cannot be read: {error}; correct it or remove it") from error
    settings = dict(_DEFAULTS)
    for name, value in {**found, **(overrides or {})}.items():
        settings[name] = _checked(path, name, value)
    return settings


def _checked(path, name, value):
    if name not in _DEFAULTS:
        raise ActionError(f"{path}: there is no setting {name!r}; there are: {', '.join(_DEFAULTS)}")
    wanted = type(_DEFAULTS[name])
    if type(value) is not wanted or (wanted is int and value < 1):
        kind = "a whole number of at least 1" if wanted is int else f"a {wanted.__name__}"
        raise ActionError(f"{path}: {name} is {value!r}; write {kind}, for example {_DEFAULTS[name]!r}")
    return value
