"""Runs on MicroPython: settings, done commands and boot number on littlefs, the power cut at every operation."""

import json
import os

import vfs

from firmware.protocol.message import Command
from firmware.terminal import boot, slots
from firmware.terminal.commands import Commands
from firmware.terminal.config import KEPT
from firmware.terminal.identity import Unprovisioned, next_boot
from tests.fakes.flash import Flash, PowerCut, fill

OLD, NEW = {"window_s": 10}, {"window_s": 10, "edge_a": 5}


class PoweredOn:
    """What the boot part asks of `machine`."""

    WDT_RESET = 3

    def reset_cause():
        return 1


def mount(flash):
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    os.chdir("/flash")


def unmount():
    os.chdir("/")
    vfs.umount("/flash")


def ordered(command_id, body):
    return Commands(dict).take(Command(command_id, "settings", body))[0]


def kept():
    with open(KEPT) as file:
        return json.load(file)


def cut_everywhere(prepare, change, check):
    """Prepare a flash, then change it once for each operation the change takes, cut there; `check` what is left."""
    base = Flash(64)
    vfs.VfsLfs2.mkfs(base)
    mount(base)
    prepare()
    unmount()
    at, whole = 0, False
    while not whole:
        flash = base.after_cut()
        mount(flash)
        flash.cut_after(at, torn=at % 2 == 1)
        try:
            change()
            whole = True
        except (PowerCut, OSError):
            pass
        unmount()
        mount(flash.after_cut())
        check(whole)
        unmount()
        at += 1
    assert at > 3, at
    return at - 1


def test_changed_settings_are_the_old_or_the_new_and_a_command_that_is_remembered_was_done():
    seen = []

    def check(whole):
        found, answer = kept(), ordered(2, {"edge_a": 5})
        assert found in (OLD, NEW), found
        assert found == NEW or not whole
        assert answer.state in ("done", "acknowledged") and answer.body == NEW, answer
        assert kept() == NEW
        assert ordered(1, {"window_s": 30}).body == OLD  # done before the cut: said again, not done again
        assert kept() == NEW
        seen.append((found == NEW, answer.state))

    operations = cut_everywhere(lambda: ordered(1, OLD), lambda: ordered(2, {"edge_a": 5}), check)
    assert (False, "acknowledged") in seen and (True, "acknowledged") in seen and seen[-1] == (True, "done"), seen
    print("settings and commands cut at", operations, "operations")


def test_a_boot_number_is_never_given_twice_and_never_missing():
    given = []

    def prepare():
        given.append(next_boot(7))

    def boot():
        del given[1:]  # each cut begins on the same flash, whose one boot was number 7
        given.append(next_boot(7))

    def check(whole):
        assert len(given) == (2 if whole else 1), given
        given.append(next_boot(7))
        assert given[-1] in (8, 9) and given[-1] not in given[:-1], given

    operations = cut_everywhere(prepare, boot, check)
    print("boot number cut at", operations, "operations")


def test_on_a_full_flash_a_command_fails_by_name_nothing_is_counted_twice_and_the_board_starts():
    flash = Flash(24)
    vfs.VfsLfs2.mkfs(flash)
    mount(flash)
    ordered(1, OLD)
    next_boot(7)
    slots.write(slots.try_next(dict(slots.FIRST), "b"))
    fill("/flash/")
    commands = Commands(dict)
    for number, verb, body in ((2, "settings", {"edge_a": 5}), (3, "restart", {})):
        (answer,) = commands.take(Command(number, verb, body))
        assert answer.state == "failed" and answer.body["error"] in ("28", "36") and not commands.restart, answer
    assert kept() == OLD
    try:
        raise AssertionError(next_boot(7))
    except Unprovisioned as error:
        assert "boot_no cannot be kept" in str(error)
    boot.machine = PoweredOn
    assert boot.choose(False) == "a"  # the trial cannot be counted: it is not tried
    boot.note_crash()
    for name in [name for name in os.listdir() if name.startswith("filler")]:
        os.remove(name)
    assert boot.choose(False) == "b" and next_boot(7) == 8 and ordered(3, {"edge_a": 5}).state == "acknowledged"
    unmount()


for name in sorted(globals()):
    if name.startswith("test_"):
        globals()[name]()
        print("passed", name)
