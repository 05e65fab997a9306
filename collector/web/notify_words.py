"""Words about who is told, how, and what became of a message."""

from flask_babel import lazy_gettext as _l

RECIPIENT_WORDS = {
    "email": _l("E-mail"),
    "wecom": _l("WeCom"),
    "dingtalk": _l("DingTalk"),
    "feishu": _l("Feishu"),
    "sms": _l("SMS"),
    "webhook": _l("Webhook"),
}
NOTIFICATION_WORDS = {
    "queued": _l("waits"),
    "sent": _l("taken"),
    "given_up": _l("given up"),
    "not_needed": _l("needed no more"),
}
OUTSIDE_WORDS = {"skip": _l("are not sent"), "wait": _l("wait until they begin, critical ones do not")}
DAY_WORDS = {
    "1": _l("Mon"), "2": _l("Tue"), "3": _l("Wed"), "4": _l("Thu"), "5": _l("Fri"), "6": _l("Sat"), "7": _l("Sun"),
}  # fmt: skip
NOTIFY_REFUSAL_WORDS = {
    "name": _l("The name is missing or too long."),
    "taken": _l("There is somebody with this name already."),
    "kind": _l("The kind is none of the choices."),
    "scheme": _l("The address does not begin as one of its kind does."),
    "address": _l("The address is not understood."),
    "secret": _l("A webhook needs a host, and a secret of at least 16 signs before the @."),
    "plain": _l("A webhook beyond this machine needs https."),
    "place": _l("There is no such department, or no equipment of that number."),
    "swap": _l("Another recipient is needed, and two days of which the second is not before the first."),
    "route": _l("A route needs days, hours as HH:MM, and minutes up to a day."),
}


def clock_text(minutes):
    """Minutes since midnight as HH:MM."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def init(app):
    """Let templates use these words."""
    app.jinja_env.globals.update(
        RECIPIENT_WORDS=RECIPIENT_WORDS,
        NOTIFICATION_WORDS=NOTIFICATION_WORDS,
        OUTSIDE_WORDS=OUTSIDE_WORDS,
        DAY_WORDS=DAY_WORDS,
        clock_text=clock_text,
    )
