"""What can be set on a host agent: one table, and the file host.toml that overrides it."""

from firmware.host.errors import HostError
from firmware.settings import Setting, SettingsError, read_settings

SETTINGS = (
    Setting("identity", "identity.json", "who this computer is: the file of `collector terminal host`"),
    Setting("state", "state", "folder of the outbox; relative to the file's own folder"),
    Setting("every_s", 60.0, "seconds between two readings of disks and running time"),
    Setting("disks.watched", "", "mount points or drives to look at, by comma; empty: every local disk"),
    Setting("disks.record_every_s", 3600.0, "seconds between two records with every disk of its own"),
    Setting("flows.look_every_s", 5.0, "seconds between two looks at the open connections"),
    Setting(
        "flows.ports",
        "104 dicom, 2762 dicom, 4242 dicom, 11112 dicom, 22 ssh, 23 telnet, 3389 rdp, 5900 vnc, 5938 teamviewer, "
        "7070 anydesk",
        "TCP ports whose connections are logged, each with the name of its protocol, by comma; no other is looked at",
    ),
    Setting("flows.open_every_s", 3600.0, "seconds after which a connection that stays open is reported again"),
    Setting("flows.kept_most", 1000, "different connections remembered between two reports"),
    Setting("outbox.readings_most", 100_000, "readings kept while no gateway takes them; the oldest go first"),
    Setting("ack_timeout_s", 20.0, "seconds to wait for an answer or an acknowledgement before a new hello"),
    Setting("time_again_s", 30.0, "seconds before a gateway that does not know the time is asked again"),
    Setting("keepalive_s", 60.0, "seconds of silence after which the broker is told that we are still here"),
    Setting("io_timeout_s", 10.0, "seconds any single wait on the network may take"),
    Setting("poll_s", 5.0, "seconds between two questions whether anything waits, on HTTP, where only we can ask"),
    Setting("back_off_first_s", 1.0, "seconds before the second attempt to reach a gateway; doubled each time"),
    Setting("back_off_most_s", 60.0, "seconds between attempts at most"),
    Setting("distrust_s", 300.0, "seconds to stay away from a gateway whose certificate or proof is wrong"),
)
PATHS = ("identity", "state")


def read_config(path):
    """All settings by dotted name; paths are made absolute. Raises HostError naming file, key and value."""
    try:
        settings = read_settings(path, SETTINGS, PATHS)
    except SettingsError as error:
        raise HostError(str(error)) from error
    ports_of(settings)
    return settings


def ports_of(settings):
    """{TCP port: name of its protocol} of flows.ports. Raises HostError."""
    ports = {}
    for part in settings["flows.ports"].split(","):
        number, _space, name = part.strip().partition(" ")
        if not (number.isdecimal() and 0 < int(number) < 65536 and name.strip()):
            raise HostError(f"flows.ports has {part.strip()!r}; write a port and a name, for example 104 dicom")
        ports[int(number)] = name.strip()
    return ports
