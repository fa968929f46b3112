"""Heads of tables without ruling lines."""

from pathlib import Path

from fpdf import FPDF

from citewell.ingestion.parsing import parse
from tests.ingestion.files import pdf_bytes


async def test_a_date_over_several_years_stands_in_the_text_once_as_on_the_page(tmp_path: Path) -> None:
    pdf = FPDF(unit="pt", format="a4")
    pdf.add_page()
    pdf.set_font("Helvetica", size=10)
    for row, cells in enumerate(
        [
            ((190, "December 31,"),),
            ((180, "2022"), (240, "2021")),
            ((60, "Net sales"), (180, "81,797"), (240, "82,959")),
            ((60, "Net income"), (180, "19,881"), (240, "19,442")),
            ((60, "Dividends"), (180, "3,811"), (240, "3,760")),
        ]
    ):
        for across, text in cells:
            pdf.text(across, 100 + 13 * row, text)
    path = tmp_path / "sales.pdf"
    path.write_bytes(pdf_bytes(pdf))
    document = await parse(path, "pdf")
    assert "December 31, 2022 | 2021" in document.text
    assert document.text.count("December 31,") == 1
