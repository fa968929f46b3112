"""Names in a Python source that is read and not run: classes, aliases, and constants that can be known."""

import ast
from collections.abc import Iterable, Sequence
from typing import Any

_ENUMS = frozenset({"Enum", "StrEnum", "IntEnum", "Flag", "IntFlag", "ReprEnum"})
_MAX_BASES = 20
_MAX_TEXT = 10_000


class Names:
    """The names that a source defines.

    `top` are the classes outside of others, in its order; `aliases` other assigned names.
    """

    def __init__(self, body: Sequence[ast.stmt]) -> None:
        self.top: list[ast.ClassDef] = []
        self.aliases: dict[str, ast.expr] = {}
        self._classes: dict[str, ast.ClassDef] = {}
        self._collect(body)
        for node in self.top:
            self._collect_inner(node, node.name)

    def _collect(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            match statement:
                case ast.ClassDef():
                    self.top.append(statement)
                    self._classes[statement.name] = statement
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.aliases[name] = value
                case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
                    self.aliases[name] = value
                case ast.If(body=inner, orelse=other) | ast.Try(body=inner, orelse=other):
                    self._collect([*inner, *other])

    def _collect_inner(self, node: ast.ClassDef, path: str) -> None:
        for statement in node.body:
            if isinstance(statement, ast.ClassDef):
                self._classes[f"{path}.{statement.name}"] = statement
                self._classes.setdefault(statement.name, statement)
                self._collect_inner(statement, f"{path}.{statement.name}")

    def class_of(self, node: ast.expr) -> ast.ClassDef | None:
        """Returns the class that the expression names, as `Name`, `Outer.Inner` or `module.Name`."""
        if isinstance(node, ast.Subscript):
            node = node.value
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return None
        written = ast.unparse(node)
        return self._classes.get(written) or self._classes.get(written.rpartition(".")[2])

    def values_of(self, node: ast.ClassDef) -> list[Any]:
        """Returns the values of an enum's members."""
        found: list[Any] = []
        for statement in node.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                name, value = statement.targets[0].id, statement.value
                if name.startswith("_"):
                    continue
                first = value.elts[0] if isinstance(value, ast.Tuple) and value.elts else value
                stated = constant(first)
                found.append(name.lower() if stated is None else stated)
        return found

    def values_in(self, node: ast.expr) -> list[Any]:
        """Returns the values of a member of `Literal[...]`: a constant, a member of an enum, or another Literal."""
        if isinstance(node, ast.Name) and node.id in self.aliases:
            node = self.aliases[node.id]
        if isinstance(node, ast.Subscript):
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return [value for one in inner for value in self.values_in(one)]
        if isinstance(node, ast.Attribute) and (found := self.class_of(node.value)) is not None:
            for statement in found.body:
                if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == node.attr:
                    return [constant(statement.value)]
        return [constant(node)]

    def listed_values(self, node: ast.expr) -> list[Any]:
        """Returns the values of `Enum("Name", ...)`: words of a text, items of a list, or what a dict maps names to."""
        match node:
            case ast.Constant(value=str() as text):
                return list(text.replace(",", " ").split())
            case ast.Dict(values=values):
                return [constant(one) for one in values]
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [constant(one.elts[-1] if isinstance(one, ast.Tuple) and one.elts else one) for one in items]
        return []


def called(node: ast.expr) -> str:
    """Returns the last part of the name that an expression begins with: `List` of `typing.List[int]`."""
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def is_enum(node: ast.ClassDef, names: Names) -> bool:
    """Whether the class is an enum, by its bases or theirs."""
    waiting, seen = [node], 0
    while waiting and seen < _MAX_BASES:
        seen += 1
        for base in waiting.pop().bases:
            if called(base) in _ENUMS:
                return True
            if (found := names.class_of(base)) is not None:
                waiting.append(found)
    return False


def constant(node: ast.expr | None) -> Any:
    """Returns the value of a constant; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        return -value if isinstance(value, int | float) else None
    return None


def members_of_union(node: ast.expr) -> list[ast.expr]:
    """Returns the members of `A | B | C`, or the expression alone."""
    members: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        members.append(node.right)
        node = node.left
    return [node, *reversed(members)]


def text_of(node: ast.expr | None, names: Names) -> str:
    """Returns a text as it can be known without running: constants, joined ones, a name for one, `dedent("...")`."""
    match node:
        case ast.Constant(value=str() as text):
            return text.strip()[:_MAX_TEXT]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{text_of(left, names)} {text_of(right, names)}".strip()[:_MAX_TEXT]
        case ast.JoinedStr(values=parts):
            return " ".join(text for part in parts if (text := text_of(part, names)))[:_MAX_TEXT]
        case ast.Name(id=name) if isinstance(found := names.aliases.get(name), ast.Constant):
            return text_of(found, names)
        case ast.Call(args=[inner, *_]):
            return text_of(inner, names)
    return ""
