"""What `verify` runs on a board: a look at every sensor by the program in a slot. A build keeps the names it uses."""

LOOK = """
import sys, json, machine, vfs

def look(slot):
    sys.path[:] = [path for path in sys.path if path.split("/")[1:2] not in (["a"], ["b"], ["safe"])]
    for name in [name for name in sys.modules if name.startswith("firmware")]:
        del sys.modules[name]
    try:
        vfs.umount("/" + slot)
    except OSError:
        pass
    from firmware.terminal import boot
    boot.enter(slot)
    from firmware.terminal.i2c import Bus
    from firmware.terminal.identity import read_identity
    from firmware.terminal.sensors import SensorError
    from firmware.terminal.sensors.fitting import fit
    me = read_identity()
    pins = me.i2c
    wires = machine.I2C(
        pins["bus"], sda=machine.Pin(pins["sda"]), scl=machine.Pin(pins["scl"]), freq=pins["frequency_hz"]
    )
    found = {}
    for wanted in me.sensors:
        try:
            found[wanted["kind"]] = fit(Bus(wires), wanted).read()
        except (SensorError, ValueError) as error:
            found[wanted["kind"]] = str(error)
    print(json.dumps(found))
"""
