"""What comes from the server as a stable name has words in the web app, so that they exist in each language."""

import re
from pathlib import Path

import pytest

import citewell
from citewell import errors
from citewell.audit.actions import ACTIONS
from citewell.db.file_hold import FilesHeld
from citewell.ingestion.failure_codes import FAILURE_CODES
from citewell.kit.finding import HEALTH_CODES
from tests.web.conftest import ROOT

_SOURCES = ROOT / "ui" / "src"
# Errors that the app never causes: of tools that programs call, of the command line, and of unknown addresses.
_NOT_MET = {"invalid_arguments", "invalid_fields", "method_not_allowed", "no_such_object", "setup", "tool_failure"}

_ERROR_CODES = tuple({kind.code for kind in (*vars(errors).values(), FilesHeld) if hasattr(kind, "code")} - _NOT_MET)


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
        ("library/failure-texts.ts", "FAILURE_TEXTS", FAILURE_CODES),
        ("api/error-texts.ts", "ERROR_TEXTS", _ERROR_CODES),
        ("people/finding-texts.ts", "SUBJECTS", tuple({code.split(".")[0] for code in HEALTH_CODES})),
    ],
)
def test_each_name_of_the_server_has_words(path: str, name: str, names: tuple[str, ...]) -> None:
    assert sorted(table(path, name)) == sorted(names)


def test_translated_sentences_are_those_of_the_server() -> None:
    pairs = re.findall(r'^  "(.+)": msg`(.+)`,$', (_SOURCES / "api/sentences.ts").read_text("utf-8"), re.MULTILINE)
    code = "".join(path.read_text("utf-8") for path in Path(citewell.__file__).parent.rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", code)
    assert [sentence for sentence, _ in pairs if f'"{sentence}"' not in joined] == []
    assert [sentence for sentence, words in pairs if sentence != words] == []
    assert len(pairs) > 20, "the table was not found"
