"""What runs in a terminal, on MicroPython. `main` is where it begins."""

import gc
import sys

VERSION = "0.1.0"

if hasattr(gc, "threshold"):  # on MicroPython
    gc.threshold(8192)  # collect often, from the first import on: what stays then lies close together and leaves room


def forget(names):
    """Give back the memory of modules nobody needs now: they are read from the image again when somebody does."""
    for name in names:
        parent, _dot, child = name.rpartition(".")
        if hasattr(sys.modules[parent], child):
            delattr(sys.modules[parent], child)
        sys.modules.pop(name, None)
