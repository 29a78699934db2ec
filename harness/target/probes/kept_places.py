"""Where a module changes something it keeps: the line that adds to it, or sets it anew, else makes it.  Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator

ADDING = frozenset(
    {
        "add", "add_ai_message", "add_message", "add_messages", "add_user_message", "append", "appendleft", "extend",
        "insert", "put", "save_context", "setdefault", "update",
    }
)  # fmt: skip
Place = tuple[int, str]  # line, function


def find_place(source: str, name: str) -> Place | None:
    """name: of a variable or attribute.  The first line of the best kind; None when it is not in the source."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    found: dict[str, Place] = {}
    for node, function in _walk(tree, "<module>"):
        if _adds_to(node, name):
            found.setdefault("adds", (node.lineno, function))
        elif _makes(node, name):
            found.setdefault("sets" if _is_set_anew(node, function) else "makes", (node.lineno, function))
    return found.get("adds") or found.get("sets") or found.get("makes")


def _walk(node: ast.AST, function: str) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """All statements and expressions, each with the function around it."""
    for child in ast.iter_child_nodes(node):
        inner = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = child.name if function == "<module>" else f"{function}.{child.name}"
        if isinstance(child, ast.expr | ast.stmt):
            yield child, function
        yield from _walk(child, inner)


def _adds_to(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ADDING and _is_named(node.func.value, name)
    if isinstance(node, ast.AugAssign):
        return _is_named(node.target, name)
    if isinstance(node, ast.Assign):
        return any(
            isinstance(target, ast.Subscript) and _is_named(target.value, name) for target in node.targets
        )
    return False


def _is_set_anew(node: ast.AST, function: str) -> bool:
    """An attribute, outside of what makes the object."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    is_attribute = any(isinstance(target, ast.Attribute) for target in targets)
    return is_attribute and function.rpartition(".")[2] not in ("<module>", "__init__", "__post_init__")


def _makes(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Assign):
        return any(_is_named(target, name) for target in node.targets)
    if isinstance(node, ast.AnnAssign):
        return _is_named(node.target, name)
    return False


def _is_named(node: ast.expr, name: str) -> bool:
    """Also an item of it: `store[key].append(…)`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return (isinstance(node, ast.Name) and node.id == name) or (
        isinstance(node, ast.Attribute) and node.attr == name
    )
