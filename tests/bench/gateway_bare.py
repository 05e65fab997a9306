"""`python -m tests.bench.gateway_bare PORT CA`: paho, subscribed to everything; what a user would otherwise run.

The password comes first on stdin, then counts: for each it says when (steady seconds) each of so many messages came.
After `answer` it answers every message at once instead.
"""

import sys
import threading
import time

import paho.mqtt.client as paho

USER, TOPIC = "gateway", "a01/+/up"


class Bare:
    """The subscriber."""

    def __init__(self, port, ca, password):
        self._count, self._goal, self._times, self._answers = 0, None, [], False
        self._reached, self._subscribed = threading.Event(), threading.Event()
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, USER)
        client.username_pw_set(USER, password)
        client.tls_set(ca)
        client.on_connect = lambda *_told: client.subscribe(TOPIC, 1)
        client.on_subscribe = lambda *_told: self._subscribed.set()
        client.on_message = self._take
        client.connect("127.0.0.1", port)
        client.loop_start()
        assert self._subscribed.wait(20), "the broker does not let the bare subscriber in"

    def _take(self, client, _data, message):
        if self._answers:
            client.publish(message.topic.replace("/up", "/down"), b"taken", 1)
            return
        self._count += 1
        self._times.append(time.monotonic())
        if self._count == self._goal:
            self._reached.set()

    def answer(self):
        """From now on each message is answered at once."""
        self._answers = True

    def expect(self, count):
        """From now on so many are to come."""
        self._count, self._goal, self._times = 0, count, []
        self._reached.clear()

    def times(self):
        """When each came, once all have."""
        assert self._reached.wait(120), f"{self._count} of {self._goal} messages came"
        return self._times


def main(port, ca):
    """Serve the bench until it closes stdin."""
    bare = Bare(int(port), ca, sys.stdin.readline().strip())
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "answer":
            bare.answer()
            print("answering", flush=True)
            continue
        bare.expect(int(line))
        print("expecting", flush=True)
        print(*bare.times(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
