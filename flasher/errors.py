"""How a command of the flasher ends: one line that says what to do, and an exit status that scripts can rely on."""

from collections import namedtuple

Exit = namedtuple("Exit", ("status", "meaning", "remedy"))

EXITS = (
    Exit(0, "done", ""),
    Exit(1, "a file, key or part is not usable", "read the line; it names the file"),
    Exit(2, "the command line is wrong", "`--help`"),
    Exit(3, "no board, or more than one, answers to what was asked for", "plug it in; name `--port` or `--drive`"),
    Exit(4, "another board or chip than the one named", "take the other board, or name it with `--board`"),
    Exit(5, "the cable or the port went away", "plug it in and run the same command again: it goes on"),
    Exit(6, "an image was refused: its hash, signature, family or board is not the one listed", "fetch it anew"),
    Exit(7, "what was read back is not what was written", "run it again; then take another board"),
    Exit(8, "the port is taken by another program, or may not be opened", "close the program; see the line"),
    Exit(9, "the collector refused, or cannot be reached", "see the line; a hand-over file needs no network"),
    Exit(10, "the board does not do what it was asked: it does not stop, or its flash is full", "see the line"),
    Exit(130, "stopped by Ctrl-C", "run the same command again: it goes on"),
)


class FlasherError(Exception):
    """Something the technician has to know: the text says what, where, and what to do. `status`: a row of EXITS."""

    status = 1


class NoBoard(FlasherError):
    """No board, or not exactly one, is there."""

    status = 3


class WrongBoard(FlasherError):
    """The board or chip is not the one that was meant; nothing was written."""

    status = 4


class PortLost(FlasherError):
    """The cable or the port went away in the middle; the same command goes on."""

    status = 5


class ImageRefused(FlasherError):
    """An image is not what it should be; nothing was written."""

    status = 6


class VerifyFailed(FlasherError):
    """What is on the board is not what was written."""

    status = 7


class PortRefused(FlasherError):
    """The port is taken, or may not be opened."""

    status = 8


class CollectorRefused(FlasherError):
    """The collector did not take a terminal; the terminal itself is done."""

    status = 9


class BoardRefused(FlasherError):
    """The board is there and does not do what it was asked."""

    status = 10


class FlashFull(BoardRefused):
    """There is no room left on the board's flash."""


class Stopped(FlasherError):
    """The technician stopped it."""

    status = 130
