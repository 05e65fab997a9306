"""What the register says of equipment beyond its name, and every change of it."""

from collector.db.statements import drop_columns, drop_tables, of_statements

COLUMNS = (
    "category TEXT", "catalogue_year INTEGER", "udi TEXT", "licence_number TEXT", "licence_model TEXT",
    "licence_installed_on TEXT", "accepted_on TEXT", "warranty_until TEXT", "contract TEXT", "contract_until TEXT",
    "supplier TEXT", "price_cents INTEGER",
)  # fmt: skip
UP = (
    *(f"ALTER TABLE equipment ADD COLUMN {column}" for column in COLUMNS),
    """CREATE TABLE equipment_change (id INTEGER PRIMARY KEY,
        equipment_id INTEGER NOT NULL REFERENCES equipment (id), ts_ms INTEGER NOT NULL, actor TEXT NOT NULL,
        before TEXT NOT NULL, after TEXT NOT NULL)""",
    "CREATE INDEX equipment_change_of ON equipment_change (equipment_id)",
)
DOWN = (
    *drop_tables("equipment_change"),
    *drop_columns("equipment", *(column.split(" ")[0] for column in reversed(COLUMNS))),
)

up, down = of_statements(UP, DOWN)
