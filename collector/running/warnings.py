"""Warnings of each unit, made once a day of its closed days, and the watch over a magnet's cooling, made each round."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from collector import db, readings
from collector.clock import day_at
from collector.environment import MAINS
from collector.equipment import Binding, Equipment
from collector.running import (
    cold,
    cooling,
    current,
    days,
    disk,
    figures,
    models,
    months,
    panel,
    set_models,
    settling,
    supply,
    workload,
)
from collector.running.findings import joined
from firmware.processing.state import HOUR_MS

WEEKS, MONTHS = 14, 7  # looked back
EPISODE_MS = 3 * models.DAY_MS
WATCH_MS = 2 * HOUR_MS


def warn(watched, now_ms, zone):
    """Judge the last closed day, and on a month's first day the last month, of each unit whose hours are told that far.

    watched: [(terminal_id, Held)].
    """
    today, units, fresh = day_at(now_ms, zone), models.units(), {}
    until_ms = readings.bounds_of(today, zone)[0]
    for _terminal_id, held in watched:
        unit = units.get(held.binding_id)
        if unit is None or unit.judged >= today.isoformat() or unit.through < until_ms // HOUR_MS:
            continue
        equipment = Equipment.get_by_id(held.equipment_id)
        found, of_months = _of_unit(equipment, today, zone)
        fresh[equipment] = of_months
        with db.write():
            keep(equipment, found, now_ms)
            models.keep_unit(unit._replace(judged=today.isoformat()))
    if today.day == 1 and fresh:
        _compare(fresh, today, zone, now_ms)


def _of_unit(equipment, today, zone):
    """([Finding] of its last day and month, its [Month])."""
    place = ZoneInfo(zone)
    first = today - timedelta(days=7 * WEEKS if today.day > 1 else 31 * MONTHS)
    from_ms, to_ms = readings.bounds_of(first, zone)[0], readings.bounds_of(today, zone)[0]
    spells, exams = figures.told_between(equipment, from_ms, to_ms, to_ms - settling.GRACE_MS)
    mains, free_dates = supply.supply_of(set_models.held_by(equipment, today - timedelta(days=1)))
    lived = days.days_of(spells, exams, place, mains, _either(equipment, from_ms, to_ms))
    if not lived or lived[-1].on_date != today - timedelta(days=1):
        return [], []
    found = [
        *workload.unusual(lived, free_dates, mains),
        *cooling.look(equipment, lived[-1], spells),
        *_disk(equipment, to_ms),
    ]
    of_months = []
    if today.day == 1:
        by_month = {}
        for day in lived:
            by_month.setdefault(day.on_date.strftime("%Y-%m"), []).append(day)
        of_months = [one for one in (months.month_of(some, free_dates) for some in by_month.values()) if one]
        found += months.changed(of_months, mains) if of_months else []
    return found, of_months


def _disk(equipment, to_ms):
    """[Finding] of the disk of its computer, where its host agent or SNMP tells of one."""
    found = panel.disk_used(equipment, to_ms)
    return disk.filling(found.name, found.used, found.size_gb) if found else []


def _either(equipment, from_ms, to_ms):
    versions = [models.versions_of(held.binding_id) for _terminal, held in figures.units_of(equipment, from_ms, to_ms)]
    return any(some[-1].records[0].either for some in versions if some)


def _compare(fresh, today, zone, now_ms):
    """The last month of units that were just judged beside that of all of their class, whenever today they were judged.

    fresh: {Equipment: [Month]}.
    """
    by_kind = {}
    for equipment, of_months in fresh.items():
        by_kind.setdefault(equipment.kind, {})[equipment] = of_months
    for equipment in models.judged_on(today):
        units = by_kind.get(equipment.kind)
        if units is not None and equipment not in units:
            units[equipment] = _of_unit(equipment, today, zone)[1]
    for units in by_kind.values():
        for equipment, found in months.compared(units).items():
            with db.write():
                keep(equipment, found, now_ms)


def watch(now_ms):
    """Look at the cooling of every MRI's magnet by its newest readings."""
    for equipment in Equipment.select().where(Equipment.kind == cooling.KIND):
        for terminal_id, held in figures.units_of(equipment, now_ms - 1, now_ms):
            versions = models.versions_of(held.binding_id)
            columns = versions and current.columns_of(
                terminal_id, max(held.from_ms, now_ms - WATCH_MS), now_ms, int(versions[-1].records[-1].window_ms)
            )
            if columns:
                recent = list(zip(columns.ts_ms.tolist(), columns.mean.tolist(), strict=True))
                found = cold.watch(recent, versions[-1].records[-1], _volts(equipment, now_ms))
                if found:
                    with db.write():
                        keep(equipment, [found], now_ms)


def _volts(equipment, now_ms):
    """The highest phase of its mains in V, None where no terminal of it measures them or has lately."""
    measuring = [one.terminal_id for one in Binding.of([equipment.id], now_ms) if set(MAINS) & set(one.channels)]
    lately = [
        one.value
        for one in readings.latest(measuring)
        if one.channel in MAINS and one.value is not None and now_ms - one.ts_ms < WATCH_MS
    ]
    return max(lately, default=None)


def keep(equipment, found, now_ms):
    """Keep Findings; one that goes on is the one that was there, longer. Call it inside a transaction."""
    if not found:
        return
    since_ms = min(one.from_ms for one in found) - EPISODE_MS
    before = models.findings_of(equipment, since_ms, now_ms)
    for one in joined([*before, *found], EPISODE_MS):
        if one not in before:
            models.keep_finding(equipment, one, now_ms)
