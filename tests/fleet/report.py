"""A run of a fleet as people read it: a table, and a picture."""

from rich.table import Table

from tests.fleet.picture import picture

UPLOAD, PAGE, DUE, TAKEN = "#b1361e", "#1e6fb1", "#999999", "#2a7d3f"


def figures(plan, account, used, who="collector"):
    """{name: value as text} of a run. `used`: what the process of `who` has Used."""
    seconds = len(account.seconds)
    found = {
        "terminals, gateways, window": f"{plan.terminals:,}, {plan.gateways:,}, {plan.window_s} s",
        "seconds of load": f"{min(seconds, plan.seconds)} of {plan.seconds}",
        "readings due / acknowledged": f"{account.due:,} / {account.acknowledged:,}",
        "stored / refused, as the answers say": f"{account.stored:,} / {account.refused:,}",
        "readings a second": f"{account.acknowledged / max(seconds, 1):,.0f}",
        "most that waited / wait at the end": f"{account.most_waiting:,} / {account.waiting:,}",
    }
    for what in account.delays:
        parts = [f"{account.part(what, percent):,.0f}" for percent in (50, 90, 99, 100)]
        found[f"{what}, ms: p50 / p90 / p99 / most"] = " / ".join(parts)
    for what, count in sorted(account.failures.items()):
        found[f"failed, {what}"] = f"{count:,}"
    per = max(account.stored, 1)
    found[f"{who}: processor"] = (
        f"{used.cpu_s / max(seconds, 1):.0%} of a core, {used.cpu_s / per * 1e6:,.0f} us a reading"
    )
    found[f"{who}: memory"] = f"{used.rss / 2**20:,.0f} MiB"
    found[f"{who}: written"] = (
        f"{used.written / per:,.0f} B a reading, {used.written / max(seconds, 1) / 1000:,.1f} kB/s"
    )
    return found


def table(found):
    """The figures as a table for a terminal."""
    drawn = Table("figure", "value", title="fleet")
    for name, value in found.items():
        drawn.add_row(name, value)
    return drawn


def drawn(plan, account):
    """The run as SVG text."""
    seconds = account.seconds
    waiting, due, taken = [], 0, 0
    for one in seconds:
        due, taken = due + one.due, taken + one.acknowledged
        waiting.append(due - taken)
    rates = [("due", DUE, [one.due for one in seconds]), ("acknowledged", TAKEN, [one.acknowledged for one in seconds])]
    delays = [
        ("slowest answer", UPLOAD, [one.upload_ms or None for one in seconds]),
        ("slowest page", PAGE, [one.page_ms or None for one in seconds]),
    ]
    title = f"{plan.terminals:,} terminals over {plan.gateways:,} gateways, a reading every {plan.window_s} s"
    panels = [("readings", "a second", rates), ("delay from the scheduled time", "ms", delays)]
    return picture(title, [*panels, ("readings that wait", "readings", [("waiting", UPLOAD, waiting)])])
