"""Python before 3.11.5, which Debian 12 has, matches possessive and atomic groups wrongly (gh-106052)."""

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "citewell"
_GROUP = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+|\(\?>")


def test_no_pattern_has_a_possessive_group() -> None:
    """Possessive repeats of one character or class are fine."""
    files = [path for kind in ("*.py", "*.toml") for path in SOURCE.rglob(kind)]
    assert len(files) > 500
    assert {str(path) for path in files if _GROUP.search(path.read_text(encoding="utf-8"))} == set()
