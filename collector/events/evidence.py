"""What goes out of the room: an event on paper, all there is of it in one signed ZIP, many events as a spreadsheet."""

from contextlib import ExitStack

from collector import audit, files, notify
from collector.events import book, bundle, paper
from collector.events.drawing import around
from collector.events.models import Evaluation, Event, Step
from collector.events.recordings import files_of


def report_of(event, now_ms):
    """The report of an Event as the bytes of a PDF, in the language of who asks."""
    audit.note("event.export", f"event {event.id}", after={"what": "report"})
    return _paper(event, notify.Notification.of(f"event {event.id}"), now_ms)


def bundle_of(event, whole, now_ms):
    """An open copy (files.new_copy) that holds the ZIP of an Event; `whole`: what /api/v1 says of it.

    Raises ActionError for a file that is not as it was brought.
    """
    audit.note("event.export", f"event {event.id}", after={"what": "bundle"})
    messages, copy = notify.Notification.of(f"event {event.id}"), files.new_copy()
    with ExitStack() as undo:
        undo.callback(files.discard, copy)
        bundle.write(event, whole, messages, _paper(event, messages, now_ms), copy, now_ms)
        undo.pop_all()
    return copy


def book_of(scope, asked, equipment_id):
    """The events inside a scope that were asked for, as the bytes of an XLSX file; at most book.MOST."""
    audit.note("event.export", "events", after={"what": "spreadsheet"} | asked | {"equipment": equipment_id})
    found = list(Event.inbox(scope, **asked, equipment_id=equipment_id).limit(book.MOST + 1))
    numbers = [event.id for event in found]
    return book.book_of(found, Event.first_steps(numbers), Evaluation.newest(numbers))


def _paper(event, messages, now_ms):
    steps = [(step, files_of(step)) for step in event.steps.order_by(Step.id)]
    evaluation = event.evaluations.order_by(Evaluation.id.desc()).first()
    return paper.paper_of(event, steps, messages, evaluation, around(event, now_ms), now_ms)
