"""Each format becomes blocks: their types, order, headings, tables, pages and places."""

from pathlib import Path

import docx
import pytest

from citewell.ingestion.parsing import ParseFailed
from tests.ingestion.files import (
    LOREM,
    check,
    new_pdf,
    of_type,
    outline,
    pdf_bytes,
    read,
    report_pdf,
    rewritten,
    sample_docx,
    sample_pptx,
    sample_xlsx,
    saved,
    sentences,
    table_pdf,
)

ROWS = [["City", "Hotel", "Limit"], ["Oslo", "Grand", "210 EUR"], ["Graz", "Post", "140 EUR"]]


async def test_a_pdf_keeps_its_titles_paragraphs_and_pages(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "report.pdf", report_pdf(pages=4))
    check(parsed)
    assert parsed.page_count == 4
    assert parsed.title == "Annual travel report"
    assert [block.text for block in of_type(parsed, "title")] == ["Annual travel report"]
    headings = of_type(parsed, "section_heading")
    assert [(block.text, block.page) for block in headings] == [
        (f"{page} Trains of region {page}", page) for page in (1, 2, 3, 4)
    ]
    texts = of_type(parsed, "text")
    assert [block.page for block in texts] == [1, 2, 3, 4]
    assert texts[2].heading_path == ("Annual travel report", "3 Trains of region 3")
    # Lines of a paragraph are joined by spaces, so that a sentence can be quoted.
    assert texts[0].text == " ".join(sentences(1))
    assert len(of_type(parsed, "footer")) == 4
    assert {block.text for block in of_type(parsed, "header")} == {"Falcon Industries - internal"}


async def test_pdf_boxes_mark_the_text_on_the_page(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "report.pdf", report_pdf(pages=3))
    width, height = parsed.page_sizes[0]
    assert (round(width), round(height)) == (595, 842)
    header = of_type(parsed, "header")[0]
    title = of_type(parsed, "title")[0]
    assert title.bbox is not None
    assert header.bbox is not None
    assert header.bbox[3] <= title.bbox[1] < 120
    paragraph = of_type(parsed, "text")[0]
    assert paragraph.lines is not None
    assert len(paragraph.lines) > 3
    tops = [line.bbox[1] for line in paragraph.lines]
    assert tops == sorted(tops)
    for line in paragraph.lines:
        assert 0 <= line.bbox[0] < line.bbox[2] <= width
        assert line.bbox[3] - line.bbox[1] < 20
    assert parsed.text[paragraph.lines[0].start : paragraph.lines[0].end].startswith("From ")


@pytest.mark.parametrize("ruled", [True, False])
async def test_a_table_of_a_pdf_keeps_its_rows_and_cells(tmp_path: Path, ruled: bool) -> None:
    parsed = await read(tmp_path, "table.pdf", table_pdf(ROWS, ruled=ruled))
    check(parsed)
    [table] = of_type(parsed, "table")
    assert table.rows == ROWS
    assert "Oslo | Grand | 210 EUR" in table.text
    assert table.page == 1
    assert [block.text for block in of_type(parsed, "text")] == [LOREM]


async def test_pdf_of_two_columns_is_read_column_by_column(tmp_path: Path) -> None:
    pdf = new_pdf()
    pdf.add_page()
    for column, word in enumerate(("left", "right")):
        for row in range(14):
            pdf.text(40 + 280 * column, 100 + 14 * row, f"the {word} column has its line number {row:02}")
    parsed = await read(tmp_path, "columns.pdf", pdf_bytes(pdf))
    check(parsed)
    lefts = [parsed.text.index(f"the left column has its line number {row:02}") for row in range(14)]
    rights = [parsed.text.index(f"the right column has its line number {row:02}") for row in range(14)]
    assert lefts + rights == sorted(lefts + rights)


async def test_a_pdf_with_blank_pages_says_so(tmp_path: Path) -> None:
    pdf = new_pdf()
    pdf.add_page()
    pdf.cell(0, 20, "The first page has text.")
    pdf.add_page()
    parsed = await read(tmp_path, "blank.pdf", pdf_bytes(pdf))
    assert parsed.page_count == 2
    assert "1 of 2 pages" in parsed.warnings[0]


