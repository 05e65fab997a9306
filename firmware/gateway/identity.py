"""Who this gateway is: what enrolment gave it, kept in the state folder."""

import json
from collections import namedtuple
from pathlib import Path

from firmware.gateway.errors import GatewayError
from firmware.gateway.files import write_private

NEXT_PEM = "next.pem"

Identity = namedtuple("Identity", ("gateway_id", "credential", "certificate", "ca", "following"), defaults=(None,))
Credential = namedtuple(
    "Credential", ("secret", "certificate")
)  # what the collector is shown: the pair belongs together
# following: the Credential that replaces ours once it was used, or None
# credential: secret, shown to the collector only. certificate: PEM file, our key and certificate; ca: PEM file.


def read_identity(state):
    """The Identity of an enrolled gateway. Raises GatewayError."""
    state = Path(state)
    path = state / "identity.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        following = Credential(found["next"], state / NEXT_PEM) if "next" in found else None
        return Identity(found["gateway_id"], found["credential"], state / "gateway.pem", state / "ca.pem", following)
    except FileNotFoundError as error:
        raise GatewayError(f"{path} is not there; enrol first: python -m firmware.gateway enrol --code ...") from error
    except OSError as error:
        raise GatewayError(f"{path} cannot be read: {error.strerror}; run as the user that enrolled") from error
    except (ValueError, KeyError, TypeError) as error:
        raise GatewayError(f"{path} is damaged ({error}); enrol again") from error


def keep_identity(state, granted, key_pem):
    """Keep the answer of an enrolment (a dict of docs/interfaces.md) with the key made for it."""
    state = Path(state)
    write_private(state / "ca.pem", granted["ca"].encode())
    write_private(state / "gateway.pem", key_pem + granted["certificate"].encode())
    kept = {"gateway_id": granted["gateway_id"], "credential": granted["credential"]}
    write_private(state / "identity.json", json.dumps(kept).encode())


def credential_of(own):
    """The Credential an Identity shows first: the following one when there is one, for either of them counts."""
    return own.following or Credential(own.credential, own.certificate)


def keep_following(state, granted, key_pem):
    """The Credential of a renewal's answer, on the disk beside the one that counts."""
    state = Path(state)
    write_private(state / NEXT_PEM, key_pem + granted["certificate"].encode())
    _rewrite(state, next=granted["credential"])
    return Credential(granted["credential"], state / NEXT_PEM)


def settle(state):
    """The following credential was used: it counts alone. A cut on the way leaves it to be done again."""
    state = Path(state)
    write_private(state / "gateway.pem", (state / NEXT_PEM).read_bytes())
    _rewrite(state, credential=read_identity(state).following.secret, next=None)
    (state / NEXT_PEM).unlink()


def give_up(state):
    """The following credential is not taken: the one before it counts."""
    _rewrite(Path(state), next=None)


def _rewrite(state, **changes):
    path = state / "identity.json"
    kept = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    write_private(path, json.dumps({name: one for name, one in kept.items() if one is not None}).encode())
