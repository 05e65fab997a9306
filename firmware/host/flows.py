"""Connections of known protocols, seen as flows: who, which way, which port, since when, how many. Never a payload."""

from collections import namedtuple

import psutil

WITHOUT_PEER = ("LISTEN", "SYN_SENT", "NONE")
MOST = 20  # flows in one record

Seen = namedtuple("Seen", ("direction", "address", "port", "protocol", "peer_port"))


def connections(ports):
    """[Seen] of every TCP connection at this moment whose port is one of `ports`, {port: protocol}.

    Needs no rights: the table of sockets is everybody's; whose process they are is not asked.
    """
    found = []
    for one in psutil.net_connections(kind="tcp"):
        if one.raddr and one.status not in WITHOUT_PEER:
            ours = one.laddr.port in ports
            port = one.laddr.port if ours else one.raddr.port
            if port in ports:
                own = one.raddr.port if ours else one.laddr.port
                found.append(Seen("in" if ours else "out", one.raddr.ip, port, ports[port], own))
    return found


class Flows:
    """What was seen since the last report. No I/O: time comes with each look."""

    def __init__(self, open_every_ms, kept_most):
        self._open_every_ms, self._kept_most = open_every_ms, kept_most
        self._flows = {}  # {first four of a Seen: [first_ms, last_ms, count, its open peer ports, told_ms]}
        self.dropped = 0  # flows that had no room

    def look(self, seen, now_ms):
        """Take the connections of a moment: a peer's port that was not there before is one more."""
        now_open = {}
        for one in seen:
            now_open.setdefault(one[:4], set()).add(one.peer_port)
        for key, peer_ports in now_open.items():
            if key not in self._flows and len(self._flows) >= self._kept_most:
                self.dropped += 1
                continue
            flow = self._flows.setdefault(key, [now_ms, now_ms, 0, set(), None])
            flow[2] += len(peer_ports - flow[3])
            flow[1], flow[3] = now_ms, peer_ports
        for key in self._flows.keys() - now_open.keys():
            self._flows[key][3] = set()

    def open_now(self):
        """How many flows are open."""
        return sum(1 for flow in self._flows.values() if flow[3])

    def report(self, now_ms):
        """[bodies of records] of what began or ended since the last report, or has been open for long.

        Times are seconds before the record's own, which a gateway's clock stamps.
        """
        due = [key for key, flow in self._flows.items() if self._is_due(flow, now_ms)]
        told = [self._told(key, self._flows[key], now_ms) for key in sorted(due)]
        for key in due:
            self._flows[key][2], self._flows[key][4] = 0, now_ms
        for key in [key for key, flow in self._flows.items() if not flow[3]]:
            del self._flows[key]
        return [{"flows": told[at : at + MOST]} for at in range(0, len(told), MOST)]

    def _is_due(self, flow, now_ms):
        _first_ms, _last_ms, count, peer_ports, told_ms = flow
        return count or not peer_ports or told_ms is None or now_ms - told_ms >= self._open_every_ms

    def _told(self, key, flow, now_ms):
        direction, address, port, protocol = key
        first_ms, last_ms, count, peer_ports, _told_ms = flow
        return {
            "direction": direction,
            "address": address,
            "port": port,
            "protocol": protocol,
            "first_s_ago": (now_ms - first_ms) // 1000,
            "last_s_ago": (now_ms - last_ms) // 1000,
            "count": count,
            "open": bool(peer_ports),
        }
