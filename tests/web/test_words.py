"""What comes from the server as a stable name has words in the web app, so that they exist in each language."""

import re

import pytest

from citewell.audit.actions import ACTIONS
from citewell.kit.finding import HEALTH_CODES
from tests.web.conftest import ROOT

_SOURCES = ROOT / "ui" / "src"


def table(path: str, name: str) -> dict[str, str]:
    """The entries of a table of texts in a source of the web app: each name with what follows it."""
    source = (_SOURCES / path).read_text(encoding="utf-8")
    body = source.split(f"{name}: ", 1)[1].split("= {\n", 1)[1].split("\n};", 1)[0]
    return dict(re.findall(r'^  "?([\w.]+)"?: (msg.+),$', body, re.MULTILINE))


@pytest.mark.parametrize(
    ("path", "name", "names"),
    [
        ("people/audit-actions.ts", "AUDIT_ACTIONS", ACTIONS),
        ("people/finding-texts.ts", "FINDING_TEXTS", HEALTH_CODES),
        ("people/finding-texts.ts", "SUBJECTS", tuple({code.split(".")[0] for code in HEALTH_CODES})),
    ],
)
def test_each_name_of_the_server_has_words(path: str, name: str, names: tuple[str, ...]) -> None:
    assert sorted(table(path, name)) == sorted(names)
