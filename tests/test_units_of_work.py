"""Who opens transactions: routes, tasks, commands and the other interfaces. A service takes the session, so what it
does is one unit of work with what its caller does besides.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import citewell

SOURCE = Path(citewell.__file__).parent
EDGE_FOLDERS = ("cli", "mcp", "ollama", "openai", "organizations/scim")
EDGE_FILES = ("routes.py", "tasks.py", "dependencies.py")  # the ends of their names

# Everything else that opens transactions, under the reason why one from outside would not do. A folder stands for all
# of its files.
REASONS = {
    "A job: each transaction stores a part of long work, so that a killed process goes on from there.": [
        "connectors/listing.py",
        "connectors/state.py",
        "connectors/sync.py",
        "documents/orphans.py",
        "evaluation/corpus.py",
        "evaluation/watching.py",
        "evaluation/work.py",
        "extractors",
        "flows/running.py",
        "ingestion",
        "transfer",
        "webhooks/delivery.py",
    ],
    "A loop of the process, or what it holds: no request is there to open anything.": [
        "accounts/oidc/renewal.py",
        "auth/shared_limits.py",
        "db",
        "graph/pool.py",
        "metering/counter.py",
        "process.py",
        "turns",
    ],
    "What an agent reads while it answers: a turn lasts minutes, and a transaction must not.": [
        "documents/catalog.py",
        "documents/knowledge.py",
        "documents/texts.py",
        "evaluation/asking.py",
        "tools/factory.py",
    ],
    "A model, an embedding or a search comes between, or before.": [
        "documents/diagnosis.py",
        "interviews/dialogue.py",
        "retrieval/objects.py",
        "retrieval/service.py",
    ],
    "Each transaction is of another database.": ["cells", "projects/over_cells.py"],
    "Documents are sent on their way in between, in transactions of their own.": ["flows/pipelines.py"],
    "A password is hashed in between.": ["accounts/setup.py", "accounts/sign_in.py"],
    "A file is stored before the commit that names it, or deleted after the commit that forgets it.": [
        "artifacts/editing.py",
        "artifacts/files.py",
        "datasets/service.py",
        "documents/conflicts.py",
        "documents/presigned.py",
        "documents/processing.py",
        "documents/unnamed_files.py",
        "documents/uploads.py",
        "figures/service.py",
        "flows/service.py",
    ],
    "A turn that runs in another process is stopped in between, or one begun that the count must come before.": [
        "conversations/removal.py",
        "conversations/turns.py",
        "widgets/visits.py",
    ],
    "A long computation comes after, in a thread.": ["evaluation/comparing.py", "reference/sources.py"],
}


def test_services_take_the_session() -> None:
    """Every other module that opens a transaction stands in the list above; what no longer does is struck from it."""
    opening = {name for name, tree in _modules() if any(_opens(node) for node in ast.walk(tree))}
    listed = [place for places in REASONS.values() for place in places]
    unlisted = sorted(name for name in opening if not any(_is_in(name, place) for place in listed))
    stale = [place for place in listed if not any(_is_in(name, place) for name in opening)]
    assert not unlisted, f"take the session as a parameter, or add a reason: {unlisted}"
    assert not stale, f"these open no transaction: {stale}"


def test_a_function_that_is_one_transaction_takes_its_session() -> None:
    """Also in the modules above, apart from jobs and loops: only a function that does more keeps its transactions. A
    `service.py` is one of neither."""
    work = [place for reason, places in REASONS.items() if reason.startswith(("A job", "A loop")) for place in places]
    found = [
        f"{name}: {function.name}"
        for name, tree in _modules()
        if name.endswith("service.py") or not any(_is_in(name, place) for place in work)
        for function in tree.body
        if isinstance(function, ast.AsyncFunctionDef) and function.name[0] != "_" and _is_one_transaction(function)
    ]
    # The document's lock is held for the deletion of its files and no longer; callers pass it on to the background. The
    # home cell is another database than that of the caller's session.
    assert found == ["documents/unnamed_files.py: delete_unnamed", "projects/over_cells.py: register"]


def test_audit_entries_are_written_by_services() -> None:
    """An entry that a route or a command writes is missing where another interface does the same."""
    doors = ("cli/", "mcp/tools/", "ollama/", "openai/")
    writing = [
        name
        for path in sorted(SOURCE.rglob("*.py"))
        if (name := path.relative_to(SOURCE).as_posix()).endswith(("routes.py", "tasks.py")) or name.startswith(doors)
        if any(_is_import_of_entries(node) for node in ast.walk(ast.parse(path.read_text())))
    ]
    assert not writing, f"let the service add the entry: {writing}"


def _is_import_of_entries(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "citewell.audit.log"


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if not name.endswith(EDGE_FILES) and not any(_is_in(name, folder) for folder in EDGE_FOLDERS):
            yield name, ast.parse(path.read_text())


def _is_in(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}/")


def _opens(node: ast.AST) -> bool:
    """Whether this is `database.read()`, `.write()` or `.autocommit()`, of whatever holds the database."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    holder = node.func.value
    name = holder.attr if isinstance(holder, ast.Attribute) else holder.id if isinstance(holder, ast.Name) else ""
    return name.strip("_") == "database" and node.func.attr in ("read", "write", "autocommit")


def _is_one_transaction(function: ast.AsyncFunctionDef) -> bool:
    """Whether all that the function awaits stands in one transaction, which a caller could open as well."""
    opened = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.AsyncWith) and any(_opens(item.context_expr) for item in node.items)
    ]
    inside = {id(node) for block in opened for node in ast.walk(block)}
    waiting = (ast.Await, ast.AsyncWith, ast.AsyncFor, ast.Yield)
    return len(opened) == 1 and all(id(node) in inside for node in ast.walk(function) if isinstance(node, waiting))
