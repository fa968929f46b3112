"""Ranges in the labels of rows: a number of the question falls into one of them."""

import pytest

from citewell.agent.reading import ranges
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

PARCELS = Library(
    [
        chunk(
            "Parcel | Inland | Abroad\nUp to 5 kg | GBP 4.50 | GBP 9.00\nOver 5 to 20 kg | GBP 7.50 | GBP 18.00\n"
            "Over 20 kg | GBP 15.00 | GBP 40.00",
            "postage.md",
            path=("Postage of Fern Nursery",),
        ),
        chunk("Children of 4 to 15 years | GBP 2.50\nAdults | GBP 4.20", "pool.md", path=("Pool: entry",)),
    ]
)


@pytest.mark.parametrize(
    ("question", "expected", "other"),
    [
        ("What does the postage of a parcel of 7 kg cost inland?", "7.50", "18.00"),
        ("What does the postage of a parcel of 3 kg cost abroad?", "9.00", "18.00"),
        ("What does the postage of a parcel of 31 kg cost inland?", "15.00", "7.50"),
        ("How much is the entry to the pool for children of 9 years?", "2.50", "4.20"),
    ],
)
async def test_the_row_whose_range_holds_the_number_answers(question: str, expected: str, other: str) -> None:
    text, cited = await ask(PARCELS, question)
    assert cited
    assert expected in text
    assert other not in text


async def test_a_number_in_no_range_is_refused() -> None:
    _, cited = await ask(PARCELS, "How much is the entry to the pool for children of 2 years?")
    assert cited == []


@pytest.mark.parametrize(
    ("label", "language", "least", "most", "unit"),
    [
        ("De 8 a 12 m", "es", 8, 12, "m"),
        ("5 – 10 kg", "de", 5, 10, "kg"),
        ("Enfant de 4 à 15 ans", "fr", 4, 15, "ans"),
        ("1.000 bis 2.000 Stück", "de", 1000, 2000, "stück"),
        ("Hasta 8 m", "es", 0, 8, "m"),
    ],
)
def test_labels_that_name_ranges(label: str, language: str, least: float, most: float, unit: str) -> None:
    found = ranges.find(label, language)
    assert found is not None
    assert (found.least, found.most, found.unit) == (least, most, unit)


@pytest.mark.parametrize("label", ["DP 3-40", "14 Mill Lane", "2024-03", "PO-88-119", "VAT at 5 %", "Lot 2"])
def test_numbers_that_are_no_ranges(label: str) -> None:
    assert ranges.find(label, "en") is None


def test_ends_of_a_range_and_its_unit() -> None:
    assert ranges.holds("5 to 20 kg", "20", "a parcel of 20 kg", "en")
    assert not ranges.holds("over 20 kg", "20", "a parcel of 20 kg", "en")
    assert not ranges.holds("5 to 20 kg", "7", "a mast of 7 m", "en")
    assert ranges.holds("4 to 15 years", "7", "un enfant de 7 ans", "en")
