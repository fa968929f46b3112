"""What is true of a golden document."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

import pytest

Kind = Literal["heading", "text", "list", "table", "figure"]


@dataclass(frozen=True)
class Block:
    """`text` as people read it, the hyphens of divided words left out; of a table `rows`, its column heads joined to
    one row, numbers with their signs ("$ 1,200" is "$1,200")."""

    kind: Kind
    text: str = ""
    rows: Sequence[Sequence[str]] = ()
    page: int = 1


@dataclass(frozen=True)
class Golden:
    """`name` is the file's, whose suffix tells the format. `needs` are programs without which it cannot be read."""

    name: str
    blocks: Sequence[Block]
    make: Callable[[], bytes]
    needs: tuple[str, ...] = ()

    @property
    def format(self) -> str:
        scanned = "tesseract" in self.needs
        return self.name.rpartition(".")[2] + (" (scanned)" if scanned else "")

    def skip_without_programs(self) -> None:
        for program in self.needs:
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed")


def heading(text: str, page: int = 1) -> Block:
    return Block("heading", text, page=page)


def text(words: str, page: int = 1) -> Block:
    return Block("text", words, page=page)


def items(words: str, page: int = 1) -> Block:
    return Block("list", words, page=page)


def table(*rows: str, page: int = 1, printed: str = "") -> Block:
    """Rows as "cell | cell"; `printed` are its words where a head stands once over several columns."""
    return Block("table", printed, rows=[[cell.strip() for cell in row.split("|")] for row in rows], page=page)


def figure(words: str, page: int = 1) -> Block:
    return Block("figure", words, page=page)


def corpus() -> list[Golden]:
    """All documents of the modules `golden_*.py` beside this one."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("golden_*.py"))
    return [document for name in names for document in import_module(f"tests.golden.{name}").DOCUMENTS]
