"""What somebody was told in the last minute is found by its instant, however many messages there were before."""

from collector.db.statements import of_statements

up, down = of_statements(
    ("CREATE INDEX notification_sent ON notification (sent_ms)",), ("DROP INDEX notification_sent",)
)
