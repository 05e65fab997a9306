"""What runs in a terminal, on MicroPython. `main` is where it begins."""

import gc

VERSION = "0.1.0"

if hasattr(gc, "threshold"):  # on MicroPython
    gc.threshold(8192)  # collect often, from the first import on: what stays then lies close together and leaves room
