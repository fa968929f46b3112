"""Questions that compare fields, go on from one another, ask for all rows of a table, or for a value of one kind."""

import pytest

from citewell.agent.reading import working
from citewell.agent.reading.kinds import has_length, is_frequency
from citewell.agent.reading.phrases import replaced, sides
from citewell.agent.reading.question import carried, understand
from citewell.agent.reading.vocabulary import phrases
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

FERRY = [
    "Ferry to Holm: fares and rules\n\nValid from 1 March 2026\n\nPublished by Holm Ferries",
    "Fares\n\nTicket | Adult | Child\nSingle | EUR 14.50 | EUR 7.25\nReturn | EUR 26.00 | EUR 13.00\n"
    "Bicycle | EUR 5.00 | EUR 5.00",
    "Documents on board\n\nDocument | Copies\nPassport | 1\nVaccination card | 2",
    "Refunds\n\nApplications by e-mail are not accepted. A refund takes ten working days. The ramp opens at 60 %.\n\n"
    "The operator may cancel a crossing at a wind force of 8.",
]
LIBRARY = Library(
    [
        chunk(text, "ferry-holm.pdf", path=(text.split("\n")[0],) if number else ("Ferry to Holm",))
        for number, text in enumerate(FERRY)
    ]
)
SCHEDULE = Library(
    [
        chunk(
            "Insurance schedule\n\nPolicyholder Marsh Dairy Ltd\n\nPolicy number MD-118\n\nInsurer Coldbrook Mutual\n\n"
            "Period of insurance 1 May 2026 to 30 April 2027\n\nAnnual premium GBP 910.00",
            "schedule-marsh.pdf",
            path=("Insurance schedule",),
        ),
        chunk(
            "Conditions\n\nThe policy is renewed unless it is cancelled. The insured address is 2 Mill Row, Lynn.",
            "schedule-marsh.pdf",
            path=("Conditions",),
        ),
    ]
)


async def test_the_difference_of_two_rows_is_worked_out() -> None:
    text, cited = await ask(LIBRARY, "How much more is a Return ticket than a Single ticket for an adult?")
    assert cited
    assert "EUR 26.00" in text
    assert "EUR 14.50" in text
    assert "26 - 14.5 = 11.5 EUR" in text


@pytest.mark.parametrize(
    ("one", "two", "language", "shown"),
    [
        ("790 kg", "540 kg", "en", "790 - 540 = 250 kg"),
        ("540 kg", "790 kg", "en", "790 - 540 = 250 kg"),
        ("1.200,50 EUR", "200,50 EUR", "de", "1,200.5 - 200.5 = 1,000 EUR"),
        ("1.200 EUR", "900 EUR", "de", "1,200 - 900 = 300 EUR"),
    ],
)
def test_a_gap_is_the_larger_value_less_the_smaller(one: str, two: str, language: str, shown: str) -> None:
    assert shown in working.gap(one, two, language, phrases("en"))


@pytest.mark.parametrize(
    ("one", "two"),
    [("GBP 500", "48 hours"), ("24 V / 150 Ah", "24 V / 230 Ah"), ("none", "GBP 3"), ("1.200 kg", "900 kg")],
)
def test_no_gap_between_different_units_or_unclear_numbers(one: str, two: str) -> None:
    assert working.gap(one, two, "de", phrases("en")) == ""


async def test_the_two_sides_of_a_choice_are_shown() -> None:
    text, cited = await ask(LIBRARY, "Which has the higher fare for a child, return or single?")
    assert cited
    assert "EUR 13.00" in text
    assert "EUR 7.25" in text


@pytest.mark.parametrize(
    ("text", "one", "two"),
    [
        ("What is the difference between tea and green coffee?", {"tea"}, {"green", "coffee"}),
        ("Which costs more, tea or coffee?", {"tea"}, {"coffee"}),
        ("Was ist der Unterschied zwischen Tee und Kaffee?", {"tee"}, {"kaffee"}),
    ],
)
def test_the_sides_of_a_comparison(text: str, one: set[str], two: set[str]) -> None:
    assert sides(text) == (one, two)


def test_a_question_without_a_comparison_has_no_sides() -> None:
    assert sides("What do tea and coffee cost?") is None


@pytest.mark.parametrize(
    ("text", "before", "language", "gone"),
    [
        ("And for children?", "What is the fee for adults in winter?", "en", {"adults"}),
        ("And in summer?", "What is the fee for adults in winter?", "en", {"winter"}),
        ("Und zum Parken?", "Wie hoch ist der Zuschuss für die Kantine?", "de", {"die", "kantine"}),
        ("And children?", "What is the fee for adults?", "en", set()),
    ],
)
def test_a_phrase_takes_the_place_of_another(text: str, before: str, language: str, gone: set[str]) -> None:
    assert replaced(text, before, language) == gone


