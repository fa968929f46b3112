"""Classes of objects, read from the Python source that clients send. The source is parsed and never executed."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_SOURCE, MAX_FIELDS, MAX_DEPTH = 50_000, 199, 5
_SIMPLE = {
    "str": "text",
    "int": "int",
    "float": "number",
    "Decimal": "number",
    "bool": "bool",
    "date": "date",
    "datetime": "date",
    "EmailStr": "text",
    "AnyUrl": "text",
    "HttpUrl": "text",
    "UUID": "text",
    "Any": "text",
}
_LISTS = frozenset({"list", "List", "Sequence", "set", "Set", "tuple", "Tuple"})
_OPTIONAL = frozenset({"Optional", "Union", "Annotated"})


@dataclass(frozen=True)
class FieldSpec:
    """A field. `kind`: text, int, number, bool, date, enum, list or object; `values` are those of an enum; `of` is what
    a list holds or an object is."""

    name: str
    kind: str
    description: str = ""
    values: tuple[str, ...] = ()
    of: "ClassSpec | FieldSpec | None" = None
    required: bool = True


@dataclass(frozen=True)
class ClassSpec:
    name: str
    description: str
    fields: tuple[FieldSpec, ...]

    def schema(self) -> dict[str, Any]:
        """The class as a JSON schema."""
        return {
            "type": "object",
            "description": self.description,
            "properties": {one.name: _schema_of(one) for one in self.fields},
            "required": [one.name for one in self.fields if one.required],
            "additionalProperties": False,
        }


def read_class(source: str) -> ClassSpec:
    """The main class of the source, which is the last one. Raises ValueError that names the place of what is wrong."""
    if len(source) > MAX_SOURCE:
        raise ValueError(f"the class may have {MAX_SOURCE:,} characters")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        raise ValueError(f"line {line}: this is no Python" if line else "this is no Python") from None
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    main = next((node for node in reversed(list(classes.values())) if not _is_enum(node)), None)
    if main is None:
        raise ValueError("there is no class in it: send the source of a Pydantic model")
    return _Reader(classes).read(main, ())


class _Reader:
    def __init__(self, classes: dict[str, ast.ClassDef]) -> None:
        self._classes = classes
        self._count = 0

    def read(self, node: ast.ClassDef, above: tuple[str, ...]) -> ClassSpec:
        if node.name in above:
            raise ValueError(f"line {node.lineno}: {' > '.join((*above, node.name))} holds itself")
        if len(above) >= MAX_DEPTH:
            raise ValueError(f"line {node.lineno}: classes may be {MAX_DEPTH} deep")
        fields = []
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                if statement.target.id.startswith("_") or statement.target.id == "model_config":
                    continue
                self._count += 1
                if self._count > MAX_FIELDS:
                    raise ValueError(f"line {statement.lineno}: a class may have {MAX_FIELDS} fields at most")
                fields.append(self._field(statement, (*above, node.name)))
        return ClassSpec(node.name, ast.get_docstring(node) or "", tuple(fields))

    def _field(self, statement: ast.AnnAssign, above: tuple[str, ...]) -> FieldSpec:
        assert isinstance(statement.target, ast.Name)
        description = _description(statement.value)
        required = statement.value is None or _is_required(statement.value)
        made = self._type(statement.target.id, statement.annotation, above)
        return FieldSpec(made.name, made.kind, description or made.description, made.values, made.of, required)

    def _type(self, name: str, node: ast.expr, above: tuple[str, ...]) -> FieldSpec:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._type(name, _expression(node), above)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._type(name, next(one for one in _members(node) if not _is_none(one)), above)
        if isinstance(node, ast.Subscript):
            return self._subscript(name, node, above)
        called = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if called in _SIMPLE:
            return FieldSpec(name, _SIMPLE[called])
        if called in _LISTS:
            return FieldSpec(name, "list", of=FieldSpec(name, "text"))
        if called in ("dict", "Dict"):
            return FieldSpec(name, "object")
        if (found := self._classes.get(called)) is not None:
            if _is_enum(found):
                return FieldSpec(name, "enum", values=_values(found))
            return FieldSpec(name, "object", of=self.read(found, above))
        raise ValueError(f"line {node.lineno}: the type of {name} is not known: {ast.unparse(node)[:60]}")

    def _subscript(self, name: str, node: ast.Subscript, above: tuple[str, ...]) -> FieldSpec:
        outer = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        members = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if outer in _OPTIONAL:
            made = self._type(name, next((one for one in members if not _is_none(one)), members[0]), above)
            more = next((_description(one) for one in members[1:] if _description(one)), "")
            return FieldSpec(made.name, made.kind, more, made.values, made.of)
        if outer == "Literal":
            return FieldSpec(
                name, "enum", values=tuple(str(one.value) for one in members if isinstance(one, ast.Constant))
            )
        if outer in _LISTS:
            return FieldSpec(name, "list", of=self._type(name, members[0], above))
        if outer in ("dict", "Dict"):
            return FieldSpec(name, "object")
        raise ValueError(f"line {node.lineno}: the type of {name} is not known: {ast.unparse(node)[:60]}")


def _expression(node: ast.Constant) -> ast.expr:
    try:
        return ast.parse(str(node.value), mode="eval").body
    except SyntaxError:
        raise ValueError(f"line {node.lineno}: {str(node.value)[:60]!r} is no type") from None


def _members(node: ast.BinOp) -> Sequence[ast.expr]:
    left = _members(node.left) if isinstance(node.left, ast.BinOp) else [node.left]
    return [*left, node.right]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_enum(node: ast.ClassDef) -> bool:
    return any("Enum" in ast.unparse(base) for base in node.bases)


def _values(node: ast.ClassDef) -> tuple[str, ...]:
    return tuple(
        str(statement.value.value)
        for statement in node.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
    )


def _description(node: ast.expr | None) -> str:
    """What `Field(description="...")` says."""
    if not isinstance(node, ast.Call):
        return ""
    for keyword in node.keywords:
        if keyword.arg == "description" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return ""


def _is_required(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        has_default = any(keyword.arg in ("default", "default_factory") for keyword in node.keywords)
        first = node.args[0] if node.args else None
        return not has_default and (first is None or (isinstance(first, ast.Constant) and first.value is ...))
    return False


def _schema_of(one: FieldSpec) -> dict[str, Any]:
    kinds = {"text": "string", "int": "integer", "number": "number", "bool": "boolean", "date": "string"}
    described = {"description": one.description} if one.description else {}
    if one.kind == "enum":
        return {"type": "string", "enum": list(one.values), **described}
    if one.kind == "list":
        return {"type": "array", "items": _schema_of(one.of) if isinstance(one.of, FieldSpec) else {}, **described}
    if one.kind == "object":
        return {**(one.of.schema() if isinstance(one.of, ClassSpec) else {"type": "object"}), **described}
    return {"type": kinds[one.kind], **described}
