"""Changes: what a question asks for over two years, in rows of plain tables and in sentences."""

import pytest

from citewell.agent.claim_numbers import calculated_numbers, has_numbers
from citewell.agent.reading import amounts, working
from citewell.agent.reading.amounts import Amount
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

REPORT = """Segment | Revenue 2025 | Revenue 2024 | Operating profit 2025 | Operating profit 2024
Laboratory | 48,600 | 45,000 | 7,290 | 6,300
Industrial | 31,250 | 33,400 | 2,180 | 3,340
Services | 20,900 | 16,720 | 4,390 | 3,010"""

REGIONS = """Region | 2025 | 2024
Northern islands | 38,100 | 37,900
Rest of Europe | 41,450 | 36,020"""

MINUTES = (
    "Le coût total des travaux est estimé à 4 350 000 €, contre 4 120 000 € en mars. "
    "Le chantier commence en janvier et dure dix-huit mois. La région verse une subvention de 870 000 €."
)

LIBRARY = Library(
    [
        chunk(REPORT, "annual-report.docx", path=("Annual report of Tessaly plc", "Segments")),
        chunk(REGIONS, "annual-report.docx", path=("Annual report of Tessaly plc", "Sales by region")),
        chunk("Average number of employees: 642 (2024: 611).", "annual-report.docx"),
    ]
)
FRENCH = Library([chunk(MINUTES, "compte-rendu.docx", path=("Compte rendu",))], language="fr")


async def test_the_year_of_the_question_chooses_the_column() -> None:
    text, cited = await ask(LIBRARY, "What was the operating profit of the Industrial segment in 2024?")
    assert cited
    assert "3,340" in text
    assert "2,180" not in text
    assert "33,400" not in text


async def test_a_follow_up_keeps_the_year_of_the_question_before() -> None:
    before = "What was the operating profit of the Industrial segment in 2024?"
    text, _ = await ask(LIBRARY, "And of the Laboratory segment?", before=[before])
    assert "6,300" in text
    assert "7,290" not in text


async def test_growth_is_worked_out_from_two_years_of_one_measure() -> None:
    text, cited = await ask(LIBRARY, "By how much did the revenue of the Services segment grow from 2024 to 2025?")
    assert len(cited) >= 2
    assert "20,900 - 16,720 = 4,180; 4,180 / 16,720 × 100 = 25 %" in text


async def test_without_a_year_the_newest_is_compared_with_the_one_before() -> None:
    text, _ = await ask(LIBRARY, "By what percentage did the operating profit of the Industrial segment change?")
    assert "(-1,160) / 3,340 × 100 = -34.7 %" in text


async def test_columns_that_are_years_alone_are_compared() -> None:
    text, _ = await ask(LIBRARY, "By how much did Tessaly's revenue in the rest of Europe rise?")
    assert "41,450 - 36,020 = 5,430" in text


async def test_a_change_is_worked_out_from_two_amounts_in_one_sentence() -> None:
    text, cited = await ask(FRENCH, "De combien le coût total des travaux a-t-il augmenté depuis mars ?")
    assert cited
    assert "230\u00a0000 €" in text
    assert "= 5,6 %" in text


@pytest.mark.parametrize(
    ("text", "language", "now", "then"),
    [
        ("Costs are estimated at 4 350 000 €, contre 4 120 000 € en mars.", "fr", (4350000, "€"), (4120000, "€")),
        ("The average number of employees was 642 (2024: 611).", "en", (642, ""), (611, "")),
        ("Der Beitrag steigt von 12,50 EUR auf 14 EUR im Monat.", "de", (14, "EUR"), (12.5, "EUR")),
        ("1 240 membres à la fin de 2025, contre 1 115 un an plus tôt.", "fr", (1240, ""), (1115, "")),
        ("El precio sube de 22 % a 24 % desde el 1 de enero de 2027.", "es", (24, "%"), (22, "%")),
    ],
)
def test_two_amounts_that_are_set_against_each_other(
    text: str, language: str, now: tuple[float, str], then: tuple[float, str]
) -> None:
    assert amounts.set_against(text, language) == (Amount(*now), Amount(*then))


@pytest.mark.parametrize(
    "text",
    ["Rents rise from 3 May 2026 to 4 June 2027.", "The fee is EUR 12, compared with 3 % before.", "It was 12 in all."],
)
def test_days_and_different_units_are_not_set_against_each_other(text: str) -> None:
    assert amounts.set_against(text, "en") is None


def test_computed_numbers_are_written_as_in_the_document() -> None:
    line = "Change: 1,200.5 - 200 = 1,000.5"
    assert working.localised(line, "en") == line
    assert working.localised(line, "de") == "Change: 1.200,5 - 200 = 1.000,5"


def test_a_calculation_is_checked_in_the_marks_of_its_language() -> None:
    assert calculated_numbers("1.200,5 - 200 = 1.000,5 EUR") == {"1.000,5", "100"}
    assert calculated_numbers("230\u00a0000 / 4\u00a0120\u00a0000 × 100 = 5,6 %") == {"5,6", "100"}
    assert calculated_numbers("1.200,5 - 200 = 1.100,5 EUR") == set()
    assert calculated_numbers("600 / ((120 + 80) / 2) = 6") == {"6", "100", "2"}
    assert calculated_numbers("600 / ((120 + 80) / 2) = 5") == set()
    assert has_numbers("4\u00a0350\u00a0000", "estimé à 4 350 000 €", "fr")
    assert not has_numbers("4\u00a0351\u00a0000", "estimé à 4 350 000 €", "fr")


ACCOUNTS = Library(
    [
        chunk(
            "Poste | 2025 | 2024\nDons | 142 000 | 118 000\nSubventions | 96 500 | 101 500\n"
            "Salaires | 131 200 | 124 800",
            "rapport.md",
            path=("Association Les Passerelles : rapport annuel 2025", "Compte de résultat (en euros)"),
        ),
        chunk(
            "Les dons ont augmenté grâce à la campagne de décembre, qui a rapporté 31 000 €. L'association compte"
            " 1 240 membres à la fin de 2025, contre 1 115 un an plus tôt.",
            "rapport.md",
            path=("Association Les Passerelles : rapport annuel 2025",),
        ),
    ],
    language="fr",
)


async def test_rows_of_years_are_found_in_other_languages_than_english() -> None:
    text, cited = await ask(ACCOUNTS, "À combien s'élèvent les dons des Passerelles en 2025 ?")
    assert cited
    assert "142\u00a0000" in text
    assert "31 000" not in text


async def test_a_fall_in_percent_is_worked_out_in_another_language() -> None:
    text, _ = await ask(ACCOUNTS, "De quel pourcentage les subventions des Passerelles ont-elles baissé en 2025 ?")
    assert "-4,9 %" in text


async def test_a_follow_up_too_short_to_tell_its_language_has_that_of_the_question_before() -> None:
    before = "À combien s'élèvent les salaires des Passerelles en 2025 ?"
    text, _ = await ask(ACCOUNTS, "Et en 2024 ?", before=[before])
    assert "124\u00a0800" in text
    assert "D'après les tableaux" in text


async def test_a_year_that_the_table_lacks_is_refused() -> None:
    _, cited = await ask(ACCOUNTS, "À combien s'élèvent les dons des Passerelles en 2022 ?")
    assert cited == []
