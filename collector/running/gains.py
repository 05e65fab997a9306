"""How the same levels read at different times: a gain for each half hour of a moved clamp, a drift, a mains that rose.

Each half hour's currents, on a scale of powers of e, are laid over those of the whole trace at every shift; the
cheapest way through the shifts pays for each change, so that another mixture of states is no change of gain.
"""

import numpy as np

BLOCK_MS = 1_800_000
STEP, REACH = 0.01, 70  # one per cent; as far as twice or half
EACH, LEAP, MOST = 2.0, 11, 400.0  # the price of a change by one per cent; of one beyond so many
WEIGHT = 14.0  # of a block, against the price of a change
COMMON = 0.08  # of the commonest current: what is as common as that is as good as expected
MANY = 6000  # blocks, a third of a year: one beginning has to do
FAINT = 0.05  # of the upper level: below it a gain cannot be seen


def gains_of(columns, base):
    """[(from_ms, gain)]: by what to divide the readings from then on so that the same state is the same current."""
    top = float(np.quantile(base, 0.9))
    block = ((columns.ts_ms - columns.ts_ms[0]) // BLOCK_MS).astype(int)
    count = int(block[-1]) + 1
    start = int(columns.ts_ms[0])
    if count < 8:
        return [(start, 1.0)]
    shown = _histograms(base, block, count, top)
    seen = np.flatnonzero(shown.sum(1) > 0)
    if seen.size < 8:
        return [(start, 1.0)]
    shift = _aligned(shown[seen], seen)
    return _epochs(seen, shift, start)


def _histograms(base, block, count, top):
    """A row for each block: the share of its windows at each step of the scale, with room to both sides."""
    strong = base > FAINT * top
    place = np.round(np.log(np.maximum(base, 1e-9) / (FAINT * top)) / STEP).astype(int)
    size = int(place[strong].max()) + 1 if strong.any() else 1
    size = min(size, 600)
    strong &= place < size
    flat = np.bincount(block[strong] * size + place[strong], minlength=count * size).reshape(count, size)
    every = np.maximum(1, np.bincount(block, minlength=count))
    return np.pad(flat / every[:, None], ((0, 0), (REACH, REACH)))


def _aligned(shown, seen):
    """The shift of each row, in steps, from the beginning that leaves the sharpest sum of all rows."""
    full = np.array([(row > 0.03).sum() for row in shown])
    day = seen // 48 - seen[0] // 48
    parts = np.array_split(np.arange(day[-1] + 1), min(3, day[-1] + 1) if len(shown) < MANY else 1)
    busy = np.bincount(day, full)
    found = [_from(shown, shown[day == part[busy[part].argmax()]].mean(0)) for part in parts]
    return min(found, key=lambda one: one[0])[1]


def _from(shown, reference):
    """(length of telling it, shift of each row): round by round against the sum of all, aligned as they were then."""
    for wide in (3.0, 2.0, 1.3, 1.0) if len(shown) < MANY else (3.0, 1.0):
        shift, price = _cheapest(_costs(shown, _smooth(reference, wide)))
        reference = np.stack([np.roll(row, -by) for row, by in zip(shown, shift, strict=True)]).mean(0)
    sharp = _smooth(reference, 1.0)
    sharp = sharp[sharp > 0] / sharp.sum()
    usual = np.bincount(shift + REACH).argmax() - REACH
    return WEIGHT * len(shown) * -float((sharp * np.log(sharp)).sum()) + price, shift - usual


def _smooth(density, wide):
    reach = int(4 * wide) + 1
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / wide) ** 2)
    return np.convolve(density, bell / bell.sum(), "same")


def _costs(shown, reference):
    """What each shift (column) costs each row: how unlikely its currents are in the reference shifted so far."""
    share = reference / max(1e-12, reference.max())
    unlikely = -np.log(np.minimum(1.0, share / COMMON) + 3e-3) - 0.15 * np.log(share + 3e-3)
    shifted = np.stack([np.roll(unlikely, by) for by in range(-REACH, REACH + 1)], axis=1)
    return WEIGHT * (shown @ shifted)


def _cheapest(costs):
    """(shift of each row, price of the changes) of the cheapest way through all rows."""
    size = costs.shape[1]
    price = EACH * np.abs(np.arange(-LEAP, LEAP + 1))[:, None]
    reach = np.arange(size)[None, :] + np.arange(2 * LEAP + 1)[:, None]
    column = np.arange(size)
    cost = costs[0] + 0.02 * np.abs(column - REACH)
    ways = np.zeros(costs.shape, np.int16)
    padded = np.full(size + 2 * LEAP, np.inf)
    for row in range(1, len(costs)):
        padded[LEAP : LEAP + size] = cost
        near = padded[reach] + price
        step = near.argmin(0)
        best = near[step, column]
        least = int(cost.argmin())
        leap = best > cost[least] + MOST
        ways[row] = np.where(leap, least, column + step - LEAP)
        cost = np.where(leap, cost[least] + MOST, best) + costs[row]
        cost -= cost.min()
    out, at = np.zeros(len(costs), int), int(cost.argmin())
    for row in range(len(costs) - 1, -1, -1):
        out[row] = at - REACH
        at = int(ways[row][at])
    apart = np.abs(np.diff(out))
    return out, float(np.where(apart <= LEAP, EACH * apart, MOST).sum())


def _epochs(seen, shift, start):
    out = []
    for block, by in zip(seen.tolist(), shift.tolist(), strict=True):
        gain = float(np.exp(by * STEP))
        if not out or gain != out[-1][1]:
            out.append((start + block * BLOCK_MS if out else start, gain))
    return out
