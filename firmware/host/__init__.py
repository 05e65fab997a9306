"""The agent on the equipment's own computer: a terminal made of software. CPython, Linux and Windows."""

VERSION = "0.1.0"
