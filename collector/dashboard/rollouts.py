"""Firmware on pages: images are taken in, rollouts begun ring by ring, looked at, halted and gone on with."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user

from collector import gateways
from collector.clock import now_ms
from collector.web import needs, takes_files
from collector.web.firmware_words import FIRMWARE_REFUSAL_WORDS
from collector.web.words import ROLLOUT_WORDS

pages = Blueprint("rollouts", __name__, url_prefix="/rollouts", template_folder="templates")


@pages.get("")
@needs("firmware.write")
def first_page():
    """All rollouts, the newest first, and the forms for another and for an image."""
    return render_template("dashboard/rollouts.html", rollouts=gateways.rollouts_told(), images=gateways.images_told())


@pages.post("")
@needs("firmware.write")
def start():
    """Begin with the first ring."""
    said, begun = request.form, None
    within_min, failures = said.get("within_min", type=int), said.get("failures", type=int)
    try:
        what = said.get("image", ""), said.get("rings", "")[:80], within_min, failures
        begun = gateways.start_rollout(*what, current_user.name, said.get("reason", ""), now_ms())
    except gateways.FirmwareRefused as refused:
        _say(refused)
    return redirect(url_for("rollouts.one", number=begun.id) if begun else url_for("rollouts.first_page"))


@pages.post("/images")
@needs("firmware.write")
@takes_files
def add():
    """Take in an image that a trusted key signed."""
    file = request.files.get("file")
    try:
        one = gateways.add_image(current_app.config["DATA_DIR"], file.read() if file else b"", now_ms())
        flash(gettext("Image %(about)s is taken in.", about=f"{one.board} {one.version}"), "success")
    except gateways.FirmwareRefused as refused:
        _say(refused)
    return redirect(url_for("rollouts.first_page"))


@pages.get("/<int:number>")
@needs("firmware.write")
def one(number):
    """One rollout with each of its terminals."""
    rollout = numbered(number)
    return render_template("dashboard/rollout.html", rollout=rollout, terminals=gateways.terminals_of_rollout(rollout))


@pages.post("/<int:number>/halt")
@needs("firmware.write")
def halt(number):
    """Offer it to nobody any more, for a reason."""
    return _done(number, lambda: gateways.halt(number, request.form.get("reason", "")))


@pages.post("/<int:number>/resume")
@needs("firmware.write")
def resume(number):
    """Go on where it was halted; what failed is tried again."""
    return _done(number, lambda: gateways.resume(number, now_ms()))


def _done(number, action):
    numbered(number)
    try:
        action()
    except gateways.FirmwareRefused as refused:
        _say(refused)
    return redirect(url_for("rollouts.one", number=number))


def _say(refused):
    about = ROLLOUT_WORDS.get(refused.about, refused.about)
    flash(str(FIRMWARE_REFUSAL_WORDS[refused.code]) % {"about": about}, "danger")


def numbered(number):
    """A rollout, or page 404."""
    try:
        return gateways.rollout_numbered(number)
    except gateways.FirmwareRefused:
        abort(404)
