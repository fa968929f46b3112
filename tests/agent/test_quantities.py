"""Quantities and frequencies: a value with the unit of something else is no answer."""

import pytest

from citewell.agent.reading import quantities
from citewell.agent.reading.kinds import has_frequency
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

SHEET = Library(
    [
        chunk(
            "Merkmal | DP 3-10 | DP 3-40\nGewicht | 210 g | 265 g\nAusgangssignal | 4 bis 20 mA | 4 bis 20 mA\n"
            "Schutzart | IP67 | IP65",
            "datenblatt.md",
            path=("Druckaufnehmer Merkur DP 3", "Technische Daten"),
        ),
        chunk(
            "Die Versorgungsspannung beträgt 24 V DC ± 10 %. Der Hersteller empfiehlt eine Kalibrierung alle 24 Monate."
            " Der Hersteller empfiehlt nach der Kalibrierung einen Aufkleber. "
            "Für Sauerstoff ist der Druckaufnehmer nicht geeignet.",
            "datenblatt.md",
            path=("Druckaufnehmer Merkur DP 3",),
        ),
    ],
    language="de",
)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the supply voltage of the sensor?", "Gewicht: 265 g"),
        ("What is the response time of the sensor?", "4 bis 20 mA"),
        ("Wie schwer ist der Aufnehmer?", "0 bis 40 bar"),
        ("How loud is the pump?", "1,200 W"),
    ],
)
def test_a_unit_of_another_quantity_is_no_answer(question: str, text: str) -> None:
    assert quantities.is_of_another(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the supply voltage of the sensor?", "24 V DC ± 10 %"),
        ("How heavy is the pump?", "6.4 kg"),
        ("What is the weight of the price among the award criteria?", "55 %"),
        ("What is the processing time?", "six weeks"),
        ("What is the noise level of the X7?", "52 分贝"),
        ("What does it cost?", "24 V"),
    ],
)
def test_a_unit_of_the_quantity_and_other_questions_are_left_alone(question: str, text: str) -> None:
    assert not quantities.is_of_another(question, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("alle 24 Monate", True),
        ("Access rights are reviewed every quarter.", True),
        ("after 250 operating hours", True),
        ("tous les ans", True),
        ("nicht geeignet", False),
        ("the hours of the pool", False),
    ],
)
def test_what_says_how_often(text: str, *, says: bool) -> None:
    assert has_frequency(text) is says


async def test_how_often_is_answered_with_a_frequency_alone() -> None:
    text, cited = await ask(SHEET, "Wie oft empfiehlt der Hersteller eine Kalibrierung?")
    assert "alle 24 Monate" in text
    assert len(cited) == 1


async def test_a_quantity_in_another_language_is_found_by_its_unit() -> None:
    text, cited = await ask(SHEET, "What is the supply voltage of the Merkur DP 3?")
    assert cited
    assert "24 V" in text
    assert "265 g" not in text


async def test_a_quantity_that_the_sheet_lacks_is_refused() -> None:
    _, cited = await ask(SHEET, "What is the response time of the Merkur DP 3?")
    assert cited == []