def test_a_follow_up_drops_what_it_replaces() -> None:
    asked = understand("Und für das Parken?", ["Wie hoch ist der Zuschuss für die Kantine?"])
    texts = {group.text for group in asked.fields}
    assert "Parken" in texts
    assert "Zuschuss" in texts
    assert "Kantine" not in texts


async def test_the_rows_of_a_table_with_the_name_that_is_asked_for() -> None:
    text, cited = await ask(LIBRARY, "What are the documents on board?")
    assert cited
    assert "Passport" in text
    assert "Vaccination card" in text
    assert "Single" not in text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the policy number of Marsh Dairy?", "MD-118"),
        ("Who insures Marsh Dairy?", "Coldbrook Mutual"),
        ("When does the insurance of Marsh Dairy end?", "30 April 2027"),
    ],
)
async def test_a_label_counts_more_than_a_sentence_with_one_of_its_words(question: str, answer: str) -> None:
    text, cited = await ask(SCHEDULE, question)
    assert cited
    assert answer in text


async def test_a_document_of_other_years_does_not_answer() -> None:
    _, cited = await ask(SCHEDULE, "What was the annual premium of Marsh Dairy in 2021?")
    assert not cited


async def test_a_means_is_not_what_is_asked_for() -> None:
    text, cited = await ask(LIBRARY, "May applications for refunds be sent by e-mail?")
    assert cited
    assert "not accepted" in text
    assert understand("What is the e-mail address of the operator?").values


@pytest.mark.parametrize(
    ("text", "is_length"),
    [
        ("It takes eight hours.", True),
        ("The path is 46 km long.", True),
        ("The pump stops at 20 % or less.", False),
        ("It needs 230 V with a fuse of 16 A.", False),
        ("The fee is GBP 240.70.", False),
    ],
)
def test_what_may_answer_how_long(text: str, is_length: bool) -> None:
    assert has_length(text) is is_length


def test_how_often_is_not_how_much() -> None:
    assert is_frequency("every 1,000 hours")
    assert is_frequency("alle 250 Stunden")
    assert not is_frequency("1,000 hours")


def test_the_end_of_a_german_question_belongs_to_its_verb() -> None:
    asked = understand("Wer stellt den Reiniger her?")
    verb = next(group for group in asked.groups if group.text == "stellt")
    assert any("herstellt" in words for words in verb.alternatives)


FORM = Library(
    [
        chunk(
            "Test report\n\nClient: Hollow Farm\n\nDate of event | 11 September 2026\nSampled on | 8 June 2026 by "
            "Petra Lind\nReport number | TR-26-0915\nTotal | GBP 90.00\nDeposit already paid | GBP 40.00\n"
            "Balance due | GBP 50.00\nBattery | 24 V / 150 Ah\n\nResults are sent by post.",
            "report-hollow.pdf",
            path=("Test report",),
        )
    ]
)


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        ("When did the event at Hollow Farm take place?", "11 September 2026", "8 June"),
        ("Who took the sample at Hollow Farm?", "Petra Lind", "Client"),
        ("How much does Hollow Farm still have to pay?", "50.00", "40.00"),
    ],
)
async def test_a_label_is_found_by_what_it_says_without_linking_words(question: str, answer: str, other: str) -> None:
    text, cited = await ask(FORM, question)
    assert cited
    assert answer in text
    assert other not in text


@pytest.mark.parametrize(
    "question",
    ["How much is the report of Hollow Farm?", "How long does the battery last?", "Who is the tester of Hollow Farm?"],
)
async def test_a_value_of_another_kind_is_no_answer(question: str) -> None:
    text, _ = await ask(FORM, question)
    assert "TR-26-0915" not in text
    assert "150 Ah" not in text
    assert "Client: Hollow Farm" not in text


def test_how_long_without_a_time_is_asked_of_no_row() -> None:
    asked = understand("¿Cuánto tiempo se pueden tener las películas?")
    assert [group.text for group in asked.fields if not group.is_soft] == ["películas"]


RESULTS = Library(
    [
        chunk("Water test\n\nClient: Hollow Farm\n\nSampled on: 8 June 2026 by Petra Lind", "water-test.md"),
        chunk(
            "Results\n\nParameter | Result | Limit\nNitrate | 38 mg/l | 50 mg/l\nIron | 0.31 mg/l | 0.20 mg/l\n\n"
            "Samples are kept for 30 days. The results apply to the sample only.",
            "water-test.md",
            path=("Results",),
        ),
    ]
)


async def test_two_cells_of_one_row_are_compared() -> None:
    text, cited = await ask(RESULTS, "By how much is the iron result above the limit at Hollow Farm?")
    assert cited
    assert "0.31 - 0.2 = 0.11 mg/l" in text


async def test_a_day_does_not_say_how_long() -> None:
    text, cited = await ask(RESULTS, "How long are samples kept?")
    assert cited
    assert "30 days" in text
    assert "8 June" not in text


