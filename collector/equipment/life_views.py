"""The plan of life: which equipment is past its expected years and which ends when, to plan what takes its place."""

from flask import Blueprint, render_template

from collector.equipment.models import Equipment
from collector.equipment.years import planned, served
from collector.web import needs, scope, today

ROWS_MOST, YEARS_MOST = 100, 12  # of each part; drawn

pages = Blueprint("life", __name__, url_prefix="/register/life", template_folder="templates")


@pages.get("")
@needs("equipment.read")
def first_page():
    """All equipment inside the scope by when its expected years end, what is past them first."""
    day = today()
    parts, years = planned([(one, served(one.told(), day)) for one in Equipment.registered(scope())], day)
    drawn = dict(sorted(years.items())[:YEARS_MOST])
    return render_template("equipment/life.html", parts=parts, years=drawn, rows_most=ROWS_MOST)
