"""Reads classes of objects from the Python source that clients send. The source is parsed and never executed."""

import ast
from collections.abc import Iterator, Sequence

from citewell.extractors.class_names import Names, called, constant, is_enum, members_of_union, text_of
from citewell.extractors.classes import ClassSpec, FieldSpec

MAX_SOURCE, MAX_FIELDS, MAX_DEPTH = 50_000, 199, 5
_MAX_ALIASES = 20
_SIMPLE = {
    **dict.fromkeys(
        ["str", "EmailStr", "NameEmail", "AnyUrl", "HttpUrl", "AnyHttpUrl", "UUID", "UUID4", "Any"], "text"
    ),
    **dict.fromkeys(
        ["object", "bytes", "time", "timedelta", "StrictStr", "SecretStr", "LiteralString", "constr"], "text"
    ),
    **dict.fromkeys(["int", "StrictInt", "PositiveInt", "NonNegativeInt", "NegativeInt", "conint"], "int"),
    **dict.fromkeys(["float", "Decimal", "StrictFloat", "FiniteFloat", "PositiveFloat", "NonNegativeFloat"], "number"),
    **dict.fromkeys(["NegativeFloat", "NonPositiveFloat", "Fraction", "confloat", "condecimal"], "number"),
    **dict.fromkeys(["bool", "StrictBool"], "bool"),
    **dict.fromkeys(
        ["date", "datetime", "PastDate", "FutureDate", "AwareDatetime", "NaiveDatetime", "condate"], "date"
    ),
}
_LISTS = frozenset(
    {"list", "List", "Sequence", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "Iterable", "Collection"}
    | {"deque", "Deque", "conlist", "conset", "RootModel"}
)
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})
_OUTSIDE = frozenset({"ClassVar", "InitVar", "KW_ONLY", "TypeAlias"})  # annotations that make no field
_WRAPPERS = frozenset({"Required", "NotRequired", "ReadOnly", "Final", "SkipValidation", "Json"})


def read_class(source: str) -> ClassSpec:
    """Returns the main class of the source, which is the last one.

    Raises ValueError that names the place of what is wrong.
    """
    if len(source) > MAX_SOURCE:
        raise ValueError(f"the class may have at most {MAX_SOURCE:,} characters")
    if "\0" in source:  # for which Python has another error in each version
        raise ValueError("this is not Python")
    try:
        names = Names(ast.parse(source).body)
        main = next((node for node in reversed(names.top) if not is_enum(node, names)), None)
        if main is None:
            raise ValueError("there is no class in it: send the source of a Pydantic model")
        return _Reader(names).read(main, ())
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: this is not Python" if error.lineno else "this is not Python") from None
    except (RecursionError, MemoryError):
        raise ValueError("this Python cannot be read: it is nested too deeply") from None


