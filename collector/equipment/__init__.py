"""Equipment: the machines of the hospital and the terminals bound to them."""

from collector.equipment.actions import add_equipment, bind, change_equipment, equipment_named, unbind
from collector.equipment.fields import KINDS
from collector.equipment.importing import import_equipment
from collector.equipment.lines import SPANS, trend
from collector.equipment.models import CHANNEL_GROUPS, PLACES, WHOLE, Binding, Equipment, EquipmentChange, Held
from collector.equipment.places import choices, departments, institutions, may_stand
from collector.equipment.sheet import rows_of

__all__ = (
    "CHANNEL_GROUPS",
    "KINDS",
    "PLACES",
    "SPANS",
    "WHOLE",
    "Binding",
    "Equipment",
    "EquipmentChange",
    "Held",
    "add_equipment",
    "bind",
    "change_equipment",
    "choices",
    "departments",
    "equipment_named",
    "import_equipment",
    "institutions",
    "may_stand",
    "rows_of",
    "trend",
    "unbind",
)
