"""Our sources as a board can afford them: each name a program mentions takes memory for as long as it runs.

Before the compiler sees them, constants are written where they are used, and names that nobody else can know are
numbered, the same few numbers in every file. Lines stay where they are: a traceback says file and line of the source.
"""

import ast
import itertools
import re
import tokenize

from flasher.names import Source

CONSTANT, OFFICIAL = re.compile(r"_?[A-Z][A-Z0-9_]*"), re.compile(r"__\w+__")
KEPT = ("firmware.terminal", "VERSION")  # others ask for it
OPTIONS = "firmware/terminal/sensors/"  # an identity names the arguments of these
PLAIN = (int, float, str, bytes)
FOLDED = (ast.Expression, ast.Constant, ast.Name, ast.expr_context)
FOLDED += (ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
# by MicroPython, or by the boot part; a test holds it against them
KNOWN = """self _ main VERSION accept add append clear close connect count decrypt digest encrypt error extend find
flags flush format get getaddrinfo index insert items keys mount name obj open pack path poll pop random read readable
readinto register remove replace seek send set setblocking socket sort split start stat step strip tell umount
unpack unregister update value values version wrap_socket write"""


def shrunk(texts, others=()):
    """{path inside a slot: text} of files, shrunk. `others`: texts that run beside them and stay as they are."""
    sources = [Source(path, text) for path, text in texts.items()]
    constants, numbers = plan(sources, [Source("other.py", text) for text in others])
    return {source.path: _written(source, constants, numbers) for source in sources}


def plan(sources, others):
    """({(module, name): value} of constants that need no name on a board, {name: short name} of names only these
    sources can mean)."""
    words = set().union(*(source.words() for source in sources))
    foreign = words.union(
        KNOWN.split(), *(source.used for source in others), *(source.borrowed() for source in sources)
    )
    foreign.update(*(source.arguments for source in sources if source.path.startswith(OPTIONS)))
    modules = {source.module for source in sources}
    for source in sources:
        for name, (module, own) in source.origins.items():
            if module not in modules:
                foreign.update((name, own))
    return _constants(sources, words), _numbers(sources, foreign)


def _constants(sources, never):
    """{(module, name): value} of the constants that need no name on a board."""
    by_module, found = {source.module: source for source in sources}, {}

    def value_of(module, name):
        if (module, name) in found or module not in by_module:
            return found.get((module, name))
        source = by_module[module]
        if name in source.origins:
            return value_of(*source.origins[name])
        for _statement, parts in source.assigned():
            if name in parts and all(CONSTANT.fullmatch(one) and source.bound.count(one) == 1 for one in parts):
                values = [_value(part, lambda other: value_of(module, other)) for part in parts.values()]
                if None not in values and not never.intersection(parts) and (module, name) != KEPT:
                    found.update(zip([(module, one) for one in parts], values, strict=True))
        return found.get((module, name))

    for source in sources:
        for _statement, parts in source.assigned():
            for name in parts:
                value_of(source.module, name)
    return found


def _value(expression, value_of):
    """What an expression of literals and constants is, or None."""
    nodes = list(ast.walk(expression))
    names = {node.id: value_of(node.id) for node in nodes if isinstance(node, ast.Name)}
    if None in names.values() or not all(isinstance(node, FOLDED) for node in nodes):
        return None
    value = eval(compile(ast.Expression(expression), "constant", "eval"), {"__builtins__": {}}, names)
    return value if type(value) in PLAIN else None


def _numbers(sources, foreign):
    """{name: short name} of the names only our own files can mean. Two names of one file, or of a class and its base,
    never become the same."""
    found = {name for source in sources for name in source.made() if not OFFICIAL.fullmatch(name)} - foreign
    homes, together = {}, _together(sources)
    for source in sources:
        for name in source.used & found:
            homes.setdefault(name, set()).add(together[source.module])
    numbers, taken = {}, set()
    for name in sorted(homes, key=lambda name: (-len(homes[name]), name)):
        number = next(n for n in itertools.count() if not any((home, n) in taken for home in homes[name]))
        taken.update((home, number) for home in homes[name])
        numbers[name] = f"_{number}"
    return numbers


def _together(sources):
    """{module: a module that stands for all whose classes are made of each other's}."""
    home = {source.module: source.module for source in sources}
    for source in sources:
        for base in source.bases & set(source.origins):
            module = source.origins[base][0]
            if module in home:
                old, new = home[source.module], home[module]
                home = {name: new if one == old else one for name, one in home.items()}
    return home


def _written(source, constants, numbers):
    """The text of a file with its constants and numbers in place, line by line where it was."""
    values = {name: constants[of] for name, of in source.origins.items() if of in constants}
    values |= {name: value for (module, name), value in constants.items() if module == source.module}
    lines, gone = source.text.splitlines(keepends=True), set()
    for statement, written in _statements(source, constants, values, numbers):
        rows = range(statement.lineno, statement.end_lineno + 1)
        gone.update(rows)
        lines[rows[0] - 1 : rows[-1]] = [f"{written}\n"] + ["\n"] * (len(rows) - 1)
    for row, begin, end, text in reversed(list(_changes(source, constants, values, numbers))):
        if row not in gone:
            lines[row - 1] = lines[row - 1][:begin] + text + lines[row - 1][end:]
    return "".join(lines)


def _changes(source, constants, values, numbers):
    """(row, begin, end, what stands there then) of every name that becomes a value or a number, in order."""
    modules = {name: f"{of[0]}.{of[1]}" for name, of in source.origins.items() if name not in source.bound}
    owner = dot = None
    for token in source.tokens():
        if token.type == tokenize.NAME:
            (row, begin), end = token.start, token.end[1]
            of_module = (modules.get(owner.string), token.string) if dot else None
            if of_module in constants:
                yield row, owner.start[1], end, _literal(constants[of_module])
            elif not dot and token.string in values:
                yield row, begin, end, _literal(values[token.string])
            elif token.string in numbers:
                yield row, begin, end, numbers[token.string]
        owner, dot = (owner, True) if token.string == "." else (token, False)


def _statements(source, constants, values, numbers):
    """(statement, what stands in its first line then) of assignments and imports that lose what they are for."""
    for statement, parts in source.assigned():
        if all(name in values for name in parts):
            yield statement, ""
    for statement in source.imports:
        left = [one for one in statement.names if (statement.module, one.name) not in constants]
        if len(left) < len(statement.names):
            indent = " " * statement.col_offset
            names = ", ".join(ast.unparse(ast.alias(numbers.get(one.name, one.name), one.asname)) for one in left)
            yield statement, f"{indent}from {statement.module} import {names}" if left else f"{indent}pass"


def _literal(value):
    return f"({value!r})" if isinstance(value, (int, float)) and value < 0 else repr(value)
