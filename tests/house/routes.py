"""`python -m tests.house.routes > docs/api-routes.md`: the routes of /api/v1, from what the program itself declares."""

import tempfile
from pathlib import Path

from collector import db
from collector.api import openapi
from collector.app import create_app

HEAD = """# Routes of /api/v1

Made of what the routes declare (`python -m tests.house.routes`); the same as OpenAPI 3.1 stands at
`/api/v1/openapi.json`. How tokens, pages, errors and idempotency keys work: [api.md](api.md). What ends in `?` may be
left out or is not always there.
"""


def page():
    """The whole page."""
    with tempfile.TemporaryDirectory() as folder:
        db.open_database(Path(folder), make=True)
        db.migrate()
        app = create_app(folder)
        found, shapes = openapi.routes(app), openapi.document(app)["components"]["schemas"]
        db.database.close()
    lines = [HEAD]
    for method, rule, view in found:
        lines += _route(method, openapi.PLACEHOLDER.sub(r"{\2}", rule.rule), view)
    lines.append("# Shapes\n")
    for name, schema in sorted(shapes.items()):
        if not name.startswith("Page_"):
            lines.append(f"## {name}\n\n{schema.get('description', '')}\n\n{_fields(_listed(schema))}\n")
    return "\n".join(lines)


def _route(method, path, view):
    spoken, words = view.spoken, " ".join(view.__doc__.split())
    yield f"## `{method} {path}`\n\n{words} Needs {openapi.needed(view)}.\n"
    if spoken.asks:
        yield f"- query: {_fields(openapi.fields(spoken.asks))}"
    if spoken.takes:
        yield f"- body: {_type(spoken.takes)}"
    yield f"- answer: {spoken.status} {_type(spoken.gives)}\n" if spoken.gives else "- answer: 204\n"


def _type(said):
    """A body as the page names it: a shape, a page or list of one, or a media type."""
    if isinstance(said, tuple):
        return " or ".join(f"`{media}`" for media in said)
    if isinstance(said, str):
        return f"`{said}`"
    inside = getattr(said, "__args__", None)
    if not inside:
        return said.__name__
    return f"{'a page' if said.__name__ == 'Page' else 'a list'} of {inside[0].__name__}"


def _listed(schema):
    required = schema.get("required", ())
    return [(name, said, name in required) for name, said in schema.get("properties", {}).items()]


def _fields(fields):
    return ", ".join(f"`{name}`{'' if has_to else '?'} {_kind(said)}" for name, said, has_to in fields)


def _kind(schema):
    """A type in a word or two; choices by name."""
    if "enum" in schema:
        return f"({', '.join(str(one) for one in schema['enum'] if one != '')})"
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}" if schema.get("items") else "list"
    return schema.get("format") or schema.get("type", "anything")


if __name__ == "__main__":
    print(page(), end="")
