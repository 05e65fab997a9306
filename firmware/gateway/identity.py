"""Who this gateway is: what enrolment gave it, kept in the state folder."""

import json
from collections import namedtuple
from pathlib import Path

from firmware.gateway.errors import GatewayError
from firmware.gateway.files import write_private

Identity = namedtuple("Identity", ("gateway_id", "credential", "certificate", "ca"))
Credential = namedtuple(
    "Credential", ("secret", "certificate")
)  # what the collector is shown: the pair belongs together
# credential: secret, shown to the collector only. certificate: PEM file, our key and certificate; ca: PEM file.


def read_identity(state):
    """The Identity of an enrolled gateway. Raises GatewayError."""
    state = Path(state)
    path = state / "identity.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Identity(found["gateway_id"], found["credential"], state / "gateway.pem", state / "ca.pem")
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
