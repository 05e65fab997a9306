"""Notify: people are told by mail, messenger, SMS or webhook; every message is a row with its delivery result."""

from collector.notify.actions import add_recipient, add_route, end_recipient, end_route, hush, tell, tell_those, test
from collector.notify.delivery import beat, deliver
from collector.notify.models import Notification, Recipient, Route
from collector.notify.routes import SEVERITIES, Message

__all__ = (
    "SEVERITIES",
    "Message",
    "Notification",
    "Recipient",
    "Route",
    "add_recipient",
    "add_route",
    "beat",
    "deliver",
    "end_recipient",
    "end_route",
    "hush",
    "tell",
    "tell_those",
    "test",
)
