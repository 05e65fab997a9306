"""Notify: people are told by mail, messenger, SMS or webhook; every message is a row with its delivery result."""

from collector.notify.actions import (
    add_recipient,
    add_route,
    add_swap,
    end_recipient,
    end_route,
    end_swap,
    hush,
    tell,
    tell_those,
    test,
)
from collector.notify.choices import Choices, offer
from collector.notify.delivery import beat, deliver
from collector.notify.models import Notification, Recipient, Route
from collector.notify.routes import SEVERITIES, Message

__all__ = (
    "SEVERITIES",
    "Choices",
    "Message",
    "Notification",
    "Recipient",
    "Route",
    "add_recipient",
    "add_route",
    "add_swap",
    "beat",
    "deliver",
    "end_recipient",
    "end_route",
    "end_swap",
    "hush",
    "offer",
    "tell",
    "tell_those",
    "test",
)
