"""The peer of the pages' bench: the least that Flask can do for a page: `-m tests.bench.pages_flask PORT`."""

import sys

import uvicorn
from a2wsgi import WSGIMiddleware
from flask import Flask, render_template_string

app = Flask(__name__)


@app.get("/")
def page():
    return render_template_string("<!doctype html><title>{{ name }}</title><p>{{ name }}</p>", name="bare")


if __name__ == "__main__":
    uvicorn.run(WSGIMiddleware(app, workers=8), port=int(sys.argv[1]), log_level="warning", access_log=False)
