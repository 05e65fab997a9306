"""Interface A01 in code: words and bytes. No I/O, no clock, no print; CPython and MicroPython alike."""
