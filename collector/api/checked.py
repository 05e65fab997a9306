"""What a request says, checked against a declared type: every field that is wrong is told, not the first alone."""

import re
from datetime import date

import msgspec

from collector.web.problems import Refused, wrong

_PLACE = re.compile(r"^(.*?)(?: - at `\$(.*)`)?$", re.DOTALL)


def of(type_, said, where, strict):
    """The Struct of a dict of what was said. Raises Refused with each field that is not as it has to be.

    `where`: body or query; not strict: numbers may come as texts, as they do in an address.
    """
    if not isinstance(said, dict):
        raise Refused("field_invalid", f"the {where} is no object", [wrong(where, said, "is no object", "send {...}")])
    fields = {field.encode_name: field for field in msgspec.structs.fields(type_)}
    errors, values = [_unknown(where, name, said[name], fields) for name in said if name not in fields], {}
    for name, field in fields.items():
        if name in said:
            try:
                values[field.name] = msgspec.convert(said[name], field.type, strict=strict)
            except msgspec.ValidationError as error:
                errors.append(_told(f"{where}.{name}", said[name], str(error), field.type))
        elif field.required:
            errors.append(wrong(f"{where}.{name}", None, "is missing", "add it"))
    if errors:
        raise Refused("field_invalid", f"{len(errors)} of what the {where} says cannot be taken", errors)
    return type_(**values)


def day_of(text, where):
    """The date of YYYY-MM-DD, of this century. Raises Refused."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _no_day(where, text, "is no date of the calendar") from error
    if not 2000 <= day.year < 2100:
        raise _no_day(where, text, "is not of this century")
    return day


def _no_day(where, text, what):
    return Refused("field_invalid", f"{where} {what}", [wrong(where, text, what, "send another day")])


def _unknown(where, name, value, fields):
    return wrong(f"{where}.{name}"[:200], value, "is not known", f"take one of {', '.join(fields) or 'none'}")


def _told(where, value, said, type_):
    """msgspec's words as a Wrong: what it found, where inside the field, and what it wants."""
    what, inside = _PLACE.match(said).groups()
    return wrong(where + (inside or ""), value, what[:1].lower() + what[1:], _wanted(type_))


def _wanted(type_):
    """What to send instead: the choices, where there are such."""
    info = msgspec.inspect.type_info(type_)
    kinds = info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)
    choices = [str(value) for kind in kinds if isinstance(kind, msgspec.inspect.LiteralType) for value in kind.values]
    return f"take one of {', '.join(choices)}" if choices else "send what the document says of this field"
