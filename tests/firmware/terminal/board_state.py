"""Runs on MicroPython: settings, commands, boot number and secret on littlefs, the power cut at every operation."""

import json
import os
from binascii import unhexlify

import vfs

from firmware.protocol.message import Command
from firmware.protocol.seal import gateway_key, mqtt_password
from firmware.terminal import boot, rotation, slots
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
    slots.note_crash()
    for name in [name for name in os.listdir() if name.startswith("filler")]:
        os.remove(name)
    assert boot.choose(False) == "b" and next_boot(7) == 8 and ordered(3, {"edge_a": 5}).state == "acknowledged"
    unmount()


def vector():
    with open(VECTORS) as file:
        return {
            name: unhexlify(text) if name in ("secret", "nonce", "next") else text
            for name, text in json.load(file).items()
        }


VECTORS = os.getcwd() + "/tests/vectors/rotation.json"
SECRET, NONCE, NEXT = [vector()[name] for name in ("secret", "nonce", "next")]


class ProvedLink:
    """As much of a session's link as a rotation looks at: the secrets that count, and the one that was proved."""

    def __init__(self, secrets, secret):
        self.secrets, self.secret = secrets, secret


def asked_to_rotate(number, secret, nonce=NONCE, verb="rotate"):
    """The answer to a command in a session proved under `secret`."""
    from binascii import hexlify

    link = ProvedLink(rotation.secrets_of(SECRET), secret)
    return Commands(dict, link).take(Command(number, verb, {"nonce": hexlify(nonce).decode()}))[0]


def settled(secret):
    """The secrets that count after a gateway has proved itself under one of them."""
    link = ProvedLink(rotation.secrets_of(SECRET), secret)
    if len(link.secrets) > 1:
        rotation.settle(link)
        __import__("firmware.terminal.rotation")
    return link.secrets


def test_the_next_secret_is_the_one_the_collector_computes():
    said = vector()
    key = gateway_key(NEXT, said["gateway_id"])
    assert mqtt_password(key) == said["password"]


def test_a_rotation_is_done_once_or_not_at_all():
    seen = []

    def check(whole):
        found = rotation.secrets_of(SECRET)
        assert found in ([SECRET], [NEXT, SECRET]), found
        assert len(found) == 2 or not whole
        seen.append(len(found))
        assert asked_to_rotate(5, SECRET).state in ("done", "acknowledged")
        assert rotation.secrets_of(SECRET) == [NEXT, SECRET]  # the same successor, however often it is asked for
        assert asked_to_rotate(5, SECRET, verb="expire").state == "done"
        assert settled(SECRET) == [NEXT, SECRET] and settled(NEXT) == [NEXT] == rotation.secrets_of(SECRET)
        assert asked_to_rotate(5, NEXT).state == "done" and rotation.secrets_of(SECRET) == [NEXT]

    operations = cut_everywhere(lambda: ordered(1, OLD), lambda: asked_to_rotate(5, SECRET), check)
    assert 1 in seen and 2 in seen, seen
    print("rotation cut at", operations, "operations")


def test_the_old_secret_goes_once_the_new_one_is_proved_and_never_both():
    def check(whole):
        found = rotation.secrets_of(SECRET)
        assert found in ([NEXT, SECRET], [NEXT]), found
        assert len(found) == 1 or not whole
        assert settled(NEXT) == [NEXT]

    operations = cut_everywhere(lambda: asked_to_rotate(5, SECRET), lambda: settled(NEXT), check)
    print("settling cut at", operations, "operations")


def test_what_was_given_up_is_never_done_and_the_next_one_begins_with_the_secret_that_counts():
    def prepare():
        assert asked_to_rotate(5, SECRET, verb="expire").state == "failed"
        assert asked_to_rotate(5, SECRET).state == "failed"
        assert rotation.secrets_of(SECRET) == [SECRET]

    def check(_whole):
        asked_to_rotate(6, SECRET)
        first = rotation.secrets_of(SECRET)[0]
        asked_to_rotate(7, SECRET, bytes(32))  # the collector gave up number 6
        second = rotation.secrets_of(SECRET)
        assert second[1] == SECRET and second[0] not in (first, SECRET)
        assert asked_to_rotate(8, second[0], b"short").state == "failed"
        assert rotation.secrets_of(bytes(32)) == [bytes(32)]  # provisioned again: the file is another terminal's

    cut_everywhere(prepare, lambda: asked_to_rotate(6, SECRET), check)


for name in sorted(globals()):
    if name.startswith("test_"):
        globals()[name]()
        print("passed", name)
