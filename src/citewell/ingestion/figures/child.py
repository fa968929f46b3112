"""The child process that takes the pictures out of one file."""

import sys
from pathlib import Path

import msgspec

from citewell.ingestion.figures.album import Album
from citewell.ingestion.figures.sources import source_of
from citewell.ingestion.parsing.child import limit_process
from citewell.ingestion.parsing.isolation import cut_off
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.programs import die_with_parent


def prepare(arguments: list[str]) -> None:
    """Imports the modules that this kind of file needs. The fork server calls it before it forks."""
    source_of(arguments[2])


def main() -> int:
    limits = msgspec.json.decode(sys.argv[1], type=ParseLimits)
    path, kind = sys.argv[2:4]
    die_with_parent()
    cut_off()
    take = source_of(kind)  # before memory is limited: imports need some
    limit_process(limits)
    take(Path(path), Album(Path.cwd(), limits.max_pixels), limits)
    return 0


if __name__ == "__main__":
    sys.exit(main())
