"""What the register says of equipment beyond its name, and every change of it."""

COLUMNS = (
    "category TEXT", "catalogue_year INTEGER", "udi TEXT", "licence_number TEXT", "licence_model TEXT",
    "licence_installed_on TEXT", "accepted_on TEXT", "warranty_until TEXT", "contract TEXT", "contract_until TEXT",
    "supplier TEXT", "price_cents INTEGER",
)  # fmt: skip
CHANGE = """CREATE TABLE equipment_change (id INTEGER PRIMARY KEY,
    equipment_id INTEGER NOT NULL REFERENCES equipment (id), ts_ms INTEGER NOT NULL, actor TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL)"""


def up(migrator, db):
    """Add them; nothing of it is known yet."""
    for column in COLUMNS:
        db.execute_sql(f"ALTER TABLE equipment ADD COLUMN {column}")
    db.execute_sql(CHANGE)
    db.execute_sql("CREATE INDEX equipment_change_of ON equipment_change (equipment_id)")


def down(migrator, db):
    """Take them away, with what they said."""
    db.execute_sql("DROP TABLE equipment_change")
    for column in reversed(COLUMNS):
        db.execute_sql(f"ALTER TABLE equipment DROP COLUMN {column.split(' ')[0]}")
