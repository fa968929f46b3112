"""Texts of programs: what their marks mean is read, and nothing that people wrote is lost."""

import json
from pathlib import Path

import pytest

from tests.ingestion.files import check, of_type, outline, read


async def test_cells_of_asciidoc_without_blanks_between_them_keep_their_last_character(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "a.adoc", b"|===\n|Mill|Tons\n\n|Alpha|5\n2+^.>s|Both: 5 | 7\n|===\n")
    [table] = of_type(parsed, "table")
    assert table.rows == [["Mill", "Tons"], ["Alpha", "5"], ["Both: 5", "7"]]


async def test_a_cell_of_asciidoc_may_be_long(tmp_path: Path) -> None:
    lines = "".join(f"{'word ' * 100}{number}\n" for number in range(400))
    parsed = await read(tmp_path, "a.adoc", f"|===\n|Head\n|{lines}|===\n".encode())
    assert parsed.text.endswith("word 399")


async def test_an_org_table_keeps_rows_with_negative_numbers(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "a.org", b"| Mill | Loss |\n|------+------|\n| Alpha |-5 |\n")
    [table] = of_type(parsed, "table")
    assert table.rows == [["Mill", "Loss"], ["Alpha", "-5"]]


async def test_an_org_caption_stands_behind_the_paragraph_before_it(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "a.org", b"We grind rye.\n#+CAPTION: Yields\n| Alpha | 5 |\n")
    assert [text for _, text in outline(parsed)] == ["We grind rye.", "Yields", "Alpha | 5"]


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        (
            "==== ====\nMill Tons\n==== ====\nRye  5\n     and more\n==== ====\n",
            [["Mill", "Tons"], ["Rye", "5 and more"]],
        ),
        ("+---+---+\n| a | b |\n|   | c |\n+---+---+\n| d | e |\n+---+---+\n", [["a", "b c"], ["d", "e"]]),
    ],
)
async def test_lines_of_one_cell_of_restructured_text_are_joined(
    tmp_path: Path, source: str, rows: list[list[str]]
) -> None:
    parsed = await read(tmp_path, "a.rst", source.encode())
    check(parsed)
    assert [table.rows for table in of_type(parsed, "table")] == [rows]


async def test_a_percent_sign_in_code_of_latex_begins_no_comment(tmp_path: Path) -> None:
    source = "\\begin{verbatim}\nprint('%s' % x)\n\\end{verbatim}\nText.% a comment\n"
    parsed = await read(tmp_path, "a.tex", source.encode())
    assert outline(parsed) == [("code", "print('%s' % x)"), ("text", "Text.")]


async def test_each_speaker_of_a_subtitle_keeps_their_words(tmp_path: Path) -> None:
    cue = "00:01.000 --> 00:04.000\n<v Maria Ott>Shall we begin?</v>\n<v.loud Jörg Müller>Yes.</v>\n"
    parsed = await read(tmp_path, "a.vtt", f"WEBVTT\n\n{cue}".encode())
    assert [text for _, text in outline(parsed)] == ["Maria Ott: Shall we begin?", "Jörg Müller: Yes."]


async def test_a_blank_line_in_a_subtitle_ends_no_words(tmp_path: Path) -> None:
    cues = "1\n00:00:01,000 --> 00:00:04,000\nOne line,\n\nand another.\n\n2\n00:00:05,000 --> 00:00:06,000\nAll.\n"
    parsed = await read(tmp_path, "a.srt", cues.encode())
    assert [text for _, text in outline(parsed)] == ["One line, and another. All."]
    parsed = await read(tmp_path, "a.vtt", f"WEBVTT\n\n{cues.replace(',000', '.000')}\nNOTE hidden\n".encode())
    assert [text for _, text in outline(parsed)] == ["One line, and another. All."]


async def test_a_program_is_divided_before_lines_at_the_left_edge(tmp_path: Path) -> None:
    source = "\n\na = 1  \n \n\nb = {\n\n    2: 3,\n\n}\n\n\n    # indented\n"
    parsed = await read(tmp_path, "a.py", source.encode())
    assert outline(parsed) == [("code", "a = 1"), ("code", "b = {\n\n    2: 3,\n\n}\n\n\n    # indented")]


async def test_a_notebook_with_fields_of_other_types_is_read(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "heading", "level": "x", "source": "Rye"},
        {"cell_type": "code", "source": "grind(1)", "outputs": 3},
    ]
    parsed = await read(tmp_path, "a.ipynb", json.dumps({"cells": cells}).encode())
    assert outline(parsed) == [("section_heading", "Rye"), ("code", "grind(1)")]


async def test_an_xml_table_keeps_its_caption_and_one_without_rows_its_text(tmp_path: Path) -> None:
    row = "<row><entry>Rye</entry><entry>5</entry></row>"
    table = f"<table><title>Yields</title><tgroup><tbody>{row}</tbody></tgroup></table>"
    source = f"<article><para>We grind.</para>{table}<table><para>No rows.</para></table></article>"
    parsed = await read(tmp_path, "a.xml", source.encode())
    expected = [("text", "We grind."), ("text", "Yields"), ("table", "Rye | 5"), ("text", "No rows.")]
    assert outline(parsed) == expected


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("BEGIN:VCARD\nFN:Ada\nTEL:1\nBEGIN:VCARD\nFN:Bo\nTEL:2\n", ["Ada", "Telephone: 1", "Bo", "Telephone: 2"]),
        ("A list of names", ["A list of names"]),
    ],
)
async def test_contacts_without_an_end_are_read(tmp_path: Path, source: str, texts: list[str]) -> None:
    parsed = await read(tmp_path, "a.vcf", source.encode())
    assert [text for _, text in outline(parsed)] == texts
