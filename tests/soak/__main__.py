"""`python -m tests.soak PLAN MINUTES`: run a plan for so long, print what it saw; exit status 1 on a fault."""

import importlib
import sys

PLANS = ("terminal", "ledger", "fleet", "shards", "api")


def main(plan, minutes):
    """Run, print the report, say each fault."""
    if plan not in PLANS:
        sys.exit(f"soak: no plan {plan}; there are {', '.join(PLANS)}")
    seen, faults = importlib.import_module(f"tests.soak.{plan}").run(float(minutes) * 60)
    for name, value in seen.items():
        print(f"{name:32}{value:>12,}")
    for fault in faults:
        print("FAULT", fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tests.soak PLAN MINUTES")
    main(*sys.argv[1:])
