"""The document of /api/v1, OpenAPI 3.1, made of what the routes declare: it cannot say anything else than they do."""

import re

import msgspec
from flask import Blueprint, Response, current_app

from collector.api.door import JSON, PREFIX
from collector.api.kept import HEADER
from collector.web.problems import MEDIA, PROBLEMS, Problem

REF = "#/components/schemas/{name}"
PLACEHOLDER = re.compile(r"<(?:(\w+):)?(\w+)>")
NUMBER = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
TOKEN = {"token": []}
ALWAYS = ("unauthorized", "forbidden", "too_many", "internal", "store_unavailable")

documents = Blueprint("document", __name__)


@documents.get(f"{PREFIX}/openapi.json")
def openapi():
    """The document; it names nothing of the hospital and is open."""
    return Response(msgspec.json.encode(document(current_app)), mimetype=JSON)


def routes(app):
    """[(method, rule, view)] of the routes that say what they take and give, by address and method."""
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if hasattr(view, "spoken"):
            found += [(method, rule, view) for method in rule.methods - {"HEAD", "OPTIONS"}]
    return sorted(found, key=lambda one: (one[1].rule, one[0]))


def document(app):
    """The whole document as a dict."""
    found = routes(app)
    types = [one for _m, _r, view in found for one in (view.spoken.gives, view.spoken.takes) if _is_type(one)]
    types = list(dict.fromkeys((*types, Problem)))
    schemas, components = msgspec.json.schema_components(types, ref_template=REF)
    schema_of, paths = dict(zip(types, schemas, strict=True)), {}
    for _method, _rule, view in found:
        if _is_type(view.spoken.takes):
            components[view.spoken.takes.__name__]["additionalProperties"] = False
    for method, rule, view in found:
        path = PLACEHOLDER.sub(r"{\2}", rule.rule)
        paths.setdefault(path, {})[method.lower()] = _operation(method, rule, view, schema_of)
    schemes = {"token": {"type": "http", "scheme": "bearer", "description": "made on the account page"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gantry", "version": "1", "description": "What the pages do, for programs: docs/api.md"},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": schemes},
    }


def _is_type(one):
    return one is not None and not isinstance(one, str | tuple)


def _operation(method, rule, view, schema_of):
    spoken, words = view.spoken, " ".join(view.__doc__.split())
    parameters = [_of_path(kind, name) for kind, name in PLACEHOLDER.findall(rule.rule)]
    if spoken.asks:
        parameters += _of_query(spoken.asks)
    if method == "POST":
        schema = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"}
        parameters.append({"name": HEADER, "in": "header", "schema": schema})
    said = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": words,
        "tags": [rule.endpoint.partition("_api.")[0]],
        "description": f"Needs {needed(view)}.",
        "security": [TOKEN],
        "parameters": parameters,
        "responses": _responses(method, rule, spoken, schema_of),
    }
    if spoken.takes:
        media = spoken.takes if isinstance(spoken.takes, tuple) else (JSON,)
        schema = {"type": "string"} if isinstance(spoken.takes, tuple) else schema_of[spoken.takes]
        said["requestBody"] = {"required": True, "content": {one: {"schema": schema} for one in media}}
    return said


def needed(view):
    """What a route needs: the right of a person, or for what names none the scope of a token."""
    return f"the right `{view.right}`" if hasattr(view, "right") else "a token of scope `provision`"


def _of_path(kind, name):
    schema = NUMBER if kind == "int" else {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9._-]+$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def fields(type_):
    """[(name, schema, whether it has to be there)] of a Struct."""
    schema, components = msgspec.json.schema_components([type_], ref_template=REF)
    one = components[schema[0]["$ref"].rpartition("/")[2]]
    return [(name, said, name in one.get("required", ())) for name, said in one["properties"].items()]


def _of_query(asks):
    return [{"name": name, "in": "query", "required": has_to, "schema": said} for name, said, has_to in fields(asks)]


def _responses(method, rule, spoken, schema_of):
    said = {str(status if spoken.gives else 204): _given(spoken, schema_of) for status in (spoken.status, *spoken.also)}
    if method == "GET" and _is_type(spoken.gives):
        said["304"] = {"description": "It is as `If-None-Match` says"}
    for code in (*ALWAYS, *_refusals(method, rule, spoken), *spoken.refuses):
        kind = PROBLEMS[code]
        said[str(kind.status)] = {"description": kind.title, "content": {MEDIA: {"schema": schema_of[Problem]}}}
    return dict(sorted(said.items()))


def _refusals(method, rule, spoken):
    """The codes that come of what a route takes."""
    if "<" in rule.rule:
        yield "not_found"
    if "<int:" in rule.rule and method != "GET":
        yield "method_not_allowed"  # what the router says of a number that is none of ours
    if spoken.asks or method == "POST":
        yield "field_invalid"
    if method != "GET":
        yield from ("request_unreadable", "not_found", "not_done", "too_large")
    if method == "PATCH":
        yield "changed_meanwhile"
    if spoken.takes:
        yield from ("media_type", "field_invalid")


def _given(spoken, schema_of):
    if spoken.gives is None:
        return {"description": "Done"}
    media, schema = (
        (spoken.gives, {"type": "string"}) if isinstance(spoken.gives, str) else (JSON, schema_of[spoken.gives])
    )
    said = {"description": "Done", "content": {media: {"schema": schema}}}
    if getattr(spoken.gives, "__name__", "") == "Page":
        link = {"description": "the next page, rel=next", "schema": {"type": "string"}}
        said["headers"] = {"Link": link}
    return said