HARBOUR = Library(
    [
        chunk(
            "Eslora | Temporada baja, por día | Temporada alta, por día\nHasta 8 m | 14,50 | 26,00\n"
            "De 9 a 12 m | 22,00 | 41,50",
            "tarifas-puerto.html",
            path=("Tarifas del puerto deportivo",),
        ),
        chunk("La temporada alta va del 15 de junio al 15 de septiembre.", "tarifas-puerto.html", path=("Tarifas",)),
    ],
    language="es",
)


async def test_a_fragment_replaces_its_phrase_and_keeps_the_rest_of_the_question() -> None:
    before = "¿Cuánto cuesta un día de amarre hasta 8 m en temporada baja?"
    text, _ = await ask(HARBOUR, "¿Y en temporada alta?", before=[before])
    assert "26,00" in text
    assert "14,50" not in text


def test_a_question_with_its_own_topic_takes_only_names_from_the_one_before() -> None:
    asked = understand("And who prepares the public meeting?", ["Qui doit choisir le bureau de contrôle ?"])
    assert [group.text for group in asked.fields] == ["prepares", "public", "meeting"]
    assert carried(understand("And who prepares the public meeting?"), "Wie schwer ist der DP 3-10?") == "3-10"


def test_the_word_beside_a_shared_word_is_replaced() -> None:
    before = "How many days of annual leave do full-time employees have?"
    asked = understand("And part-time employees?", [before])
    texts = [group.text for group in asked.fields]
    assert "part-time" in texts
    assert "full-time" not in texts
    assert {"days", "annual", "leave"} <= set(texts)


def test_a_phrase_replaces_that_of_a_question_in_another_language() -> None:
    assert "erwachsene" in replaced("And for children?", "Was kostet die Karte für Erwachsene im Juni?", "de", "en")


ALLOWANCES = Library(
    [
        chunk(
            "Land | Ganzer Tag | Anreisetag\nDeutschland | 28 EUR | 14 EUR\nÖsterreich | 50 EUR | 33 EUR\n"
            "Schweiz | 70 EUR | 47 EUR",
            "reisen.html",
            path=("Reiserichtlinie", "Verpflegungspauschale"),
        ),
    ],
    language="de",
)
LEASE = Library(
    [
        chunk("Lease of an excavator\n\nLessor Orbell Hire Ltd\n\nLessee Greave Ltd", "lease.pdf", path=("Lease",)),
        chunk(
            "Charge | Amount\nLate return, per day | GBP 75.00\nCleaning of a dirty machine | GBP 120.00",
            "lease.pdf",
            path=("Lease", "Charges"),
        ),
    ]
)


async def test_a_name_in_another_language_takes_the_place_of_a_german_one() -> None:
    before = "Wie hoch ist die Verpflegungspauschale für einen ganzen Tag in Österreich?"
    text, _ = await ask(ALLOWANCES, "And in Switzerland?", before=[before])
    assert "70 EUR" in text
    assert "50 EUR" not in text


async def test_the_thing_that_a_document_is_about_need_not_stand_in_the_row() -> None:
    before = "What is the charge for late return of the excavator?"
    text, _ = await ask(LEASE, "And for cleaning?", before=[before])
    assert "120.00" in text


@pytest.mark.parametrize(
    ("text", "language", "one", "two"),
    [
        ("Wie viel mehr gibt es in der Schweiz als in Deutschland?", "de", "schweiz", "deutschland"),
        ("How much more does full board cost than half board?", "en", "full", "half"),
        ("¿Cuánto más cuesta el amarre en temporada alta que en temporada baja?", "es", "alta", "baja"),
    ],
)
def test_the_two_sides_of_than(text: str, language: str, one: str, two: str) -> None:
    found = sides(text, language)
    assert found is not None
    assert one in found[0]
    assert two in found[1]


async def test_the_difference_of_two_columns_is_worked_out() -> None:
    question = "¿Cuánto más cuesta un día de amarre hasta 8 m en temporada alta que en temporada baja?"
    text, _ = await ask(HARBOUR, question)
    assert "26 - 14,5 = 11,5" in text


async def test_the_difference_of_two_german_rows_is_worked_out() -> None:
    text, _ = await ask(ALLOWANCES, "Wie viel mehr gibt es für einen ganzen Tag in der Schweiz als in Deutschland?")
    assert "70 - 28 = 42 EUR" in text


@pytest.mark.parametrize("text", ["What does a suite cost?", "¿Cuánto cuesta una suite?"])
def test_a_question_for_a_field_of_a_thing_stands_alone(text: str) -> None:
    asked = understand(text, ["What were total net sales in the quarter ended July 1, 2023?"])
    assert asked.period is None
    assert not asked.concepts
    assert [group.text for group in asked.fields if not group.concept and not group.is_soft] == ["suite"]


def test_a_question_that_points_back_takes_its_thing_from_the_one_before() -> None:
    asked = understand("And does it cost more?", ["What does the large tent weigh?"])
    assert "tent" in [group.text for group in asked.fields]
