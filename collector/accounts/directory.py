"""People a directory vouches for (LDAP, Active Directory): searched for, proved by their password there, given a role
by their groups. Over TLS only, with the certificate checked; referrals are not followed.
"""

import ssl
from pathlib import Path
from urllib.parse import urlsplit

from ldap3 import NONE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException, LDAPInvalidCredentialsResult
from ldap3.utils.conv import escape_filter_chars

from collector.accounts.roles import ROLES
from collector.errors import ActionError

PATIENCE_S = 5
PORTS = {"ldaps": 636, "ldap": 389}


class DirectoryAway(Exception):
    """The directory does not answer as it should; nobody's password was looked at."""


def is_used(settings):
    """Whether a directory is asked at all."""
    return bool(settings["ldap_url"])


def checked(settings):
    """{name of a group in small letters: role} of the settings. Raises ActionError where they make no sense."""
    if not is_used(settings):
        return {}
    if urlsplit(settings["ldap_url"]).scheme not in PORTS or not urlsplit(settings["ldap_url"]).hostname:
        raise ActionError(f"ldap_url is {settings['ldap_url']!r}; write ldaps://HOST, or ldap://HOST with StartTLS")
    roles = {}
    for part in filter(None, map(str.strip, settings["ldap_roles"].split(";"))):
        role, _, group = map(str.strip, part.partition("="))
        if role not in ROLES or not group:
            raise ActionError(f"ldap_roles holds {part!r}; write ROLE=GROUP; ROLE=GROUP, roles: {', '.join(ROLES)}")
        roles[group.lower()] = role
    if not roles or not settings["ldap_base"]:
        raise ActionError("a directory needs ldap_base, below which people stand, and ldap_roles; see docs/security.md")
    return roles


def vouched(name, password, settings):
    """(name as the directory writes it, role) of who proves a password there; None for who does not, or has no role.

    Raises DirectoryAway.
    """
    if not password or not name.strip():
        return None  # a bind without a password succeeds: it says nothing of who binds
    try:
        with _connected(settings, settings["ldap_user"], _own_password(settings)) as asking:
            found = _entry(asking, name, settings)
            if found is None:
                return None
            distinguished, written = found
            role = _role(asking, distinguished, settings)
            if role is None or not _proves(distinguished, password, settings):
                return None
            return written, role
    except (LDAPException, OSError) as error:
        raise DirectoryAway(f"{settings['ldap_url']}: {error}") from error


def _entry(asking, name, settings):
    """(distinguished name, name) of the one person of a name, or None: none, or more than one."""
    attribute = settings["ldap_name"]
    wanted = f"({attribute}={escape_filter_chars(name)})"
    asking.search(settings["ldap_base"], wanted, attributes=[attribute], size_limit=2)
    found = [one for one in asking.response if one["type"] == "searchResEntry"]
    if len(found) != 1:
        return None
    values = found[0]["attributes"][attribute]
    return found[0]["dn"], values[0] if isinstance(values, list) else values


def _role(asking, distinguished, settings):
    """The role of the first group in ldap_roles that has this person as a member, or None."""
    wanted = f"(member={escape_filter_chars(distinguished)})"
    asking.search(settings["ldap_base"], wanted, attributes=["cn"])
    groups = set()
    for one in asking.response:
        if one["type"] == "searchResEntry":
            names = one["attributes"]["cn"]
            groups |= {text.lower() for text in (names if isinstance(names, list) else [names])}
    return next((role for group, role in checked(settings).items() if group in groups), None)


def _proves(distinguished, password, settings):
    try:
        with _connected(settings, distinguished, password):
            return True
    except LDAPInvalidCredentialsResult:
        return False


def _connected(settings, user, password):
    """A Connection over TLS that is bound; it ends with the block."""
    address = urlsplit(settings["ldap_url"])
    # Its own default would be no check at all.
    tls = Tls(validate=ssl.CERT_REQUIRED, version=ssl.PROTOCOL_TLS_CLIENT, ca_certs_file=settings["ldap_ca"] or None)
    secure = address.scheme == "ldaps"
    port = address.port or PORTS[address.scheme]
    server = Server(address.hostname, port, use_ssl=secure, tls=tls, get_info=NONE, connect_timeout=PATIENCE_S)
    connection = Connection(
        server, user, password, read_only=True, auto_referrals=False, receive_timeout=PATIENCE_S, raise_exceptions=True
    )
    try:
        connection.open()
        if not secure:
            connection.start_tls()
        connection.bind()
    except (LDAPException, OSError):
        connection.unbind()
        raise
    return connection


def _own_password(settings):
    """What this platform itself asks with, from a file that is no part of the settings."""
    return Path(settings["ldap_password_file"]).read_text(encoding="utf-8").strip()
