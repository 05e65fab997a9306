"""The embedded broker: amqtt behind our own gate, with the same access rules as mosquitto."""

import ssl

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType

from firmware.gateway.errors import GatewayError
from firmware.gateway.south.access import SUBSCRIBE
from firmware.gateway.south.gate import Gate

LISTENER = "default"
EVERYWHERE = ("0.0.0.0", "::", "")


class _Rules(Broker):
    """amqtt with our rules asked directly. Its plug-ins run as tasks, and while one runs a new subscription may change
    the table a message is being handed round by: the message is then lost."""

    def __init__(self, access, refused):
        listener = ListenerConfig(type=ListenerType.EXTERNAL)
        super().__init__(BrokerConfig(listeners={LISTENER: listener}, plugins={}))
        self._access, self._refused = access, refused

    async def _authenticate(self, _session, _listener):
        return True  # the gate has

    async def _topic_filtering(self, session, topic, action):
        allowed = self._access.may(session.username, str(action), topic)
        if not allowed:
            self._refused(session.username, f"{action} {topic[:80]}" if action == SUBSCRIBE else f"{action} elsewhere")
        return allowed

    async def retain_message(self, _source_session, _topic_name, _data, _qos=None):
        """Nothing: amqtt would show it to whoever comes next."""


class EmbeddedBroker:
    """Use as an asynchronous context. `refused(user, text)` is told of every refusal; `flood` is a Flood."""

    def __init__(self, settings, identity, access, refused, flood):
        self._settings, self._identity = settings, identity
        self._broker = _Rules(access, refused)
        self._gate = Gate(access, self._serve, refused, flood, settings["mqtt.connections_most"])

    async def __aenter__(self):
        host, port = self._settings["mqtt.host"], self._settings["mqtt.port"]
        await self._broker.start()
        try:
            await self._gate.open(host, port, self._identity.certificate)
        except (OSError, OverflowError) as error:
            await self._broker.shutdown()
            raise GatewayError(f"the broker cannot listen on {host} port {port}: {error}; see mqtt.port") from error
        return self

    async def __aexit__(self, *_error):
        await self._gate.close()
        await self._broker.shutdown()

    async def _serve(self, reader, writer):
        await self._broker.external_connected(reader, writer, LISTENER)

    async def rules_changed(self):
        """The key table is another: who was revoked is cut off, nobody else notices."""
        self._gate.end_strangers()

    def address(self):
        """(host, port, TLS context, name) for our own client: it trusts the certificate we serve and no other."""
        context = ssl.create_default_context(cafile=self._identity.certificate)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        host = self._settings["mqtt.host"]
        host = "127.0.0.1" if host in EVERYWHERE else host
        return host, self._settings["mqtt.port"], context, host
