"""Every page says which right it needs; a page that says none is closed to everybody."""

import ast

import pytest

from tests.house.tree import files, text, tree

# Doors of their own credentials, and the pages one sees before signing in.
OPEN_FILES = {"a02.py", "app.py", "api/openapi.py", "gateways/api.py", "web/i18n.py", "web/look.py", "web/security.py"}
OPEN_VIEWS = {"accounts/views.py": {"sign_in", "second_step", "accept_invitation"}}
ROUTES = {"get", "post", "put", "patch", "delete", "route"}


def names(decorators):
    for one in decorators:
        called = one.func if isinstance(one, ast.Call) else one
        yield called.attr if isinstance(called, ast.Attribute) else called.id


@pytest.mark.parametrize(
    "path", [path for path in files() if path.parts[0] == "collector" and path.suffix == ".py"], ids=str
)
def test_a_view_names_the_right_it_needs(path):
    inside = "/".join(path.parts[1:])
    if inside in OPEN_FILES or not any(word in text(path) for word in ("Blueprint", "api.room(")):
        return
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef) and node.name not in OPEN_VIEWS.get(inside, ()):
            marks = list(names(node.decorator_list))
            if ROUTES & set(marks):
                assert "needs" in marks, (
                    f"{path}:{node.lineno} {node.name}: say @needs(RIGHT), the innermost mark but one, and give its "
                    "route a row in docs/security.md"
                )
