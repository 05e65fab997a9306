"""A mosquitto as the gateway's broker: we write its passwords, access and certificate, and have it read them again.

Its configuration is the site's own; CONFIG is what it needs.
"""

import asyncio
import base64
import hashlib
import logging
import os
import shlex
import signal
from pathlib import Path

from firmware.gateway.addresses import trust
from firmware.gateway.errors import GatewayError
from firmware.gateway.files import write_private
from firmware.gateway.south.access import ALL_UP, DOWN, UP
from firmware.gateway.south.mosquitto_log import MosquittoLog
from firmware.gateway.terminals import OWN_USER

log = logging.getLogger("gateway")

CONFIG = """\
listener {port} {host}
certfile {folder}/server.pem
keyfile {folder}/server.key
tls_version tlsv1.2
allow_anonymous false
use_username_as_clientid true
password_file {folder}/passwords
acl_file {folder}/access
max_queued_messages 0
max_inflight_messages 0
set_tcp_nodelay true
max_packet_size 16384
retain_available false
persistence false
log_dest file {folder}/log
log_type error
log_type warning
log_type notice
log_type subscribe
log_type debug
"""
# max_queued_messages 0: with the default of 1000 mosquitto throws away messages it has already acknowledged.
# max_inflight_messages 0: with the default of 20 a busy machine hands us 20 messages per change of turns.
# set_tcp_nodelay: without it an answer waits 40 ms for the kernel of its terminal to confirm what came before it.

ROUNDS = 101  # mosquitto_passwd's own; our passwords are 32 random bytes, more rounds would add nothing


def password_line(user, password, salt):
    """A line of mosquitto's password file: PBKDF2-HMAC-SHA512 in its $7$ format."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"{user}:$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


def access_text(users):
    """Mosquitto's access file: our own client hears all and answers all, a terminal has its two topics."""
    parts = [f"user {OWN_USER}\ntopic read {ALL_UP}\ntopic write {DOWN.format('+')}\n"]
    parts += [
        f"user {user}\ntopic write {UP.format(user)}\ntopic read {DOWN.format(user)}\n"
        for user in users
        if user != OWN_USER
    ]
    return "\n".join(parts)


class Mosquitto:
    """Use as an asynchronous context. `refused(user, text)` is told of every refusal its log names."""

    def __init__(self, settings, identity, access, refused):
        self._settings, self._access = settings, access
        self._ca, self._certificate = settings["mqtt.ca"] or str(identity.ca), identity.certificate
        for name in ("mqtt.password_file", "mqtt.acl_file"):
            if not settings[name]:
                raise GatewayError(f"{name} is empty while mqtt.embedded is false; name mosquitto's file")
        if not settings["mqtt.reload_command"] and not settings["mqtt.pid_file"]:
            raise GatewayError(
                "mqtt.reload_command and mqtt.pid_file are empty; name one, mosquitto must hear of changes"
            )
        self._log = MosquittoLog(settings["mqtt.log_file"], access, refused) if settings["mqtt.log_file"] else None
        self._follower, self._salts = None, {}

    async def __aenter__(self):
        await self.rules_changed()
        if self._log:
            self._follower = asyncio.create_task(self._log.follow())
        return self

    async def __aexit__(self, *_error):
        if self._follower:
            self._follower.cancel()

    async def rules_changed(self):
        """Write its files and have them read. Who was revoked is cut off by mosquitto, nobody else notices; a renewed
        certificate is what the next one sees.

        Raises GatewayError when a file cannot be written.
        """
        passwords = self._access.passwords()
        self._salts = {user: self._salts.get(user) or os.urandom(12) for user in passwords}
        lines = [password_line(user, password, self._salts[user]) for user, password in passwords.items()]
        try:
            write_private(Path(self._settings["mqtt.password_file"]), "".join(lines).encode())
            write_private(Path(self._settings["mqtt.acl_file"]), access_text(passwords).encode())
            if self._settings["mqtt.certificate_file"]:
                write_private(Path(self._settings["mqtt.certificate_file"]), self._certificate.read_bytes())
        except OSError as error:
            raise GatewayError(f"mosquitto's file {error.filename} cannot be written: {error.strerror}") from error
        await self._reload()

    async def _reload(self):
        command = self._settings["mqtt.reload_command"]
        if not command:
            self._signal()
            return
        try:
            running = await asyncio.create_subprocess_exec(*shlex.split(command), stdin=asyncio.subprocess.DEVNULL)
            status = await running.wait()
        except (OSError, ValueError) as error:
            log.error("mqtt.reload_command %r cannot run: %s; correct it", command, error)
            return
        if status:
            log.error("mqtt.reload_command %r ended with %d; mosquitto may not know the new rules", command, status)

    def _signal(self):
        path = Path(self._settings["mqtt.pid_file"])
        try:
            os.kill(int(path.read_text()), signal.SIGHUP)
        except (OSError, ValueError) as error:
            log.error("mosquitto cannot be told of new rules by %s: %s; is it running?", path, error)

    def address(self):
        """(host, port, TLS context, the name its certificate must carry) for our own client."""
        host = self._settings["mqtt.host"]
        return host, self._settings["mqtt.port"], trust(self._ca), self._settings["mqtt.server_name"] or host
