"""Tables that a PDF rules with lines: wrapped, empty and spanning cells stay what they are; drawings are no tables."""

from pathlib import Path

import pytest
from fpdf import FPDF

from tests.ingestion.files import LOREM, check, new_pdf, of_type, outline, pdf_bytes, read

LONG = "Grand, which is a good hotel for all who come late and leave early in the day"
ROWS = [["City", "Hotel", "Limit"], ["Oslo", LONG, "210 EUR"], ["Graz", "", "140 EUR"]]


def page() -> FPDF:
    pdf = new_pdf()
    pdf.add_page()
    pdf.multi_cell(0, 14, LOREM, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(10)
    return pdf


def ruled(rows: list[list[str]], *, after: str = "") -> bytes:
    pdf = page()
    with pdf.table(line_height=16, width=400) as table:
        for cells in rows:
            row = table.row()
            for cell in cells:
                row.cell(cell)
        spanning = table.row()
        spanning.cell("Two columns in one cell", colspan=2)
        spanning.cell("1 EUR")
    pdf.ln(10)
    if after:
        pdf.multi_cell(0, 14, after)
    return pdf_bytes(pdf)


async def test_cells_that_are_wrapped_empty_or_wide(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "a.pdf", ruled(ROWS, after="Text behind the table."))
    check(parsed)
    assert [block.type for block in parsed.blocks] == ["text", "table", "text"]
    table = parsed.blocks[1]
    assert table.rows == [*ROWS, ["Two columns in one cell", "", "1 EUR"]]
    assert table.text.splitlines()[1] == f"Oslo | {LONG} | 210 EUR"
    # A box for each cell, in its column and row.
    assert table.lines is not None
    boxes = {parsed.text[line.start : line.end]: line.bbox for line in table.lines}
    assert set(boxes) == {cell for row in table.rows for cell in row if cell}
    assert boxes["Oslo"][2] < boxes[LONG][0] < boxes[LONG][2] < boxes["210 EUR"][0]
    assert boxes["City"][3] <= boxes["Oslo"][1]
    assert boxes[LONG][3] - boxes[LONG][1] > 25
    assert parsed.blocks[0].bbox
    assert parsed.blocks[2].bbox
    assert table.bbox
    assert parsed.blocks[0].bbox[3] <= table.bbox[1] < table.bbox[3] <= parsed.blocks[2].bbox[1]


async def test_a_table_alone_on_its_page_and_two_on_one(tmp_path: Path) -> None:
    pdf = new_pdf()
    pdf.add_page()
    for rows in (ROWS, ROWS[:2]):
        with pdf.table(line_height=16, width=400) as table:
            for cells in rows:
                table.row(cells)
        pdf.ln(30)
    parsed = await read(tmp_path, "a.pdf", pdf_bytes(pdf))
    check(parsed)
    assert [block.rows for block in parsed.blocks] == [ROWS, ROWS[:2]]


async def test_backgrounds_and_frames_are_no_tables(tmp_path: Path) -> None:
    pdf = page()
    top = pdf.get_y()
    pdf.set_fill_color(220, 220, 250)
    for row in range(4):
        for column in range(3):
            pdf.rect(60 + 120 * column, top + 20 * row, 120, 20, style="F")
    pdf.set_xy(60, top)
    pdf.multi_cell(360, 14, f"{LOREM} {LOREM}", new_x="LMARGIN", new_y="NEXT")
    pdf.rect(50, top + 100, 400, 60)
    pdf.set_xy(60, top + 110)
    pdf.multi_cell(380, 14, LOREM)
    parsed = await read(tmp_path, "a.pdf", pdf_bytes(pdf))
    check(parsed)
    assert of_type(parsed, "table") == []
    assert parsed.text.count(LOREM) == 4


async def test_text_over_a_grid_is_no_table(tmp_path: Path) -> None:
    pdf = page()
    top = pdf.get_y()
    for step in range(30):  # squared paper
        pdf.line(30 + 18 * step, top, 30 + 18 * step, top + 300)
        pdf.line(30, top + 10 * step, 560, top + 10 * step)
    pdf.multi_cell(0, 14, f"{LOREM} " * 3)
    parsed = await read(tmp_path, "a.pdf", pdf_bytes(pdf))
    assert of_type(parsed, "table") == []
    assert parsed.text.count(LOREM) == 4


@pytest.mark.timeout(300)
async def test_a_drawing_of_very_many_lines_takes_no_time(tmp_path: Path) -> None:
    pdf = page()
    for step in range(30_000):
        pdf.line(30 + step % 500, 100 + step / 100, 60 + step % 500, 100 + step / 100)
    parsed = await read(tmp_path, "a.pdf", pdf_bytes(pdf))
    assert parsed.text == LOREM


async def test_the_caption_of_a_figure(tmp_path: Path) -> None:
    pdf = page()
    pdf.ln(100)
    pdf.multi_cell(0, 14, "Figure 3: Trains by month, for all the regions.", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(30)
    pdf.multi_cell(0, 14, "Figure 3 shows that trains are late.")
    parsed = await read(tmp_path, "a.pdf", pdf_bytes(pdf))
    assert outline(parsed)[1:] == [
        ("figure", "Figure 3: Trains by month, for all the regions."),
        ("text", "Figure 3 shows that trains are late."),
    ]