class _Reader:
    def __init__(self, names: Names) -> None:
        self._names = names
        self._count = 0
        self._line = 0

    def read(self, node: ast.ClassDef, above: tuple[str, ...]) -> ClassSpec:
        if node.name in above:
            raise ValueError(f"line {node.lineno}: {' > '.join((*above, node.name))} contains itself")
        if len(above) >= MAX_DEPTH:
            raise ValueError(f"line {node.lineno}: classes may be nested at most {MAX_DEPTH} deep")
        fields = self._fields(node, (*above, node.name), ())
        return ClassSpec(node.name, ast.get_docstring(node) or "", tuple(fields.values()))

    def _fields(self, node: ast.ClassDef, above: tuple[str, ...], heirs: tuple[str, ...]) -> dict[str, FieldSpec]:
        """Returns the fields of the base classes, then the class's own, which replace inherited ones of the same
        name.
        """
        if node.name in heirs:
            raise ValueError(f"line {node.lineno}: {node.name} inherits from itself")
        fields: dict[str, FieldSpec] = {}
        for base in reversed(node.bases):
            if (found := self._names.class_of(base)) is not None:
                fields |= self._fields(found, above, (*heirs, node.name))
        for statement, behind in _pairs(node.body):
            target = statement.target.id if isinstance(statement.target, ast.Name) else "_"
            if target.startswith("_") or target == "model_config":
                continue
            if called(self._plain(statement.annotation, statement.lineno)) in _OUTSIDE:
                continue
            self._count += 1
            if self._count > MAX_FIELDS:
                raise ValueError(f"line {statement.lineno}: a class may have {MAX_FIELDS} fields at most")
            fields[target] = self._field(target, statement, behind, above)
        return fields

    def _field(self, name: str, statement: ast.AnnAssign, behind: str, above: tuple[str, ...]) -> FieldSpec:
        self._line = statement.lineno
        made = self._type(name, statement.annotation, above)
        described = self._described(statement.value) or made.description or behind
        required = not self._has_default(statement.value) and not self._may_be_none(statement.annotation)
        pattern = self._pattern(statement.value) or made.pattern
        return FieldSpec(name, made.kind, described, made.values, made.of, required, pattern)

    def _type(self, name: str, stated: ast.expr, above: tuple[str, ...]) -> FieldSpec:
        node = self._plain(stated, self._line)
        members = members_of_union(node)
        if len(members) > 1:
            return self._union(name, members, above)
        if isinstance(node, ast.Call) and called(node.func) not in _LISTS:
            return self._of_call(name, node, above)
        if isinstance(node, (ast.Subscript, ast.Call)):
            return self._with_parameters(name, node, above)
        outer = called(node)
        if (found := self._names.class_of(node)) is not None:
            return self._of_class(name, found, above)
        if outer in _SIMPLE or _is_none(node):
            return FieldSpec(name, _SIMPLE.get(outer, "text"))
        if outer in _LISTS:
            return FieldSpec(name, "list", of=FieldSpec(name, "text"))
        if outer in _MAPPINGS:
            return FieldSpec(name, "object")
        if outer in ("Optional", "Union", "Final"):
            return FieldSpec(name, "text")
        raise self._unknown(name, stated)

    def _with_parameters(self, name: str, node: ast.Subscript | ast.Call, above: tuple[str, ...]) -> FieldSpec:
        """`list[X]`, `Optional[X]`, `Annotated[X, ...]` and their like, and `conlist(X, ...)`."""
        outer, members = called(node), _parameters(node)
        if outer in ("Optional", "Union"):
            return self._union(name, members, above)
        if outer == "Literal":
            return self._choice(name, [value for one in members for value in self._names.values_in(one)])
        if outer in _LISTS:
            return FieldSpec(
                name, "list", of=self._type(name, members[0], above) if members else FieldSpec(name, "text")
            )
        if outer in _MAPPINGS:
            return FieldSpec(name, "object")
        if outer == "Annotated" or outer in _WRAPPERS:
            made = self._type(name, members[0], above)
            described = next((text for one in members[1:] if (text := self._described(one))), made.description)
            pattern = next((text for one in members[1:] if (text := self._pattern(one))), made.pattern)
            return FieldSpec(made.name, made.kind, described, made.values, made.of, pattern=pattern)
        if isinstance(node, ast.Subscript) and (found := self._names.class_of(node.value)) is not None:
            return self._of_class(name, found, above)
        raise self._unknown(name, node)

    def _union(self, name: str, members: Sequence[ast.expr], above: tuple[str, ...]) -> FieldSpec:
        """Returns the type that holds the values of all members, or else the first one."""
        present = [one for one in members if not _is_none(self._plain(one, self._line))]
        made = [self._type(name, one, above) for one in present] or [FieldSpec(name, "text")]
        kinds = {one.kind for one in made}
        if kinds == {"enum"}:
            return FieldSpec(name, "enum", values=tuple(dict.fromkeys(value for one in made for value in one.values)))
        if kinds == {"int", "number"}:
            return FieldSpec(name, "number")
        return next((one for one in made if one.kind == "text" and not kinds & {"object", "list"}), made[0])

    def _of_class(self, name: str, node: ast.ClassDef, above: tuple[str, ...]) -> FieldSpec:
        if is_enum(node, self._names):
            return self._choice(name, self._names.values_of(node))
        return FieldSpec(name, "object", of=self.read(node, above))

    def _of_call(self, name: str, node: ast.Call, above: tuple[str, ...]) -> FieldSpec:
        """`constr(...)` and its like, and what `NewType`, `TypeVar` and `Enum` make."""
        outer = called(node.func)
        if outer == "NewType" and len(node.args) == 2:
            return self._type(name, node.args[1], above)
        if outer == "TypeVar":
            bound = next((one.value for one in node.keywords if one.arg == "bound"), None)
            return self._type(name, bound, above) if bound is not None else FieldSpec(name, "text")
        if outer.endswith("Enum") and len(node.args) == 2:
            return self._choice(name, self._names.listed_values(node.args[1]))
        if outer in _SIMPLE:
            return FieldSpec(name, _SIMPLE[outer], pattern=self._pattern(node))
        raise self._unknown(name, node)

    def _choice(self, name: str, values: Sequence[object]) -> FieldSpec:
        present = [value for value in values if value is not None]
        if present and all(isinstance(value, bool) for value in present):
            return FieldSpec(name, "bool")
        texts = tuple(dict.fromkeys(str(value) for value in present))
        whole = bool(present) and all(isinstance(value, int) and not isinstance(value, bool) for value in present)
        return FieldSpec(name, "int" if whole else "enum" if texts else "text", values=texts)

    def _plain(self, node: ast.expr, line: int) -> ast.expr:
        """Returns the expression with aliases and forward references in their place."""
        for _ in range(_MAX_ALIASES):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node = _parsed(node.value, line)
            elif isinstance(node, ast.Name) and node.id in self._names.aliases:
                node = self._names.aliases[node.id]
            else:
                return node
        raise ValueError(f"line {line}: {ast.unparse(node)[:60]} is defined by itself")

    def _may_be_none(self, stated: ast.expr) -> bool:
        node = self._plain(stated, self._line)
        if isinstance(node, ast.Subscript):
            outer, members = called(node), _parameters(node)
            if outer == "Annotated":
                return self._may_be_none(members[0])
            if outer == "Literal":
                return None in [value for one in members for value in self._names.values_in(one)]
            return outer == "Optional" or (outer == "Union" and any(self._may_be_none(one) for one in members))
        members = members_of_union(node)
        return _is_none(node) or (len(members) > 1 and any(self._may_be_none(one) for one in members))

    def _described(self, node: ast.expr | None) -> str:
        """Returns the description in `Field(description=...)`, `Doc(...)`, the metadata of a dataclass's field or a
        text.
        """
        if not isinstance(node, ast.Call):
            return text_of(node, self._names) if isinstance(node, (ast.Constant, ast.JoinedStr)) else ""
        stated = {keyword.arg: keyword.value for keyword in node.keywords}
        if isinstance(metadata := stated.get("metadata"), ast.Dict):
            known = zip(metadata.keys, metadata.values, strict=True)
            stated |= {text_of(key, self._names): value for key, value in known if key is not None}
        if called(node.func) == "Doc" and node.args:
            return text_of(node.args[0], self._names)
        wanted = ("description", "documentation", "title", "alias", "validation_alias")
        return next((text for name in wanted if (text := text_of(stated.get(name), self._names))), "")

    def _pattern(self, node: ast.expr | None) -> str:
        """Returns the regular expression in a call such as `Field(pattern=...)`."""
        keywords = node.keywords if isinstance(node, ast.Call) else []
        stated = next((one.value for one in keywords if one.arg in ("pattern", "regex")), None)
        return text_of(stated, self._names)

    def _has_default(self, node: ast.expr | None) -> bool:
        if node is None:
            return False
        if not isinstance(node, ast.Call) or called(node.func) not in ("Field", "field"):
            return not _is_ellipsis(node)
        stated = [one.value for one in node.keywords if one.arg in ("default", "default_factory")] + node.args[:1]
        return any(not _is_ellipsis(one) for one in stated)

    def _unknown(self, name: str, node: ast.expr) -> ValueError:
        return ValueError(f"line {self._line}: the type of {name} is not known: {ast.unparse(node)[:60]}")


def _pairs(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.AnnAssign, str]]:
    """Yields the annotated names, each with the string after it as its docstring."""
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign):
            text = constant(following.value) if isinstance(following, ast.Expr) else None
            yield statement, text.strip() if isinstance(text, str) else ""


def _parsed(text: str, line: int) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise ValueError(f"line {line}: {text[:60]!r} is not a type") from None


def _parameters(node: ast.Subscript | ast.Call) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        return [*node.args[:1], *(one.value for one in node.keywords if one.arg == "item_type")]
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
