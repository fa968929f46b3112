"""Check that SQL stands in repositories only; `make check` runs it.

A repository is a module `repository.py`, or any module in a package named `repository`. The packages `db` (the engine)
and `models` (the tables) may hold SQL as well. Every other module may neither build a statement nor send one: it calls
a function of a repository, which takes the session. Adding, flushing and getting rows by their key stay allowed
everywhere: they need no SQL.

    python scripts/check_repositories.py                 # all packages
    python scripts/check_repositories.py documents auth  # these packages only
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1] / "src" / "citewell"
_ENGINE = ("db", "models")
# What a module may import from these without building a statement: types, errors, sessions.
_ALLOWED = {
    "sqlalchemy": {"ColumnElement", "Row", "RowMapping", "Select", "exc"},
    "sqlalchemy.engine": {"Row", "RowMapping"},
    "sqlalchemy.orm": {"InstrumentedAttribute"},
}
_ALLOWED_MODULES = ("sqlalchemy.exc", "sqlalchemy.ext.asyncio", "sqlalchemy.orm.exc")
_STATEMENT = re.compile(
    r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\S+(\s+\w+)?\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+(\s*\([^)]*\))?\s+AS\s*\(|"
    r"(CREATE|DROP|ALTER|TRUNCATE|LOCK)\s+(UNIQUE\s+)?(TABLE|INDEX|EXTENSION|SCHEMA|DATABASE|ROLE)\s)"
)
_SENDING = {"copy", "execute", "executemany", "scalar", "scalars", "stream_scalars"}


def main(packages: list[str]) -> int:
    """Print each place of SQL outside repositories. Returns the exit code: 1 where there is one."""
    found = 0
    for path in sorted(_PACKAGE.rglob("*.py")):
        inside = path.relative_to(_PACKAGE)
        if _is_repository(inside) or (packages and inside.parts[0].removesuffix(".py") not in packages):
            continue
        for line, reason in sorted(_faults(ast.parse(path.read_text()))):
            print(f"src/citewell/{inside}:{line}: {reason}")
            found += 1
    if found:
        print(f"{found} places of SQL outside a repository. Move each into `repository.py` of its package.")
    return 1 if found else 0


def _is_repository(inside: Path) -> bool:
    return inside.name == "repository.py" or "repository" in inside.parts or inside.parts[0] in _ENGINE


def _faults(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yields (line, reason) for each import of a builder of statements, each statement as text, each call that sends one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.partition(".")[0] == "sqlalchemy" or name.name == "psycopg.sql":
                    yield node.lineno, f"imports {name.name}"
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                if _builds(node.module, name.name):
                    yield node.lineno, f"imports {name.name} from {node.module}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _STATEMENT.match(node.value):
            yield node.lineno, f"holds a statement: {' '.join(node.value.split())[:50]}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _sends(node, node.func):
            yield node.lineno, f"calls {node.func.attr}()"


def _builds(module: str, name: str) -> bool:
    """Whether the imported name builds a statement."""
    if module == "psycopg":
        return name == "sql"
    if module.partition(".")[0] != "sqlalchemy":
        return module == "psycopg.sql"
    return module not in _ALLOWED_MODULES and name not in _ALLOWED.get(module, ())


def _sends(call: ast.Call, function: ast.Attribute) -> bool:
    """Whether the call sends a statement: `session.execute(statement)`, but not `shutil.copy(a, b)` or `row.copy()`."""
    if function.attr == "copy":
        return len(call.args) == 1 and not isinstance(function.value, ast.Name | ast.Constant)
    return function.attr in _SENDING and bool(call.args)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
