"""Several boards at the same time, each with its own end: one that fails stops no other."""

from concurrent.futures import ThreadPoolExecutor, wait

from flasher.errors import FlasherError


def side_by_side(work, items, bars):
    """[(what work(item) gave, None) or (None, its FlasherError)], all items at once, in their order.

    After Ctrl-C each of several ends at its next piece, with its line in the journal; then KeyboardInterrupt goes on.
    """
    if len(items) == 1:
        return [_tried(work, items[0])]
    with ThreadPoolExecutor(max(1, len(items))) as pool:
        due = [pool.submit(_tried, work, item) for item in items]
        try:
            wait(due)
        except KeyboardInterrupt:
            bars.stop()
            raise  # the pool waits for its threads
    return [each.result() for each in due]


def raise_first(errors):
    """End as the first of several boards that failed did; None stands for one that did not."""
    first = next((error for error in errors if error is not None), None)
    if first is not None:
        raise first


def _tried(work, item):
    try:
        return work(item), None
    except FlasherError as error:
        return None, error
