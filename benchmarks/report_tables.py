"""The tables that are read in a folder of PDFs, and which of them another version of Citewell reads otherwise.

Usage: python -m benchmarks.report_tables [--reports FOLDER] [--before CHECKOUT] [--show]

Counts tables, rows and filled cells in the output of `citewell parse`. With a checkout of another version it pairs the
tables of one page that have the same text, and lists those whose rows have other cells: a change of the reader that
helps one layout may break another. Look at each with --show. Without arguments the reports are
../shared/samples/sec-10q beside the repository.
"""

import argparse
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.processes import environment

from benchmarks.index_samples import HERE, SAMPLES
from benchmarks.report import machine, table

_BLOCK = re.compile(r"--- (\w+), page (\d+)")
_BETWEEN_CELLS = re.compile(
    r"[\s|$]+"
)  # where a sign of a currency stands is part of the comparison of cells, not here


@dataclass(frozen=True)
class Read:
    """A table: its page, and the filled cells of each row."""

    report: str
    page: int
    rows: tuple[tuple[str, ...], ...]

    @property
    def key(self) -> tuple[str, int, str]:
        text = "".join(cell for row in self.rows for cell in row)
        return self.report, self.page, "".join(sorted(_BETWEEN_CELLS.sub("", text)))

    def __str__(self) -> str:
        return "\n".join(f"    {' | '.join(row)}" for row in self.rows)


def tables_of(source: Path, report: Path) -> Iterator[Read]:
    """Yields the tables that the version in this checkout reads. Raises CalledProcessError."""
    command = [sys.executable, "-m", "citewell", "parse", str(report)]
    env = environment(PYTHONPATH=str(source / "src"))
    text = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
    kind, page, rows = "", 0, list[tuple[str, ...]]()
    for line in [*text.splitlines(), "--- end, page 0"]:
        match = _BLOCK.fullmatch(line)
        if match is None:
            rows.append(tuple(bare for cell in line.split(" | ") if (bare := cell.strip(" |"))))
            continue
        if kind == "table":
            yield Read(report.name, page, tuple(rows))
        kind, page, rows = match[1], int(match[2]), []


def counts(tables: list[Read]) -> tuple[int, int, int, int]:
    """Returns the number of tables, rows, filled cells, and rows with three cells and more."""
    rows = [row for one in tables for row in one.rows]
    return len(tables), len(rows), sum(map(len, rows)), sum(len(row) > 2 for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=Path, default=SAMPLES)
    parser.add_argument("--before", type=Path, help="a checkout of another version")
    parser.add_argument("--show", action="store_true", help="print the tables that are read otherwise")
    chosen = parser.parse_args()
    reports = sorted(chosen.reports.glob("*.pdf"))
    if not reports:
        print(f"Skipped: no PDF in {chosen.reports}.")
        return
    now = [one for report in reports for one in tables_of(HERE, report)]
    lines = [("now", *counts(now))]
    if chosen.before:
        before = [one for report in reports for one in tables_of(chosen.before, report)]
        lines.insert(0, ("before", *counts(before)))
    print(f"{machine()}; {len(reports)} reports{os.linesep}")
    print(table(["version", "tables", "rows", "filled cells", "rows with three cells"], lines))
    if chosen.before:
        _print_changes(before, now, show=chosen.show)


def _print_changes(before: list[Read], now: list[Read], *, show: bool) -> None:
    old = {one.key: one for one in before}
    same_text = [(old[one.key], one) for one in now if one.key in old]
    changed = [(then, one) for then, one in same_text if then.rows != one.rows]
    print(f"\n{len(same_text)} tables with the same text, {len(changed)} of them with other rows or cells")
    for page, count in Counter(f"{one.report}, page {one.page}" for _, one in changed).items():
        print(f"  {page}: {count}")
    for then, one in changed if show else ():
        print(f"\n{one.report}, page {one.page}, before:\n{then}\n  now:\n{one}")


if __name__ == "__main__":
    main()
