"""Which performed procedure steps are open, under keyed hashes that say nothing of a person; kept over restarts.

A hash is made with the key of the day the step began; keys and steps older than two days are forgotten, so that later
even who has both this file and a hospital's archive finds no step again.
"""

import hashlib
import hmac
import json
import logging
import os
from pathlib import Path

from firmware.gateway.files import write_private

log = logging.getLogger("gateway")

FILE = "mpps_steps.json"
DAY_MS = 86_400_000
STEPS_MOST = 10_000
OPEN = "in_progress"


class Steps:
    """{step: its state} of the last two days."""

    def __init__(self, state):
        self._path = Path(state) / FILE
        self._keys, self._steps = self._read()

    def begin(self, uid, now_ms):
        """A new step for an instance UID, 32 hexadecimal characters, not kept yet. None when it is known already."""
        if self.find(uid) is not None:
            return None
        key = self._keys.setdefault(str(now_ms // DAY_MS), os.urandom(32).hex())
        return _hash(key, uid)

    def find(self, uid):
        """The known step of an instance UID, or None."""
        return next((step for key in self._keys.values() if (step := _hash(key, uid)) in self._steps), None)

    def state_of(self, step):
        """A state of docs/interfaces.md."""
        return self._steps[step][0]

    def keep(self, step, state, now_ms, source_id):
        """Remember a step's state. [source id] of steps that are forgotten now and never ended. Raises OSError."""
        self._steps[step] = (state, now_ms, source_id)
        unended = self._forget(now_ms)
        kept = {"keys": self._keys, "steps": self._steps}
        write_private(self._path, json.dumps(kept).encode())
        return unended

    def _forget(self, now_ms):
        oldest = now_ms // DAY_MS - 1
        self._keys = {day: key for day, key in self._keys.items() if int(day) >= oldest}
        by_age = sorted(self._steps.items(), key=lambda item: item[1][1])
        late = [item for item in by_age if item[1][1] < now_ms - 2 * DAY_MS]
        gone = late + by_age[len(late) : max(len(late), len(by_age) - STEPS_MOST)]
        for step, _row in gone:
            del self._steps[step]
        return [source_id for _step, (state, _ts_ms, source_id) in gone if state == OPEN]

    def _read(self):
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            return dict(kept["keys"]), {step: tuple(row) for step, row in kept["steps"].items()}
        except FileNotFoundError:
            return {}, {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s is damaged (%s); open steps are not known any more", self._path, type(error).__name__)
            return {}, {}


def _hash(key, uid):
    return hmac.new(bytes.fromhex(key), uid.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]
