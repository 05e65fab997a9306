"""The way of an event from open to closed: a table of what can be done in which state, and by when. No I/O."""

OPEN, ACKNOWLEDGED, IN_PROGRESS = "open", "acknowledged", "in_progress"
RESOLVED, EVALUATED, CLOSED = "resolved", "evaluated", "closed"
STATES = (OPEN, ACKNOWLEDGED, IN_PROGRESS, RESOLVED, EVALUATED, CLOSED)
UNDONE = (OPEN, ACKNOWLEDGED, IN_PROGRESS)  # something is still to be done about the cause

# (state, what is done) -> the state after it
TRANSITIONS = {
    (OPEN, "acknowledge"): ACKNOWLEDGED,
    (OPEN, "begin"): IN_PROGRESS,
    (ACKNOWLEDGED, "begin"): IN_PROGRESS,
    (ACKNOWLEDGED, "resolve"): RESOLVED,
    (IN_PROGRESS, "resolve"): RESOLVED,
    (RESOLVED, "evaluate"): EVALUATED,
    (RESOLVED, "close"): CLOSED,
    (EVALUATED, "close"): CLOSED,
    (RESOLVED, "reopen"): OPEN,
    (EVALUATED, "reopen"): OPEN,
    (CLOSED, "reopen"): OPEN,
} | {(state, action): state for state in UNDONE for action in ("note", "hand_over", "merge")}
NEED_TEXT = ("resolve", "reopen", "note", "evaluate", "merge")  # what was done, why, what was seen
EVALUATED_FIRST = ("serious", "critical")  # severities that are not closed before they were evaluated
DUE_MIN = {"notice": 24 * 60, "warning": 4 * 60, "serious": 30, "critical": 5}  # until somebody has acknowledged


def actions(state, severity):
    """What can be done with an event now, in the order of the table."""
    return [
        action
        for (before, action), _after in TRANSITIONS.items()
        if before == state and not _skips_evaluation(state, action, severity)
    ]


def _skips_evaluation(state, action, severity):
    return action == "close" and state == RESOLVED and severity in EVALUATED_FIRST


def due_ms(severity, raised_ms):
    """By when somebody should have acknowledged it."""
    return raised_ms + DUE_MIN[severity] * 60_000
