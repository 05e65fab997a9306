"""Images for terminals, and rollouts: which terminal gets which image in which ring, and what came of it."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE image (image_id TEXT PRIMARY KEY, board TEXT NOT NULL, version TEXT NOT NULL, size INTEGER NOT NULL,
        head_size INTEGER NOT NULL, sha256 TEXT NOT NULL, added_ms INTEGER NOT NULL)""",
    """CREATE TABLE rollout (id INTEGER PRIMARY KEY, image_id TEXT NOT NULL REFERENCES image (image_id),
        rings TEXT NOT NULL, ring INTEGER NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, within_ms INTEGER NOT NULL,
        failures_most INTEGER NOT NULL, issuer TEXT NOT NULL, reason TEXT NOT NULL, created_ms INTEGER NOT NULL)""",
    """CREATE TABLE rollout_terminal (rollout_id INTEGER NOT NULL REFERENCES rollout (id), terminal_id TEXT NOT NULL,
        ring INTEGER NOT NULL, state TEXT NOT NULL, since_ms INTEGER NOT NULL, error TEXT NOT NULL,
        PRIMARY KEY (rollout_id, terminal_id))""",
)
DOWN = drop_tables("rollout_terminal", "rollout", "image")

up, down = of_statements(UP, DOWN)
