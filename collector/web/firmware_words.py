"""Words about images for terminals and their rollouts, and about how terminals were put up."""

from flask_babel import lazy_gettext as _l

FIRMWARE_REFUSAL_WORDS = {
    "keys": _l("Not taken: this site trusts no release keys yet. On the server: python -m collector image trust FILE"),
    "broken": _l("Not taken: the file is no whole image (%(about)s). Build it again with the flasher."),
    "unsigned": _l("Not taken: no key that this site trusts has signed it. Look for tampering, then for a new key."),
    "file": _l("Not taken: %(about)s is not the file its list names. Build the image again."),
    "longer": _l("Not taken: %(about)s bytes stand behind the last file. Build the image again."),
    "image": _l("Not begun: there is no image %(about)s."),
    "nobody": _l("Not begun: no terminal says it is a %(about)s."),
    "ring": _l("Not begun: the ring “%(about)s” is neither a number, a percentage nor rest."),
    "rest": _l("Not begun: the rings leave out %(about)s terminals. End them with rest."),
    "bounds": _l("Not begun: write minutes (1 to 10080) and failures (1 or more) as whole numbers."),
    "reason": _l("A reason has 1 to 200 signs; this one has %(about)s."),
    "state": _l("Nothing was changed: the rollout is “%(about)s” now."),
    "rollout": _l("There is no rollout %(about)s."),
}
PHASE_WORDS = {
    "L1": _l("phase L1"),
    "L2": _l("phase L2"),
    "L3": _l("phase L3"),
    "whole": _l("whole cable: read nothing of it"),
    "none": _l("no clamp"),
}
INSTALLATION_REFUSAL_WORDS = {
    "day": _l("“%(about)s” is no day up to today."),
    "clamp": _l("Say in 1 to 300 signs where the clamp or the sensor sits."),
    "phase": _l("“%(about)s” is no phase."),
    "note": _l("A note has up to 300 signs; this one has %(about)s."),
}


def init(app):
    """Let templates use these words."""
    app.jinja_env.globals.update(PHASE_WORDS=PHASE_WORDS)
