"""What one of our source files says of names: which it binds, takes from others, or may be known by elsewhere."""

import ast
import io
import re
import tokenize


class Source:
    """A file as the tree and the tokens it is made of. `path` is its place inside a slot."""

    def __init__(self, path, text):
        self.path, self.text, self.tree = path, text, ast.parse(text)
        self.module = path[: -len(".py")].removeprefix("lib/").replace("/", ".").removesuffix(".__init__")
        self._nodes = list(ast.walk(self.tree))
        self.imports = self._every(ast.ImportFrom)
        self.origins = {one.asname or one.name: (of.module, one.name) for of in self.imports for one in of.names}
        self.arguments = {node.arg for node in self._every(ast.arg)}
        self.bound = [node.id for node in self._every(ast.Name) if not isinstance(node.ctx, ast.Load)]
        self.bound += [node.arg for node in self._every(ast.arg)]
        self.bases = {base.id for node in self._every(ast.ClassDef) for base in node.bases if hasattr(base, "id")}
        self.used = {token.string for token in self.tokens() if token.type == tokenize.NAME}

    def _every(self, *kinds):
        return [node for node in self._nodes if isinstance(node, kinds)]

    def tokens(self):
        """Each token of the text in turn."""
        return tokenize.generate_tokens(io.StringIO(self.text).readline)

    def words(self):
        """The words of its texts that are no sentences, but of its docstrings: a name may be looked up by them."""
        docstrings = [node.value for node in self._every(ast.Expr)]
        texts = [node.value for node in self._every(ast.Constant) if node not in docstrings]
        return {word for text in texts if re.fullmatch(r"[\w.]+", str(text)) for word in str(text).split(".")}

    def made(self):
        """Names that begin to be here: of functions, arguments, attributes, what is bound, and classes without a base.

        Others, errors among them, are told by their names.
        """
        stored = [node.attr for node in self._every(ast.Attribute) if not isinstance(node.ctx, ast.Load)]
        defined = [node.name for node in self._every(ast.FunctionDef, ast.ClassDef) if not getattr(node, "bases", ())]
        return {*stored, *defined, *self.arguments, *_outer(self.tree.body)}

    def borrowed(self):
        """Names others gave or look for: keywords, modules, and whatever is taken from a module that is not ours."""
        names = {node.arg for node in self._every(ast.keyword)} | set(self.module.split("."))
        taken = {one.asname or one.name for of in self._every(ast.Import) for one in of.names}
        for node in self._every(ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id in taken:
                names.add(node.attr)
        for text in self._every(ast.JoinedStr):  # the tokens do not look into them
            names |= {getattr(node, "id", getattr(node, "attr", None)) for node in ast.walk(text)}
        return names | taken

    def assigned(self):
        """(statement, {name: expression}) of every plain assignment at top level."""
        for node in self.tree.body:
            if not isinstance(node, ast.Assign) or len(node.targets) > 1:
                continue
            target, value, pair = node.targets[0], node.value, isinstance(node.value, ast.Tuple)
            if isinstance(target, ast.Name):
                yield node, {target.id: value}
            elif pair and isinstance(target, ast.Tuple) and all(isinstance(one, ast.Name) for one in target.elts):
                yield node, {one.id: of for one, of in zip(target.elts, value.elts, strict=True)}


def _outer(body):
    """The names bound in a module or a class, not inside its functions: those alone take memory by their names."""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        yield from _outer(ast.iter_child_nodes(node))
