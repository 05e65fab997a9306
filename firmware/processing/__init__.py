"""Numbers in, numbers out: what is made of samples and readings. No I/O, no clock; CPython and MicroPython alike."""
