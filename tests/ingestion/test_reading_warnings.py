"""The codes of warnings are found again in their sentences."""

import string

import pytest

from citewell.ingestion import reading_warnings
from citewell.ingestion.parsing.trust import page_list
from citewell.ingestion.reading_warnings import WARNING_CODES, WarningCode, details, warning
from tests.words import lacking


@pytest.mark.parametrize("code", WARNING_CODES)
def test_a_code_is_found_again_with_all_its_values(code: WarningCode) -> None:
    names = [name for _, name, _, _ in string.Formatter().parse(reading_warnings._TEMPLATES[code]) if name]
    values = {name: f"the {name} (of 3)" for name in names}
    found = details(warning(code, **values))
    assert (found.code, found.values) == (code, values)
    assert not lacking(("library/warning-texts.ts", "WARNING_TEXTS"), code, values)


def test_values_have_no_english_words() -> None:
    many = details(warning("picture_doubtful", pages=page_list(range(1, 13)), confidence="40 to 55 %"))
    assert many.values == {"pages": "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 …", "confidence": "40–55 %"}
    assert details(warning("parts_cut", most=f"{2000:,}")).values == {"most": 2000}


def test_warnings_of_attachments_name_them() -> None:
    found = details(f"Message 2: annex: b.xlsx: {warning('hidden_sheets', names='Old: prices')}")
    assert (found.code, found.values) == (
        "hidden_sheets",
        {"names": "Old: prices", "within": "Message 2: annex: b.xlsx"},
    )


@pytest.mark.parametrize("text", ["Something of another version", "", ": " * 200, "The name says " * 30])
def test_other_sentences_have_no_code(text: str) -> None:
    found = details(text)
    assert (found.text, found.code, found.values) == (text, None, {})
