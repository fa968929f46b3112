"""The web app's tables of texts for what the server names by a stable code."""

import re
from collections.abc import Collection
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "ui" / "src"
NOTIFICATIONS = ("people/notification-texts.ts", "MESSAGES")
FINDINGS = ("people/finding-texts.ts", "FINDING_TEXTS")


def table(path: str, name: str) -> dict[str, str]:
    """The entries of a table of texts in a source of the web app: each name with what follows it."""
    source = (SOURCES / path).read_text(encoding="utf-8")
    body = source.split(f"{name}: ", 1)[1].split("= {\n", 1)[1].split("\n};", 1)[0]
    return dict(re.findall(r'^  "?([\w.]+)"?: (msg.+),$', body, re.MULTILINE))


def lacking(where: tuple[str, str], code: str, values: Collection[str]) -> set[str]:
    """The values that the text of a code wants and does not get."""
    return set(re.findall(r"{(\w+)[,}]", table(*where)[code])) - set(values)
