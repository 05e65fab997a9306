"""Words about images for terminals and their rollouts."""

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
