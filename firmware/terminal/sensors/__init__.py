"""A file per sensor, each with read(). KINDS: what an identity may name; their code is loaded when fitted."""


class SensorError(Exception):
    """A fitted sensor did not answer, failed its checksum, or says itself that it is broken. The text says which."""


KINDS = {"sht4x": "Sht4x", "ina219": "Ina219", "loop_4_20ma": "Loop"}


def fit(bus, wanted):
    """The sensor an identity's entry describes, {"kind": ..., "address": ...}. Raises ValueError for an unknown one."""
    kind = wanted.get("kind")
    if kind not in KINDS:
        raise ValueError("sensor kind %r is none of %s" % (kind, ", ".join(sorted(KINDS))))
    module = __import__("firmware.terminal.sensors." + kind, None, None, ("*",))
    options = {name: value for name, value in wanted.items() if name != "kind"}
    try:
        return getattr(module, KINDS[kind])(bus, **options)
    except TypeError as error:
        raise ValueError("sensor %s: %s" % (kind, error))
