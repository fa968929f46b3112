"""Tables that commands print."""

import sys

from rich.console import Console
from rich.table import Table

_PIPED_COLUMNS = 250  # without a terminal, lines are wide enough for programs to find each row in one


def print_table(table: Table) -> None:
    """Print names as they are written: brackets in them are no markup."""
    width = None if sys.stdout.isatty() else _PIPED_COLUMNS
    Console(soft_wrap=True, markup=False, highlight=False, width=width).print(table)
