"""The page where price of energy, mains and holidays are set, for all or for a part."""

from datetime import date

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from collector.clock import day_at, now_ms
from collector.equipment import departments, institutions
from collector.running import set_models
from collector.running.setting import SettingRefused, set_use
from collector.running.supply import FIELDS, Target
from collector.web import needs, scope
from collector.web.usage_words import SETTING_REFUSAL_WORDS
from collector.web.words import KIND_WORDS

PARTS = {"institution": "institution_id", "department": "department_id", "kind": "kind", "equipment": "equipment_id"}

pages = Blueprint("use_settings", __name__, url_prefix="/usage/settings", template_folder="templates")


@pages.get("")
@needs("equipment.read")
def first_page():
    """All that was ever set and reaches what is seen, the newest first; for whom one may set something."""
    targets = _targets()
    words = {Target(): gettext("All")} | {target_of(key): word for key, word in targets.items()}
    said = {name: request.args.get(name, "") for name in ("target", "name", "value", "from_on", "reason")}
    said["from_on"] = said["from_on"] or _today().isoformat()
    rows = set_models.seen(scope())[::-1]
    return render_template(
        "running/settings.html", rows=rows, words=words, targets=targets, fields=FIELDS, said=said,
        may_set=lambda key: set_models.may_set(target_of(key), scope()),
    )  # fmt: skip


@pages.post("")
@needs("equipment.write")
def set_one():
    """Set one value for one target from a day on."""
    said = {name: request.form.get(name, "")[:6000] for name in ("target", "name", "value", "from_on", "reason")}
    target = target_of(said["target"]) or abort(404)
    if said["target"] not in _targets():
        abort(404)
    if not set_models.may_set(target, scope()):
        abort(403)
    try:
        from_on = date.fromisoformat(said["from_on"])
        set_use(target, said["name"], said["value"], from_on, said["reason"], now_ms())
    except SettingRefused as refused:
        flash(str(SETTING_REFUSAL_WORDS[refused.code]) % refused.said, "danger")
        return redirect(url_for("use_settings.first_page", **said))
    except ValueError:
        flash(gettext("“%(value)s” is no day; write 2026-03-01.", value=said["from_on"][:40]), "danger")
        return redirect(url_for("use_settings.first_page", **said | {"from_on": ""}))
    flash(gettext("It is set."), "success")
    return redirect(url_for("use_settings.first_page"))


def target_of(key):
    """The Target of `all`, `kind:CT`, `department:3` and the like, or None."""
    name, _colon, part = key.partition(":")
    if key == "all":
        return Target()
    if name not in PARTS or (name != "kind" and not part.isdecimal()):
        return None
    return Target(**{PARTS[name]: part if name == "kind" else int(part)})


def _targets():
    """{key: word} of what lies inside the scope, the widest first."""
    out = {"all": gettext("All")}
    out |= {f"institution:{one.id}": one.name for one in institutions(scope())}
    out |= {f"department:{one.id}": f"{one.institution.name} / {one.name}" for one in departments(scope())}
    some = set_models.machines(scope())
    out |= {f"kind:{kind}": KIND_WORDS[kind] for kind in dict.fromkeys(one.kind for one in some)}
    return out | {f"equipment:{one.equipment_id}": one.name for one in some}


def _today():
    return day_at(now_ms(), current_app.config["SETTINGS"]["zone"])
