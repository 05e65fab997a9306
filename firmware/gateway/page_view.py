"""What the page beside the gateway looks like: what needs a person first, then each terminal, then what was refused."""

import html
import time

from firmware.gateway import sight
from firmware.gateway.page_words import LANGUAGES, NEEDS, WORDS
from firmware.protocol.channels import BY_NAME

STYLE = """body{font:16px/1.45 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:64rem;
color:#1b1f24;background:#fff}
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .5rem}h3{font-size:1rem;margin:0 0 .4rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:baseline;justify-content:space-between}
a{color:#0a58ca}nav a{display:inline-block;padding:.6rem .5rem}
ul.needs{list-style:none;margin:0;padding:0}ul.needs li{border-left:.3rem solid #b45309;background:#fff7ed;
margin:0 0 .4rem;padding:.5rem .7rem;overflow-wrap:anywhere}p.well{border-left:.3rem solid #15803d;background:#f0fdf4;
margin:0;padding:.5rem .7rem}
main>section{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:.8rem}
article{border:1px solid #c9ced6;border-radius:.4rem;padding:.7rem}.away{border-color:#b45309}
dl{display:grid;grid-template-columns:minmax(7.5rem,auto) 1fr;gap:.15rem .8rem;margin:0}dt{color:#4b5563}
dd{margin:0;overflow-wrap:anywhere}footer{margin:1.6rem 0;color:#4b5563}"""


def page(seen, language, now_ms):
    """The whole page of a Sight as HTML."""
    words = {name: pair[LANGUAGES[language]] for name, pair in WORDS.items()}
    title = f"{words['gateway']} {html.escape(seen.gateway_id)}"
    other = "".join(f'<a href="/?{code}" lang="{code}">{WORDS["language"][n]}</a>' for code, n in LANGUAGES.items())
    rows = "".join(_article(row, words) for row in seen.rows) or f"<p>{words['none']}</p>"
    refused = [
        (f"{interface} {source or words['unnamed']} {code}", n) for interface, source, code, n in seen.outbox.refusals
    ]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">'
        f'<link rel="stylesheet" href="/style.css"></head><body><header><h1>{title}</h1><nav>{other}</nav></header>'
        f"<main><h2>{words['needs']}</h2>{_needs(seen, language, words, now_ms)}{_state(seen, words)}"
        f"<h2>{words['terminals']}</h2><section>{rows}</section>"
        f"<h2>{words['refused']}</h2>{_list(*refused) if refused else words['none']}</main>"
        f'<footer>{instant(now_ms)}. {words["utc"]}. <a href="/metrics">{words["figures"]}</a></footer></body></html>'
    )


def need(what, who, count, language):
    """One need as a sentence."""
    return NEEDS[what][LANGUAGES[language]].format(who=who, n=count)


def _needs(seen, language, words, now_ms):
    said = [html.escape(need(*one, language)) for one in sight.needs(seen, now_ms)]
    if not said:
        return f'<p class="well">{words["nothing"]}</p>'
    return '<ul class="needs">' + "".join(f"<li>{one}</li>" for one in said) + "</ul>"


def _state(seen, words):
    outbox = seen.outbox
    proved = bool(seen.live and seen.live["clock_proved"])
    waits = words["waits"].format(outbox.waiting, outbox.gaps, outbox.records)
    oldest = words["oldest"].format(instant(outbox.oldest_ms)) if outbox.oldest_ms is not None else ""
    rows = [(words["clock"], words["proved" if proved else "unproved"])]
    rows += [(words["waiting"], f"{waits} {oldest}"), (words["set_aside"], outbox.set_aside)]
    return f"<h2>{words['gateway']}</h2>{_list(*rows)}"


def _article(row, words):
    where = {"source": words["source"], "foreign": words["foreign"]}.get(row.kind)
    where = where or (words["here"] if row.here else words["away"])
    values = (row.latest["values"] if row.latest else {}).items()
    said = row.said
    rows = [(words["heard"], instant(row.heard_ms))]
    rows += [(name, words["invalid"] if value is None else f"{value:g} {_unit_of(name)}") for name, value in values]
    slot = "-" if said.get("slot") is None else said["slot"]
    own = (
        ("firmware", f"{said['version']}, {slot}" if "version" in said else None),
        ("signal", _unit(said.get("rssi_dbm"), "dBm")),
        ("heap", _unit(said.get("heap_free"), "B")),
        ("depth", sight.depth(said)),
        ("refuses", sight.refused(said)),
        ("own_waiting", row.waiting or None),
        ("commands", row.commands or None),
    )
    rows += [(words[name], value) for name, value in own if value is not None]
    away = ' class="away"' if row.here is False else ""
    return f"<article{away}><h3>{html.escape(row.terminal_id)} <small>{where}</small></h3>{_list(*rows)}</article>"


def _unit_of(name):
    return BY_NAME[name].unit if name in BY_NAME else ""


def _unit(value, unit):
    return None if value is None else f"{value} {unit}"


def _list(*rows):
    return "<dl>" + "".join(f"<dt>{html.escape(str(a))}</dt><dd>{html.escape(str(b))}</dd>" for a, b in rows) + "</dl>"


def instant(ts_ms):
    """An instant for a person, or a dash."""
    return "-" if ts_ms is None else time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ts_ms / 1000))
