"""Runs on MicroPython: the outbox's files on littlefs, with the power cut at every erase and program in turn."""

import vfs

from firmware.protocol.frame import Reading, pack_readings, pack_record, seq_of
from firmware.protocol.received import span_of, unpack_readings
from firmware.terminal.blocks import BLOCK, size_of
from firmware.terminal.segments import Segments
from tests.fakes.flash import Flash, PowerCut, fill

BOOT = 3100000
VALUES = {"temperature_c": 21.5, "humidity_pct": 40.0, "current_a": 5.0, "current_min_a": 4.0, "current_max_a": 6.0}
VALUES.update({"current_rms_a": 5.1, "charge_as": 50.0})


def record(n, values=VALUES):
    return pack_record(Reading("ct-01", 1760000000000 + n * 10000, seq_of(BOOT, n), values, 0, 1))


def mount(flash):
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    return Segments("/flash/outbox/", 24 * BLOCK)


def fresh(blocks=64):
    flash = Flash(blocks)
    vfs.VfsLfs2.mkfs(flash)
    return flash


def numbers(segments):
    """Every number on the flash, in order; a reading of several windows stands for all of theirs."""
    found = []
    for at in range(len(segments)):
        boot_no, records = segments.read(segments.oldest(at))
        for reading in unpack_readings("ct-01", pack_readings(boot_no, records[:250])):
            first, last = span_of(reading)
            found += range(first & 0xFFFFFF, (last & 0xFFFFFF) + 1)
    return found


def test_a_full_record_takes_at_most_40_bytes():
    assert size_of(0b1111111) <= 40


def test_records_come_back_as_they_were_over_a_restart():
    flash = fresh()
    segments = mount(flash)
    kept = [record(n) for n in range(1, 200)] + [record(n, {"current_a": None}) for n in range(200, 203)]
    for at in range(0, len(kept), 16):
        segments.append(BOOT, kept[at : at + 16])
    vfs.umount("/flash")
    segments = mount(flash)
    back = [one for at in range(len(segments)) for one in segments.read(segments.oldest(at))[1]]
    assert back == kept
    segments.remove(segments.oldest())
    assert numbers(segments)[0] > 1
    vfs.umount("/flash")


def test_a_power_cut_at_any_flash_operation_loses_only_what_was_being_written():
    def write(segments, done):
        for at in range(1, 161, 16):
            segments.append(BOOT, [record(n) for n in range(at, at + 16)])
            done.append(at + 15)

    flash = fresh()
    segments = mount(flash)
    before = flash.operations
    write(segments, [])
    operations = flash.operations - before
    vfs.umount("/flash")
    for cut in range(operations):
        flash = fresh()
        segments = mount(flash)
        flash.cut_after(cut, torn=cut % 2 == 1)
        done = [0]
        try:
            write(segments, done)
            raise AssertionError("not cut")
        except (PowerCut, OSError):
            vfs.umount("/flash")
        segments = mount(flash.after_cut())
        found = numbers(segments)
        assert found[: done[-1]] == list(range(1, done[-1] + 1)), (cut, done[-1], found)
        assert found == list(range(1, len(found) + 1)), (cut, found)
        segments.append(BOOT + 1, [record(1)])
        assert numbers(segments)[-1] == 1
        vfs.umount("/flash")
    print("cut at", operations, "operations")


def test_a_full_flash_gives_up_the_oldest_and_says_so():
    flash = fresh()
    segments = mount(flash)
    for at in range(1, 8001, 16):
        segments.append(BOOT, [record(n) for n in range(at, at + 16)])
    found, lost = numbers(segments), segments.lost
    assert segments.thinned and len(segments) <= 24 and found[-1] == 8000
    assert lost[0][1] == 1 and lost[-1][2] == found[0] - 1
    assert all(lost[at][2] + 1 == lost[at + 1][1] for at in range(len(lost) - 1))
    vfs.umount("/flash")


def test_a_power_cut_at_any_flash_operation_of_thinning_loses_nothing_and_doubles_nothing():
    flash, kept = fresh(), 0
    segments = mount(flash)
    while len(segments) < 24:
        segments.append(BOOT, [record(n) for n in range(kept + 1, kept + 17)])
        kept += 16
    vfs.umount("/flash")
    cut, whole = 0, False
    while not whole:
        cut_flash = flash.after_cut()
        segments = mount(cut_flash)
        cut_flash.cut_after(cut, torn=cut % 2 == 1)
        try:
            segments.append(BOOT, [record(n) for n in range(kept + 1, kept + 17)])  # has no room without thinning
            whole = True
        except (PowerCut, OSError):
            whole = False
        vfs.umount("/flash")
        back = mount(cut_flash.after_cut())
        found = numbers(back)
        assert found == list(range(1, len(found) + 1)) and len(found) >= kept, (cut, kept, len(found))
        vfs.umount("/flash")
        cut += 1
    assert cut > 10
    assert segments.thinned
    print("thinning cut at", cut, "operations")


def test_a_flash_that_something_else_has_filled_gives_up_the_oldest_readings_and_takes_new_ones():
    flash = fresh()
    segments = mount(flash)
    for at in range(1, 801, 16):
        segments.append(BOOT, [record(n) for n in range(at, at + 16)])
    fill("/flash/")
    for at in range(801, 1601, 16):
        segments.append(BOOT, [record(n) for n in range(at, at + 16)])
    lost, found = segments.lost, numbers(segments)
    assert segments.failed and lost[0][:2] == (BOOT, 1), (segments.failed, lost)
    assert found == list(range(lost[-1][2] + 1, 1601)), found
    vfs.umount("/flash")
    assert numbers(mount(flash)) == found
    print("full by others: gave up", lost[-1][2], "of 1600")
    vfs.umount("/flash")


def test_a_damaged_record_hides_only_what_is_behind_it_in_its_file():
    flash = fresh()
    segments = mount(flash)
    segments.append(BOOT, [record(n) for n in range(1, 300)])
    with open("/flash/outbox/" + segments.oldest(), "r+b") as file:
        file.seek(9 + 37 * 5)
        file.write(b"\xff\xff")
    found = numbers(segments)
    assert found[:5] == [1, 2, 3, 4, 5] and 6 not in found and found[-1] == 299
    vfs.umount("/flash")


def test_a_day_offline_costs_fewer_than_1000_erases():
    flash = fresh(200)
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    segments = Segments("/flash/outbox/", 110 * BLOCK)
    before = sum(flash.erases)
    for at in range(1, 8641, 16):
        segments.append(BOOT, [record(n) for n in range(at, at + 16)])
    erases = sum(flash.erases) - before
    print("erases per day", erases, "files", len(segments))
    assert erases < 1000 and not segments.lost
    vfs.umount("/flash")


for name in sorted(globals()):
    if name.startswith("test_"):
        globals()[name]()
        print("passed", name)
