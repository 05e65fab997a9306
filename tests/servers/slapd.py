"""A real OpenLDAP server (slapd) on loopback, with people and groups of a hospital; plain with StartTLS, and TLS."""

import subprocess
import time
from contextlib import contextmanager
from shutil import which

from ldap3 import Connection, Server
from ldap3.core.exceptions import LDAPException

from tests.fakes.certificates import make_ca, make_leaf
from tests.needs import require_program
from tests.ports import free_port

BASE, ASKING, ASKING_PASSWORD = "dc=hospital,dc=test", "cn=gantry,dc=hospital,dc=test", "asks for others"
SBIN = "/usr/sbin:/sbin"  # not on everybody's path
CONFIG = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
rootpw "{password}"
directory {folder}/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{asking}" read by * none
"""
ENTRIES = """dn: {base}
objectClass: dcObject
objectClass: organization
o: Hospital
dc: hospital

dn: {asking}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: gantry
userPassword: {password}

"""
PERSON = """dn: uid={uid},{base}
objectClass: inetOrgPerson
uid: {uid}
cn: {uid}
sn: {uid}
userPassword: {password}

"""
GROUP = """dn: cn={name},{base}
objectClass: groupOfNames
cn: {name}
{members}

"""
ELSEWHERE = """dn: cn=elsewhere,{base}
objectClass: referral
objectClass: extensibleObject
cn: elsewhere
uid: referred
ref: ldap://127.0.0.1:1/{base}

"""


class Slapd:
    """The server; `start` again after `stop` serves the same people."""

    def __init__(self, folder, people, groups):
        """`people`: {uid: password}; `groups`: {name: [uid]}."""
        self.program = which("slapd", path=SBIN) or require_program("slapd", "slapd")
        self.folder, self.port, self.tls_port, self._process = folder, free_port(), free_port(), None
        (folder / "db").mkdir(parents=True)
        ca = make_ca("directory of the hospital")
        leaf = make_leaf(ca, ["127.0.0.1"])
        for name, content in (("ca.pem", ca.pem), ("cert.pem", leaf.pem), ("key.pem", leaf.key_pem)):
            (folder / name).write_bytes(content)
        said = {"folder": folder, "base": BASE, "asking": ASKING, "password": ASKING_PASSWORD}
        (folder / "slapd.conf").write_text(CONFIG.format(**said))
        (folder / "people.ldif").write_text(_ldif(said, people, groups))
        command = [self.program, "-T", "add", "-f", folder / "slapd.conf", "-l", folder / "people.ldif"]
        subprocess.run(command, check=True, capture_output=True)

    def start(self):
        """Start it and wait until it answers."""
        addresses = f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.tls_port}/"
        command = [self.program, "-d", "0", "-h", addresses, "-f", self.folder / "slapd.conf"]
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.1)

    def stop(self):
        """End it."""
        self._process.terminate()
        self._process.wait(20)

    def _answers(self):
        try:
            return Connection(Server("127.0.0.1", self.port, connect_timeout=2)).bind()
        except LDAPException:
            return False

    def settings(self, roles, tls=True, host="127.0.0.1"):
        """What a collector needs to ask it."""
        (self.folder / "password").write_text(ASKING_PASSWORD + "\n")
        return {
            "ldap_url": f"ldaps://{host}:{self.tls_port}" if tls else f"ldap://{host}:{self.port}",
            "ldap_ca": str(self.folder / "ca.pem"),
            "ldap_base": BASE,
            "ldap_user": ASKING,
            "ldap_password_file": str(self.folder / "password"),
            "ldap_name": "uid",
            "ldap_roles": roles,
        }


def _ldif(said, people, groups):
    text = ENTRIES.format(**said) + ELSEWHERE.format(**said)
    for uid, password in people.items():
        text += PERSON.format(base=BASE, uid=uid, password=password)
    for name, uids in groups.items():
        members = "\n".join(f"member: uid={uid},{BASE}" for uid in uids)
        text += GROUP.format(base=BASE, name=name, members=members)
    return text


@contextmanager
def serving(folder, people, groups):
    """A Slapd until the end of this."""
    server = Slapd(folder, people, groups)
    server.start()
    try:
        yield server
    finally:
        server.stop()
