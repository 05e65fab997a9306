"""Who may take an event over: who has an account that may handle events, and sees this one."""

from collector import accounts

RIGHT = "events.act"


def colleagues(event, now_ms):
    """The names of all of them, in their order."""
    return [user.name for user in accounts.holders(RIGHT) if _sees(user, event, now_ms)]


def _sees(user, event, now_ms):
    scope = accounts.scope_of(user, now_ms)
    if event.equipment_id is None:
        return scope.everything
    department = event.equipment.room.department
    return scope.holds(event.equipment_id, department.id, department.institution_id)
