"""Documents of which everything is known must be read as they are."""

from pathlib import Path

import pytest

from tests.cases.checker import HEADINGS, read_here, write_file
from tests.golden.score import Reading, score
from tests.golden.truth import Golden, corpus

MARKS = {"recall": 0.98, "precision": 0.98, "headings": 0.95, "cells": 0.95, "order": 0.97}
# What is not read so well yet, with the measures that miss their mark.
NOT_YET: dict[str, set[str]] = {}


@pytest.mark.parametrize("document", corpus(), ids=lambda document: document.name)
def test_a_document_is_read_as_it_was_written(
    document: Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document.skip_without_programs()
    monkeypatch.chdir(tmp_path)
    parsed = read_here(write_file(document.make()), document.name)
    headings = [block.text for block in parsed.blocks if block.type in HEADINGS]
    tables = [block.rows for block in parsed.blocks if block.rows]
    reached = score(document.blocks, Reading(parsed.text.replace(" | ", " "), headings, tables))
    missed = {
        name: value for name, mark in MARKS.items() if (value := getattr(reached, name)) is not None and value < mark
    }
    assert set(missed) == NOT_YET.get(document.name, set()), missed
    pages = {block.page for block in document.blocks}
    assert {block.page for block in parsed.blocks} >= pages or document.format != "pdf"
