"""A peer of the store's bench: what one writes first with Flask and peewee: `-m tests.bench.store_flask DB PORT`."""

import gzip
import json
import sys

import uvicorn
from a2wsgi import WSGIMiddleware
from flask import Flask, request
from peewee import BigIntegerField, CompositeKey, FloatField, IntegerField, Model, SqliteDatabase

database = SqliteDatabase(None, pragmas={"journal_mode": "wal", "synchronous": "normal"})
app = Flask(__name__)


class Wide(Model):
    terminal = IntegerField()
    ts = BigIntegerField()
    seq = BigIntegerField()
    current = FloatField()
    voltage = FloatField()
    temperature = FloatField()
    humidity = FloatField()

    class Meta:
        database = database
        primary_key = CompositeKey("terminal", "ts")
        without_rowid = True


@app.get("/")
def ready():
    return "ready"


@app.post("/")
def take():
    rows = json.loads(gzip.decompress(request.get_data()))
    with database.atomic():
        Wide.insert_many(rows, fields=Wide._meta.sorted_fields).on_conflict_ignore().execute()
    return {"stored": len(rows)}


if __name__ == "__main__":
    database.init(sys.argv[1])
    database.create_tables([Wide])
    uvicorn.run(WSGIMiddleware(app, workers=1), port=int(sys.argv[2]), log_level="warning", access_log=False)
