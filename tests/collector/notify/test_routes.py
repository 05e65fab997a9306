"""Who is told when: routes of severities, places, days and hours; somebody else for some days."""

from datetime import date, timedelta

import pytest

from collector import notify
from collector.equipment.models import Department, Institution
from collector.notify.actions import Refused
from collector.notify.models import QUEUED, Notification
from tests.collector.notify.told import ALWAYS, mailed, message, states, tell
from tests.collector.people import Person
from tests.collector.site import now_ms

HOUR_MS, THURSDAY_MS = 3_600_000, 1_767_196_800_000  # 2026-01-01 00:00 in Shanghai


@pytest.mark.parametrize("route,severity,hour,due_hour", [
    ({}, "warning", 3, 3),
    ({"from_min": 480, "to_min": 1080}, "serious", 3, None),
    ({"from_min": 480, "to_min": 1080, "outside": "wait"}, "serious", 3, 8),
    ({"from_min": 480, "to_min": 1080, "outside": "wait"}, "critical", 3, 3),
    ({"from_min": 1320, "to_min": 360}, "warning", 3, 3),
    ({"severity": "critical"}, "serious", 3, None),
    ({"department": "Surgery"}, "serious", 3, None),
    ({"equipment_id": 1}, "serious", 3, 3),
    ({"days": "7"}, "serious", 3, None),
])  # fmt: skip
def test_a_route_is_of_severities_places_days_and_hours(site, route, severity, hour, due_hour):
    Department.create(institution=Institution.get(), name="Surgery")
    mailed(9, **route)
    tell(message(severity=severity), at_ms=THURSDAY_MS + hour * 3_600_000)
    due = [(one.next_ms - THURSDAY_MS) / 3_600_000 for one in Notification.select()]
    assert due == ([] if due_hour is None else [due_hour])


@pytest.mark.parametrize(
    "day,hour,name", [(0, 12, "li"), (1, 12, "wang"), (2, 3, "wang"), (3, 3, "wang"), (3, 12, "li")]
)
def test_for_some_days_somebody_else_is_told(site, day, hour, name):
    li, wang = mailed(9, "li", from_min=480, to_min=360), mailed(9, "wang", severity="critical")
    notify.add_swap(li.routes.get(), wang, date(2026, 1, 2), date(2026, 1, 3))
    for days in ((date(2026, 1, 3), date(2026, 1, 2)), (None, date(2026, 1, 3))):
        with pytest.raises(Refused, match="swap"):
            notify.add_swap(li.routes.get(), wang, *days)
    tell(message(), at_ms=THURSDAY_MS + (24 * day + hour) * HOUR_MS)
    assert states() == [(name, QUEUED)]


def test_a_swap_that_was_taken_back_or_whose_person_left_holds_no_longer(site):
    li, wang, zhao = (mailed(9, name, severity="critical") for name in ("li", "wang", "zhao"))
    route = notify.add_route(li, **{"severity": "warning"} | ALWAYS)
    notify.end_swap(notify.add_swap(route, wang, date(2026, 1, 1), date(2026, 1, 9)), now_ms())
    notify.add_swap(route, zhao, date(2026, 1, 1), date(2026, 1, 9))
    notify.end_recipient(zhao, now_ms())
    tell(message(), at_ms=THURSDAY_MS)
    assert states() == [("li", QUEUED)]


def test_a_route_of_a_department_and_an_equipment_and_a_swap_are_made_on_the_page(site):
    admin, page = Person(site, "admin"), "/notify"
    admin.sign_in()
    li, wang = mailed(9, "li"), mailed(9, "wang")
    form = {"severity": "serious", "days": list("67"), "from": "08:00", "to": "18:00", "outside": "wait"}
    path = f"/notify/recipients/{li.id}/routes"
    for wrong in ({"department": "Surgery"}, {"machine": "A-9999"}):
        admin.post(path, page, **form | {"after_min": "5"} | wrong)
        assert "There is no such department" in admin.get(page).text
    admin.post(path, page, **form, after_min="5", department="Radiology", machine="A-0001")
    made = li.routes.order_by(notify.Route.id.desc()).get()
    assert (made.department, made.equipment_id, made.days) == ("Radiology", 1, "67")
    first, last = date.today(), date.today() + timedelta(days=6)
    admin.post(f"/notify/routes/{made.id}/swaps", page, recipient=wang.id, first=first, last=last)
    assert f"{first} – {last}: wang is told instead" in admin.get(page).text and "· CT 1" in admin.get(page).text
    admin.post(f"/notify/swaps/{made.swaps.get().id}/end", page)
    assert "wang is told instead" not in admin.get(page).text
    admin.post(f"/notify/routes/{made.id}/swaps", page, recipient=wang.id, first=last, last="soon")
    assert "of which the second is not before the first" in admin.get(page).text
