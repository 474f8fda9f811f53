"""The source code, as the rules read it."""

import ast
from functools import cache
from pathlib import Path

from django.conf import settings

FLOORS = ("network", "microgroups", "facilitation", "bridging")


@cache
def modules(*names):
    """(path from the root, tree) of each module of ours, of all or of those whose names end so."""
    return [
        (str(path.relative_to(settings.BASE_DIR)), ast.parse(path.read_text()))
        for floor in FLOORS
        for path in sorted((settings.BASE_DIR / floor).rglob("*.py"))
        if "migrations" not in path.parts and (not names or path.name.endswith(names))
    ]


@cache
def modules_of_tests():
    """(path from the root, tree) of each module of the tests."""
    return [
        (str(path.relative_to(settings.BASE_DIR)), ast.parse(path.read_text()))
        for path in sorted(Path(settings.BASE_DIR, "tests").rglob("*.py"))
    ]


def places(tree, wanted):
    """(name of the function around it, node) for each node that is wanted."""
    found = []

    def walk(node, around):
        if wanted(node):
            found.append((around, node))
        inner = getattr(node, "name", around) if is_named(node) else around
        for child in ast.iter_child_nodes(node):
            walk(child, inner)

    walk(tree, "")
    return found


def is_named(node):
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def chain(node):
    """The words of `a.b(…).c`: a, b, c."""
    words = []
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Call):
            node = node.func
        else:
            words.append(node.attr)
            node = node.value
    return [*([node.id] if isinstance(node, ast.Name) else []), *reversed(words)]


@cache
def longest_chains(tree):
    """(function around it, words) of each chain that is not part of a longer one."""
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Call)
        for part in [node.func if isinstance(node, ast.Call) else node.value]
    }
    ends = places(
        tree, lambda node: isinstance(node, ast.Attribute | ast.Call) and id(node) not in parts
    )
    return [(around, chain(node)) for around, node in ends]