async def test_a_docx_keeps_its_outline(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "rules.docx", sample_docx())
    check(parsed)
    assert parsed.title == "Travel rules of the company"
    assert outline(parsed) == [
        ("title", "Travel rules"),
        ("text", LOREM),
        ("title", "Hotels"),
        ("list", "- Two nights at most.\n- Breakfast is included."),
        ("section_heading", "Limits"),
        ("table", "City | Limit\nOslo | 210 EUR\nGraz | 140 EUR"),
        ("text", "Text behind the table."),
        ("header", "Falcon Industries"),
        ("footer", "Confidential"),
    ]
    [table] = of_type(parsed, "table")
    assert table.rows == [["City", "Limit"], ["Oslo", "210 EUR"], ["Graz", "140 EUR"]]
    assert table.heading_path[-2:] == ("Hotels", "Limits")


async def test_docx_with_tracked_changes_content_controls_and_text_boxes(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("MARK")
    table = document.add_table(rows=2, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Wide"
    table.cell(0, 2).text = "Last"
    table.cell(1, 1).text = "Inner"
    box = "<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>"
    body = f"""<w:p><w:r><w:t xml:space="preserve">Kept </w:t></w:r><w:ins w:id="1" w:author="a"><w:r>
    <w:t>inserted</w:t></w:r></w:ins><w:del w:id="2" w:author="a"><w:r><w:delText>deleted</w:delText></w:r></w:del>
    <w:r><w:tab/><w:t>end.</w:t></w:r></w:p>
    <w:sdt><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>
    <w:p><w:r><w:t>Around.</w:t></w:r><w:r><mc:AlternateContent
    xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="wps"><w:drawing>{box}
    </w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"""
    marked = b"<w:p><w:r><w:t>MARK</w:t></w:r></w:p>"
    content = rewritten(saved(document), lambda name, data: data.replace(marked, body.encode()))
    parsed = await read(tmp_path, "a.docx", content)
    check(parsed)
    assert outline(parsed)[:4] == [
        ("text", "Kept inserted\tend."),
        ("text", "In a control."),
        ("text", "Around."),
        ("text", "In a box."),
    ]
    assert of_type(parsed, "table")[0].rows == [["Wide", "", "Last"], ["", "Inner", ""]]


async def test_a_pptx_keeps_its_slides_in_order(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "deck.pptx", sample_pptx())
    check(parsed)
    assert parsed.page_count == 2
    assert [(block.type, block.text, block.page) for block in parsed.blocks] == [
        ("title", "Quarter in review", 1),
        ("text", "Sales grew by 12 percent.", 1),
        ("text", "Mention the new office.", 1),
        ("section_heading", "Numbers", 2),
        ("table", "Region | Sales\nNorth | 42", 2),
    ]
    assert parsed.blocks[-1].rows == [["Region", "Sales"], ["North", "42"]]
    assert parsed.blocks[-1].heading_path == ("Numbers",)


async def test_an_xlsx_keeps_its_sheets_and_headers(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "book.xlsx", sample_xlsx())
    check(parsed)
    assert parsed.page_count == 3  # a hidden sheet has its number all the same
    assert parsed.warnings == ["Hidden sheets were left out: Secret"]
    assert [(block.text, block.page) for block in of_type(parsed, "section_heading")] == [("Prices", 1), ("Staff", 2)]
    tables = of_type(parsed, "table")
    # Long sheets come in groups, each under the header, so that any of them can be read alone.
    assert [len(table.rows or []) for table in tables] == [41, 41, 21, 2]
    assert all(table.rows and table.rows[0] == ["Product", "Price", "Since"] for table in tables[:3])
    assert "Falcon 99 | 148.5" in tables[2].text
    assert tables[3].heading_path == ("Staff",)
    assert "shown" not in parsed.text


async def test_an_html_page_keeps_its_outline_and_tables(tmp_path: Path) -> None:
    source = f"""<!DOCTYPE html><html><head><title>Rules &amp; prices</title><style>p {{}}</style></head><body>
    <nav>Home</nav><script>alert('x')</script>
    <h1>Rules</h1><p>{LOREM}</p><h2>Hotels</h2>
    <ul><li>One <b>night</b></li><li>Two nights<ul><li>in Oslo</li><li>in Graz</li></ul></li></ul>
    <h3>Limits</h3>
    <table><caption>Prices</caption><tr><th>City</th><th>Limit</th></tr><tr><td>Oslo</td><td>210
    EUR</td></tr></table>
    <div>Loose text<br>in two lines<div>and an inner one</div></div>
    <pre>a = 1
b = 2</pre></body></html>"""
    parsed = await read(tmp_path, "rules.html", source.encode())
    check(parsed)
    assert parsed.title == "Rules & prices"
    assert outline(parsed) == [
        ("title", "Rules"),
        ("text", LOREM),
        ("section_heading", "Hotels"),
        ("list", "- One night\n- Two nights\n  - in Oslo\n  - in Graz"),
        ("section_heading", "Limits"),
        ("text", "Prices"),
        ("table", "City | Limit\nOslo | 210 EUR"),
        ("text", "Loose text\nin two lines"),
        ("text", "and an inner one"),
        ("code", "a = 1\nb = 2"),
    ]
    assert of_type(parsed, "table")[0].rows == [["City", "Limit"], ["Oslo", "210 EUR"]]
    assert of_type(parsed, "code")[0].heading_path == ("Rules", "Hotels", "Limits")


async def test_html_of_tables_in_tables_says_nothing_twice(tmp_path: Path) -> None:
    source = """<html><body><table><tr><td>Outer words<table><tr><td>Inner</td><td>words</td></tr></table></td>
    <td>Beside</td></tr></table></body></html>"""
    parsed = await read(tmp_path, "nested.html", source.encode())
    check(parsed)
    for word in ("Outer", "Inner", "Beside"):
        assert parsed.text.count(word) == 1


async def test_markdown_keeps_its_outline_and_tables(tmp_path: Path) -> None:
    source = f"""# Rules

{LOREM}

## Hotels

- One night
- Two nights

| City | Limit |
|------|-------|
| Oslo | 210 EUR |

```python
a = 1
```

Lower title
-----------

> A quote.
"""
    parsed = await read(tmp_path, "rules.md", source.encode())
    check(parsed)
    assert outline(parsed) == [
        ("title", "Rules"),
        ("text", LOREM),
        ("section_heading", "Hotels"),
        ("list", "- One night\n- Two nights"),
        ("table", "City | Limit\nOslo | 210 EUR"),
        ("code", "```python\na = 1\n```"),
        ("section_heading", "Lower title"),
        ("text", "> A quote."),
    ]
    assert of_type(parsed, "table")[0].rows == [["City", "Limit"], ["Oslo", "210 EUR"]]
    assert of_type(parsed, "table")[0].heading_path == ("Rules", "Hotels")
    assert parsed.title == "Rules"


async def test_plain_text_keeps_its_paragraphs(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "note.txt", b"First paragraph\r\nof two lines.\r\n\r\n \r\nSecond one.\x07\r\n")
    check(parsed)
    assert outline(parsed) == [("text", "First paragraph\nof two lines."), ("text", "Second one.")]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("staff.csv", b'name,team\n"Lovelace, Ada",Research\nGrace,"Compilers, and\nmore"\n'),
        ("staff.csv", b'name;team\n"Lovelace, Ada";Research\nGrace;"Compilers, and\nmore"\n'),
        ("staff.tsv", b'name\tteam\nLovelace, Ada\tResearch\nGrace\t"Compilers, and\nmore"\n'),
        ("staff.csv", b'\xef\xbb\xbfname|team\r\nLovelace, Ada|Research\r\nGrace|"Compilers, and\r\nmore"\r\n'),
    ],
)
async def test_a_csv_keeps_its_rows_and_quoted_cells(tmp_path: Path, name: str, source: bytes) -> None:
    parsed = await read(tmp_path, name, source)
    check(parsed)
    [table] = parsed.blocks
    assert table.type == "table"
    assert table.rows == [["name", "team"], ["Lovelace, Ada", "Research"], ["Grace", "Compilers, and\nmore"]]
    assert table.text.splitlines()[1:] == ["Lovelace, Ada | Research", "Grace | Compilers, and more"]


async def test_a_csv_of_one_column_is_one(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "names.csv", b"name\nAda Lovelace\nGrace Hopper\nRadia Perlman\n")
    assert parsed.blocks[0].rows == [["name"], ["Ada Lovelace"], ["Grace Hopper"], ["Radia Perlman"]]


async def test_files_without_text_are_empty(tmp_path: Path) -> None:
    for name, content in {"a.txt": b" \n\n ", "a.html": b"<html><body></body></html>", "a.csv": b"\n\n"}.items():
        with pytest.raises(ParseFailed) as failed:
            await read(tmp_path, name, content)
        assert failed.value.code == "empty"
