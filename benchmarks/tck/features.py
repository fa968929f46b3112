"""Reading the scenarios of the TCK, which are written in Gherkin."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_WRITES = re.compile(r"\b(CREATE|MERGE|SET|DELETE|REMOVE|CALL|FOREACH|LOAD)\b", re.IGNORECASE)
_QUOTED = re.compile(r"//.*|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`")
_SCENARIO = re.compile(r"(Scenario Outline|Scenario):\s*(.*)")
_STEP = re.compile(r"(?:Given|When|Then|And|But)\s+(.*)")


@dataclass
class Step:
    text: str
    doc: str = ""
    table: list[list[str]] = field(default_factory=list)


@dataclass
class Scenario:
    folder: str  # such as clauses/match
    name: str
    steps: list[Step]

    @property
    def reads(self) -> bool:
        """Whether its query only reads."""
        asked = (step.doc for step in self.steps if step.text.startswith("executing query"))
        return not any(_WRITES.search(_QUOTED.sub('""', query)) for query in asked)


def scenarios(root: Path) -> list[Scenario]:
    """All scenarios of the feature files below the folder, those of outlines filled in."""
    found: list[Scenario] = []
    for path in sorted(root.rglob("*.feature")):
        folder = path.parent.relative_to(root).as_posix()
        found += _Reader(folder, path.read_text("utf-8").split("\n")).read()
    return found


class _Reader:
    def __init__(self, folder: str, lines: list[str]) -> None:
        self._folder = folder
        self._lines = lines
        self._found: list[Scenario] = []
        self._background: list[Step] = []
        self._steps = self._background
        self._name: str | None = None
        self._examples: list[list[list[str]]] | None = None

    def read(self) -> list[Scenario]:
        place = 0
        while place < len(self._lines):
            line = self._lines[place].strip()
            place += 1
            if line.startswith('"""'):
                end = next(n for n in range(place, len(self._lines)) if self._lines[n].strip().startswith('"""'))
                self._steps[-1].doc = "\n".join(self._lines[place:end])
                place = end + 1
            elif match := _SCENARIO.match(line):
                self._flush()
                self._name = match[2]
                self._steps = [Step(one.text, one.doc, one.table) for one in self._background]
            elif line.startswith("Examples:"):
                self._examples = [*(self._examples or []), []]
            elif line.startswith("|"):
                cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
                (self._examples[-1] if self._examples else self._steps[-1].table).append(cells)
            elif match := _STEP.match(line):
                self._steps.append(Step(match[1]))
        self._flush()
        return self._found

    def _flush(self) -> None:
        if self._name is not None:
            self._found += [Scenario(self._folder, self._name, steps) for steps in self._filled()]
        self._name, self._examples = None, None

    def _filled(self) -> Iterator[list[Step]]:
        if self._examples is None:
            yield self._steps
            return
        for head, *rows in self._examples:
            for row in rows:
                values = dict(zip(head, row, strict=True))
                yield [_filled(one, values) for one in self._steps]


def _filled(step: Step, values: dict[str, str]) -> Step:
    table = [[_put(cell, values) for cell in line] for line in step.table]
    return Step(_put(step.text, values), _put(step.doc, values), table)


def _put(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"<{name}>", value)
    return text
