"""What can be set on a gateway: one table, and the file gateway.toml that overrides it."""

from firmware.gateway.errors import GatewayError
from firmware.settings import Setting, SettingsError, read_settings

SETTINGS = (
    Setting("state", "state", "folder of the outbox, the keys and the certificate; relative to the file's own folder"),
    Setting("collector.url", "", "where the collector is, for example https://gantry.hospital.example"),
    Setting("collector.second_url", "", "another address of the same platform, asked while the first is silent"),
    Setting("collector.return_s", 60.0, "seconds after which an address that was silent is asked first again"),
    Setting(
        "collector.proxy", "", "HTTP proxy (CONNECT) through which it is reached, as http://host:port; empty: none"
    ),
    Setting("collector.proxy_file", "", "file that holds user:password for the proxy, chmod 600; empty: it asks none"),
    Setting("collector.ca", "", "PEM file of the CA the collector's certificate must come from: its `ca export --pem`"),
    Setting("collector.timeout_s", 30.0, "seconds a request may take"),
    Setting("collector.terminals_every_s", 20.0, "seconds between two looks for new and revoked terminals"),
    Setting("mqtt.embedded", True, "run our own broker; false: use a mosquitto, whose rules we write"),
    Setting("mqtt.host", "0.0.0.0", "address to listen on, or of the mosquitto"),
    Setting("mqtt.port", 8883, "port to listen on, or of the mosquitto; always TLS"),
    Setting("mqtt.server_name", "", "name the mosquitto's certificate must carry; empty: mqtt.host"),
    Setting("mqtt.ca", "", "PEM file of the CA the mosquitto's certificate must come from; empty: the enrolled one"),
    Setting("mqtt.connections_most", 2000, "connections the embedded broker holds at once"),
    Setting("mqtt.password_file", "", "mosquitto's password file, written by us"),
    Setting("mqtt.acl_file", "", "mosquitto's access file, written by us"),
    Setting(
        "mqtt.certificate_file", "", "mosquitto's file of certificate and key, written by us; empty: it has its own"
    ),
    Setting("mqtt.reload_command", "", "command that makes mosquitto read them again; empty: SIGHUP by pid file"),
    Setting("mqtt.pid_file", "", "mosquitto's pid file"),
    Setting("mqtt.log_file", "", "mosquitto's log, from which refusals are counted; it is emptied when it gets long"),
    Setting("http.enabled", False, "listen for terminals over HTTPS too, where MQTT is not allowed"),
    Setting("http.host", "0.0.0.0", "address to listen on for them"),
    Setting("http.port", 8843, "port to listen on for them; always TLS"),
    Setting("http.connections_most", 500, "connections it holds at once"),
    Setting("sources.file", "", "file that lists the Modbus, SNMP and DICOM peers: docs/guide-gateway.md; empty: none"),
    Setting("dicom.host", "0.0.0.0", "address to listen on for modalities, if sources.file lists any"),
    Setting("dicom.port", 2762, "port to listen on for them; always TLS"),
    Setting("dicom.plain_port", 11112, "port for those that are listed as plain; closed without one"),
    Setting("dicom.ae_title", "GANTRY", "our own application entity title"),
    Setting("dicom.client_ca", "", "PEM file of the CA modalities' certificates must come from; empty: they need none"),
    Setting("dicom.connections_most", 20, "connections of modalities at once"),
    Setting(
        "serial.ports", "", "ports of terminals on a cable, by comma, as /dev/serial/by-id/usb-Micro*; empty: none"
    ),
    Setting("pipeline.windows", 1, "readings of a terminal folded into one on the way north; 1: none"),
    Setting("pipeline.heartbeat_s", 60.0, "seconds for which anything is held back to be folded, at most"),
    Setting("pipeline.deadband", {}, "table of channel = change that counts; what says nothing new is folded; {}: off"),
    Setting("pipeline.spike", {}, "table of channel = least leap away and back that is marked as invalid; {}: off"),
    Setting("pipeline.terminal", {}, "table per terminal or source with some of the four above for it alone"),
    Setting("outbox.readings_most", 2_000_000, "readings kept while the collector is away"),
    Setting("outbox.size_most_mb", 1000, "MiB of the outbox file at most"),
    Setting("outbox.disk_free_mb", 100, "MiB of the disk left free: with less the outbox is full"),
    Setting("outbox.when_full", "drop_oldest", "what a full outbox does with readings: drop_oldest, drop_newest, thin"),
    Setting("flood.messages_per_s", 100.0, "messages a second of one terminal; five seconds' worth at once"),
    Setting("flood.bytes_per_s", 200_000.0, "bytes a second of one terminal; five seconds' worth at once"),
    Setting("flood.connections_per_s", 20.0, "new connections a second of one address; five seconds' worth at once"),
    Setting(
        "flood.bar_s", 60.0, "seconds for which who goes on is kept out; doubled each time up to eight times as long"
    ),
    Setting("outbox.commit_every_ms", 2, "milliseconds between two commits at least: what comes meanwhile is gathered"),
    Setting("outbox.commit_messages", 500, "messages in one commit at most"),
    Setting("upload.batch", 500, "readings in one upload at most"),
    Setting("upload.every_s", 5.0, "seconds between two uploads while there is less than a full batch"),
    Setting("upload.back_off_first_s", 1.0, "seconds before a failed upload is tried again; doubled each time"),
    Setting("upload.back_off_most_s", 60.0, "seconds between two attempts at most"),
    Setting("upload.refused_pause_s", 300.0, "seconds to wait when the collector refuses our credential"),
    Setting("commands.every_s", 2.0, "seconds between two looks for new commands"),
    Setting("commands.retry_s", 10.0, "seconds after which a command without an answer is said to its terminal again"),
    Setting("status.every_s", 120.0, "seconds between two questions to a terminal how it is"),
    Setting("page.enabled", False, "serve the page for whoever stands beside the gateway, and /metrics for Prometheus"),
    Setting("page.host", "127.0.0.1", "address to serve it on; beyond loopback over TLS and with a password"),
    Setting("page.port", 8088, "port to serve it on"),
    Setting("refusals.every_s", 10.0, "seconds between two reports of what was refused, if anything was"),
)

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
PATHS = (
    "state",
    "collector.ca",
    "collector.proxy_file",
    "mqtt.ca",
    "mqtt.password_file",
    "mqtt.acl_file",
    "mqtt.certificate_file",
    "mqtt.pid_file",
    "mqtt.log_file",
)
PATHS += ("sources.file", "dicom.client_ca")


def read_config(path):
    """All settings by dotted name; paths are made absolute. Raises GatewayError naming file, key and value."""
    try:
        return read_settings(path, SETTINGS, PATHS)
    except SettingsError as error:
        raise GatewayError(str(error)) from error
