"""Shares of time as a spreadsheet."""

import io

from openpyxl import Workbook

HEAD = ("day", "channel", "what", "place", "within_s", "warning_s", "alarm_s", "unmeasured_s", "within_pct")


def sheet_of(shares):
    """XLSX of {(Indicator, place): {day: Share}}; an empty last cell where nothing was measured."""
    book = Workbook(write_only=True)
    page = book.create_sheet("environment")
    page.append(HEAD)
    for (indicator, place), by_day in shares.items():
        for day, share in sorted(by_day.items()):
            page.append([day, *indicator, place, *map(round, share), share.within_pct and round(share.within_pct, 2)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
