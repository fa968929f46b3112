"""Tables that commands print."""

import sys

import typer
from rich.console import Console
from rich.table import Table

_PIPED_COLUMNS = 250  # without a terminal, lines are wide enough for programs to find each row in one


def print_table(table: Table) -> None:
    """Print names as they are written: brackets in them are no markup. An empty table says so on standard error, where
    no program takes it for a row."""
    width = None if sys.stdout.isatty() else _PIPED_COLUMNS
    Console(soft_wrap=True, markup=False, highlight=False, width=width).print(table)
    if not table.row_count:
        typer.echo("There are none.", err=True)
