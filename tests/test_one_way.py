"""What the code does in one way only, because a second way would miss its protection."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import citewell
from citewell.auth import dependencies

SOURCE = Path(citewell.__file__).parent
_TAG = re.compile(
    r"(?<!\?P)<(!doctype|/?(a|article|b|body|br|button|code|div|em|form|h[1-6]|head|hr|html|i|iframe|img|input|label|li|link|"
    r"main|mark|meta|nav|object|ol|p|pre|script|section|span|strong|style|svg|table|td|th|title|tr|ul))\b[^<]*>",
    re.IGNORECASE,
)


def test_html_comes_from_templates() -> None:
    """Only `kit.templates` escapes each value. A string that is put together with values may forget one."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in _modules()
        for node in ast.walk(tree)
        if (text := _put_together(node)) and _TAG.search(text)
    ]
    assert not found, f"render a template in place of these: {found}"


def test_requests_go_through_the_clients_of_kit() -> None:
    """They have limits of time and size, follow no redirect to another host, and use no proxy of the environment."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in _modules()
        if name not in ("kit/http.py", "kit/public_http.py")
        for node in ast.walk(tree)
        if _opens_client(node)
    ]
    assert not found, f"use kit.http, or kit.public_http for addresses that users give: {found}"


def test_routes_ask_for_the_part_that_they_need() -> None:
    """A route takes all resources only to pass them on to a service."""
    parts = {parameter[: -len("Param")].lower() for parameter in vars(dependencies) if parameter.endswith("Param")}
    found = [
        f"{name}: {function.name}"
        for name, tree in _modules()
        if name.endswith("routes.py")
        for function in ast.walk(tree)
        if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef)
        if (used := _used_parts(function)) is not None and used <= parts
    ]
    assert not found, f"take the parameters of auth.dependencies in place of ResourcesParam: {found}"


def _used_parts(function: ast.AsyncFunctionDef | ast.FunctionDef) -> set[str] | None:
    """Returns what the function uses of its parameter `resources`; None if it has none, or passes it on."""
    arguments = [*function.args.args, *function.args.kwonlyargs]
    if not any(one.annotation is not None and ast.unparse(one.annotation) == "ResourcesParam" for one in arguments):
        return None
    nodes = list(ast.walk(function))
    attributes = [one for one in nodes if isinstance(one, ast.Attribute) and ast.unparse(one.value) == "resources"]
    names = [one for one in nodes if isinstance(one, ast.Name) and one.id == "resources"]
    return {one.attr for one in attributes} if len(names) == len(attributes) else None


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text())


def _put_together(node: ast.AST) -> str:
    """Returns the fixed text of an f-string, `"..." % values` or `"...".format(values)`; empty for other nodes."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _constant(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _constant(node.func.value)
    return ""


def _constant(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _opens_client(node: ast.AST) -> bool:
    others = ("httpx", "httpx2", "requests", "urllib3", "urllib.request", "http.client")
    if isinstance(node, ast.Import):
        return any(name.name in others for name in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.module in others
    name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    return name == "ClientSession"
