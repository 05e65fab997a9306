"""What can be set on a terminal: one table. An identity's "settings" overrides single values."""

from collections import namedtuple

KEPT = "settings.json"  # what was changed by command; it goes over the identity's own

Setting = namedtuple("Setting", ("name", "default", "help"))

SETTINGS = (
    Setting("window_s", 10, "seconds of samples that make one reading, 1 to 600"),
    Setting("sample_every_ms", 500, "milliseconds between looks at the current, 20 to 1000"),
    Setting("edge_a", 0, "amperes a window's current must leave the one before by to be marked as an edge; 0: never"),
    Setting("stuck_s", 3600, "seconds after which a value that has not moved at all is marked as stuck"),
    Setting("ring_readings", 16, "readings kept in memory before they go to the flash, 4 to 400"),
    Setting(
        "outbox_bytes", 479232, "bytes of flash for readings that no gateway takes; the oldest are thinned, then go"
    ),
    Setting("ack_timeout_s", 20, "seconds to wait for an answer or an acknowledgement before a new hello"),
    Setting("time_again_s", 30, "seconds before a gateway that does not know the time is asked again"),
    Setting("keepalive_s", 60, "seconds of silence after which the broker is told that we are still here"),
    Setting("io_timeout_s", 5, "seconds any single wait on the network may take"),
    Setting("poll_s", 5, "seconds between two questions whether anything waits, on HTTP, where only we can ask"),
    Setting("back_off_first_s", 1, "seconds before the second attempt to reach a gateway; doubled each time"),
    Setting("back_off_most_s", 60, "seconds between attempts at most"),
    Setting("distrust_s", 300, "seconds to stay away from a gateway whose certificate or proof is wrong"),
    Setting("return_s", 1800, "seconds at a later gateway of the list after which an earlier one is looked for again"),
    Setting("watchdog_ms", 8388, "milliseconds without a turn of the main loop after which the board restarts"),
)

LIMITS = {
    "window_s": (1, 600),
    "sample_every_ms": (20, 1000),
    "ring_readings": (4, 400),
    "outbox_bytes": (40960, 8388608),
    "edge_a": (0, 2000),
    "watchdog_ms": (1000, 60000),
}


def read_settings(given):
    """All settings by name. Raises ValueError naming one that is unknown, no number, or outside its limits."""
    settings = {setting.name: setting.default for setting in SETTINGS}
    for name, value in given.items():
        if name not in settings:
            raise ValueError("setting %s is unknown" % name)
        low, high = LIMITS.get(name, (0.01, 86400))
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise ValueError("setting %s is %r; it may be %s to %s" % (name, value, low, high))
        settings[name] = value
    return settings
