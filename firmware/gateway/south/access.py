"""Who may do what at a broker: the same rules for the embedded broker and for mosquitto (decided with A01)."""

import hmac

from firmware.gateway.terminals import OWN_USER
from firmware.protocol import frame
from firmware.protocol.seal import mqtt_password

UP, DOWN = "a01/{}/up", "a01/{}/down"
ALL_UP = UP.format("+")
PUBLISH, SUBSCRIBE = "publish", "subscribe"
# for a terminal whose session went with a gateway that has gone since: it says its next hello soon, not all at once
BEGIN_AGAIN = frame.pack(frame.REFUSAL, frame.put_text("session_missing"))


def user_of(topic, pattern=UP):
    """The terminal a topic belongs to, or None when the topic is of another shape."""
    parts, wanted = topic.split("/"), pattern.split("/")
    if len(parts) != len(wanted) or parts[0] != wanted[0] or parts[2] != wanted[2]:
        return None
    return parts[1]


class Access:
    """The rules over a live key table. `own_password` is our own client's, made at each start; `barred(terminal_id)`
    says who is kept out for a while, as a Flood's does."""

    def __init__(self, keys, own_password, barred):
        self._keys, self._own_password, self._barred = keys, own_password, barred

    def terminals(self):
        """Who is known."""
        return self._keys.ids()

    def passwords(self):
        """{user: password} of everybody who may enter."""
        users = [terminal_id for terminal_id in self._keys.ids() if not self._barred(terminal_id)]
        return {**{user: mqtt_password(self._keys.get(user)) for user in users}, OWN_USER: self._own_password}

    def password_of(self, user):
        """The password a user must show, or None when there is no such user now."""
        if user == OWN_USER:
            return self._own_password
        key = self._keys.get(user)
        return None if key is None or self._barred(user) else mqtt_password(key)

    def may_enter(self, user, client_id, password):
        """Whether this log-in is good: a known user under its own name with its password."""
        if self.password_of(user) is None:
            return False
        # while a key is being replaced, both of its passwords are good
        keys = self._keys.all_of(user)
        wanted = [self._own_password] if user == OWN_USER else [mqtt_password(key) for key in keys]
        known = [hmac.compare_digest(one.encode(), password.encode()) for one in wanted]
        return client_id == user and any(known)

    def may(self, user, action, topic):
        """Whether a user may publish to, subscribe to or receive from a topic. A wildcard is nobody's but ours."""
        if user == OWN_USER:
            if action == SUBSCRIBE:
                return topic == ALL_UP
            return user_of(topic, DOWN if action == PUBLISH else UP) is not None
        if self._keys.get(user) is None or self._barred(user):
            return False
        return topic == (UP if action == PUBLISH else DOWN).format(user)
