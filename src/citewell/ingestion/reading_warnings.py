"""Warnings about a document that was read in part, or not with certainty.

A warning is stored as its English sentence, so that one from any version can be shown. The templates here find its code
again. The web app has words for each code (ui/src/library/warning-texts.ts).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

_MOST_CHARS = 500  # of a warning whose code is looked for
_DEEPEST = 3  # attachments in attachments whose warnings are recognised

WarningCode = Literal[
    "attachment_not_read",
    "attachments_cut",
    "columns_cut",
    "encrypted_message",
    "fonts_unmapped",
    "formulas_without_values",
    "hidden_cells",
    "hidden_sheets",
    "illegible",
    "invalid_json",
    "named_otherwise",
    "nested_too_deeply",
    "object_not_read",
    "pages_not_recognised",
    "pages_without_text",
    "part_not_read",
    "parts_cut",
    "picture_doubtful",
    "picture_left_out",
    "picture_without_text",
    "pictures_not_read",
    "salvaged",
    "sealed_part_damaged",
    "sealed_too_deeply",
]
WARNING_CODES: tuple[str, ...] = get_args(WarningCode)
_TEMPLATES: dict[WarningCode, str] = {
    "attachment_not_read": "The attachment {name} was not read: {reason}",
    "attachments_cut": "Only the first {most} of {count} attachments were read",
    "columns_cut": "Columns behind {column} were left out of the sheet {sheet}",
    "encrypted_message": "The message is encrypted: only those it was sent to can read its text",
    "fonts_unmapped": "The fonts on {pages} do not tell their characters, so the text there may be wrong:"
    " export the PDF again with its fonts' Unicode maps, or as PDF/A.",
    "formulas_without_values": "{count} formulas have no values in the file and are shown as formulas: save it in its"
    " program, or install LibreOffice on the server",
    "hidden_cells": "Hidden cells were left out of the sheet {sheet}: {cells}",
    "hidden_sheets": "Hidden sheets were left out: {names}",
    "illegible": "{share} of the text cannot be read: the file's encoding or its fonts say nothing of its characters",
    "invalid_json": "This is no valid JSON: it is taken as plain text",
    "named_otherwise": "The name says {suffix}, the content is {kind}: it was read as that",
    "nested_too_deeply": "The text is nested too deeply: it is taken as plain text",
    "object_not_read": "An embedded object ({program}) in {place} was not read: {reason}",
    "pages_not_recognised": "{count} of {total} pages have no text. {reason}",
    "pages_without_text": "{count} of {total} pages have no text: they are blank or broken",
    "part_not_read": "A part of the document was not read: {reason}",
    "parts_cut": "Only the first {most} parts of the message were read",
    "picture_doubtful": "The text in the picture of {pages} was recognised with low confidence ({confidence}): compare"
    " what is quoted with the page.",
    "picture_left_out": "The text in the picture of {pages} could not be recognised (confidence {confidence}) and is"
    " left out: scan it again, straight and with a higher resolution.",
    "picture_without_text": "No text was recognised in the picture of {pages}.",
    "pictures_not_read": "The pictures on {pages} were not read. {reason}",
    "salvaged": "The file is damaged: the list of its objects was missing and was made anew",
    "sealed_part_damaged": "A part of the message that is signed or encrypted (S/MIME) is damaged",
    "sealed_too_deeply": "There are too many signed messages in signed messages",
}


@dataclass(frozen=True)
class WarningDetail:
    """A warning: its English sentence, its stable code (null for one of another version), and what stands in it.

    `values.within` names the attachment or message that the warning is about, if it is not about the document itself.
    """

    text: str
    code: str | None
    values: dict[str, str | int]


def warning(code: WarningCode, **values: object) -> str:
    """Returns the English sentence of a code."""
    return _TEMPLATES[code].format_map(values)


@lru_cache(maxsize=4096)
def details(text: str) -> WarningDetail:
    """Returns the code and the values of a warning."""
    if len(text) <= _MOST_CHARS:
        parts = text.split(": ")
        for number in range(min(len(parts), _DEEPEST + 1)):
            found = _recognised(": ".join(parts[number:]))
            if found is not None:
                code, values = found
                within: dict[str, str | int] = {"within": ": ".join(parts[:number])} if number else {}
                return WarningDetail(text=text, code=code, values=within | values)
    return WarningDetail(text=text, code=None, values={})


def _recognised(text: str) -> tuple[str, dict[str, str | int]] | None:
    for code, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(text):
            return code, {name: _value(value) for name, value in match.groupdict().items()}
    return None


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(template)), re.DOTALL)


def _value(text: str) -> str | int:
    """Returns the value without English words: a number as one, "pages 3, 4 and 2 more" as "3, 4 …", "20 to 30 %"
    as "20–30 %".
    """
    if re.fullmatch(r"\d{1,3}(,\d{3})*", text):
        return int(text.replace(",", ""))
    if pages := re.fullmatch(r"pages? ([\d, ]+)( and \d+ more)?", text):
        return pages[1] + (" …" if pages[2] else "")
    return re.sub(r"^(\d+) to (\d+) %$", r"\1–\2 %", text)


_PATTERNS = {code: _pattern(template) for code, template in _TEMPLATES.items()}
