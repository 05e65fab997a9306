"""Equipment: the machines of the hospital and the terminals bound to them."""

from collector.equipment.actions import add_equipment, bind, equipment_named
from collector.equipment.models import CHANNEL_GROUPS, KINDS, PLACES, WHOLE, Binding, Equipment

__all__ = (
    "CHANNEL_GROUPS",
    "KINDS",
    "PLACES",
    "WHOLE",
    "Binding",
    "Equipment",
    "add_equipment",
    "bind",
    "equipment_named",
)
