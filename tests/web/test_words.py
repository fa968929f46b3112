"""What comes from the server as a stable name has words in the web app, so that they exist in each language."""

import ast
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

import citewell
from citewell import errors, health
from citewell.audit.actions import ACTIONS
from citewell.db.file_hold import FilesHeld
from citewell.documents.diagnosis import REASON_CODES
from citewell.documents.waiting import WAIT_CODES
from citewell.flows.schemas import FlowUpdate
from citewell.ingestion.failure_codes import FAILURE_CODES
from citewell.ingestion.pipeline import STEPS
from citewell.ingestion.reading_warnings import WARNING_CODES
from citewell.installation import checks, database_checks
from citewell.kit.finding import HEALTH_CODES
from citewell.notifications.codes import KINDS, MESSAGE_CODES
from citewell.webhooks.schemas import WebhookUpdate
from citewell.widgets.schemas import WidgetUpdate
from tests.words import SOURCES, table

# Errors that the app never causes: of tools that programs call, of the command line, and of unknown addresses.
_NOT_MET = {"invalid_arguments", "invalid_fields", "method_not_allowed", "no_such_object", "setup", "tool_failure"}

_ERROR_CODES = tuple({kind.code for kind in (*vars(errors).values(), FilesHeld) if hasattr(kind, "code")} - _NOT_MET)


@pytest.mark.parametrize(
    ("path", "name", "names"),
    [
        ("people/audit-actions.ts", "AUDIT_ACTIONS", ACTIONS),
        ("people/finding-texts.ts", "FINDING_TEXTS", HEALTH_CODES),
        ("library/warning-texts.ts", "WARNING_TEXTS", WARNING_CODES),
        ("library/reason-texts.ts", "REASON_TEXTS", REASON_CODES),
        ("library/wait-texts.ts", "WAIT_TEXTS", WAIT_CODES),
        ("people/notification-texts.ts", "TITLES", KINDS),
        ("people/notification-texts.ts", "MESSAGES", MESSAGE_CODES),
        ("library/failure-texts.ts", "FAILURE_TEXTS", FAILURE_CODES),
        ("api/error-texts.ts", "ERROR_TEXTS", _ERROR_CODES),
        ("library/step-texts.ts", "STEP_TEXTS", tuple(step.name for step in STEPS)),
        ("people/finding-texts.ts", "SUBJECTS", tuple({code.split(".")[0] for code in HEALTH_CODES})),
    ],
)
def test_each_name_of_the_server_has_words(path: str, name: str, names: tuple[str, ...]) -> None:
    assert sorted(table(path, name)) == sorted(names)


def test_translated_sentences_are_those_of_the_server() -> None:
    pairs = re.findall(
        r'^  "(.+)": msg(?:`|\(\{ message: ")(.+?)(?:`|" \}\)),$',
        (SOURCES / "api/sentences.ts").read_text("utf-8"),
        re.MULTILINE,
    )
    code = "".join(path.read_text("utf-8") for path in Path(citewell.__file__).parent.rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", code)
    assert [sentence for sentence, _ in pairs if f'"{sentence}"' not in joined] == []
    assert [sentence for sentence, words in pairs if sentence != words] == []
    assert len(pairs) > 20, "the table was not found"


@pytest.mark.parametrize("module", [health, database_checks, checks])
def test_each_finding_that_health_shows_has_a_code(module: ModuleType) -> None:
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    findings = [call for call in calls if ast.unparse(call.func) == "Finding"]
    assert findings
    assert [ast.unparse(call) for call in findings if len(call.args) < 4] == []


def _details() -> set[str]:
    """The names that calls of `entry` and `entry_of` give to what an entry says beside its action."""
    trees = [ast.parse(path.read_text("utf-8")) for path in Path(citewell.__file__).parent.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    entries = [call for call in calls if ast.unparse(call.func) in ("entry", "entry_of", "_entry")]
    return {keyword.arg for call in entries for keyword in call.keywords if keyword.arg} - {"acting", "project"}


def test_each_detail_of_the_audit_log_has_words() -> None:
    assert len(_details()) > 20, "the calls were not found"
    changed = {*WidgetUpdate.model_fields, *WebhookUpdate.model_fields, *FlowUpdate.model_fields, "rows", "version"}
    assert sorted(_details() | changed) == sorted(table("people/audit-details.ts", "AUDIT_DETAILS"))
