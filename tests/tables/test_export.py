"""A table as a file: values with their evidence, and nothing that a spreadsheet runs."""

import csv
import io
from typing import Any
from uuid import UUID

from openpyxl import load_workbook

from citewell.tables.export import write_table
from tests.conftest import Api

DOCUMENT = UUID("01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71")
ROW: dict[str, Any] = {
    "document_id": str(DOCUMENT),
    "json_object": {"sales": 81797, "note": '=HYPERLINK("http://x")', "law": None},
    "evidence": {
        "/sales": {"status": "normalized", "verbatim": "81,797", "place": "page 4"},
        "/note": {"status": "missing", "corrected": True},
        "/law": {"status": "missing"},
    },
}
HEAD = ["document", "sales", "sales: evidence", "note", "note: evidence", "law", "law: evidence"]
COLUMNS = ["document_id", "json_object", "evidence"]


def test_csv_has_the_evidence_beside_each_value() -> None:
    content = write_table("csv", COLUMNS, [ROW], {DOCUMENT: "report.pdf"})
    head, line = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert head == HEAD
    assert line[:3] == ["report.pdf", "81797", "“81,797” (page 4, normalized)"]
    assert line[3].startswith("'="), "a formula is shown, not run"
    assert line[4:] == ["written by a person", "", "(missing)"]


def test_a_workbook_has_numbers_as_numbers_and_formulas_as_text() -> None:
    sheet = load_workbook(io.BytesIO(write_table("xlsx", COLUMNS, [ROW], {}))).active
    head, line = sheet.iter_rows()
    assert [cell.value for cell in head] == HEAD
    assert line[1].value == 81797
    assert line[3].data_type == "s"


async def test_a_table_is_exported(api: Api) -> None:
    made = await api.post("/tables/", json={"name": "Prices", "columns": [{"name": "city"}]})
    table = made.json()["id"]
    rows = {"operation": "create", "data": [{"city": "Zürich"}]}
    await api.post(f"/tables/{table}/data-operations/", json=rows)
    answer = await api.get(f"/tables/{table}/export/", params={"format": "csv"})
    assert answer.status_code == 200
    assert "Prices.csv" in answer.headers["content-disposition"]
    assert "Zürich" in answer.content.decode("utf-8-sig")
