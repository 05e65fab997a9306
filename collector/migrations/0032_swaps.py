"""For some days another one is told in the place of whom a route names."""

from collector.db.statements import drop_tables, of_statements

UP = """CREATE TABLE swap (id INTEGER PRIMARY KEY, route_id INTEGER NOT NULL REFERENCES route (id),
    recipient_id INTEGER NOT NULL REFERENCES recipient (id), first_on TEXT NOT NULL, last_on TEXT NOT NULL,
    ended_ms INTEGER)"""

up, down = of_statements((UP,), drop_tables("swap"))
