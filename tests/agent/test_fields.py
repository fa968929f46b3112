"""Forms, plain tables and the questions that people ask over them, without a model."""

import pytest

from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

STACKED = """Invoice

Invoice number INV-2041

Invoice date 3 March 2026

Bill to Marlow Printing Ltd

Item | Quantity | Unit price | Amount
Paper rolls | 10 | EUR 25.00 | EUR 250.00
Ink set | 2 | EUR 50.00 | EUR 100.00

Subtotal EUR 350.00

VAT 20 % EUR 70.00

Total EUR 420.00"""
BESIDE = """Invoice

Invoice number | INV-2042
Due date | 16 April 2026
Customer | Tamar Ceramics LLC
Contact person | Ines Duarte
Description | Hours | Rate | Amount
Kiln inspection | 6 | $95.00 | $570.00
Subtotal | $570.00
Total | $570.00"""
ABOVE = """Rechnung

Rechnungsnummer

7731

Kunde

Holm GmbH

Gesamtbetrag

652,70 EUR"""
SPACED = """PURCHASE ORDER

Order no.        5510
Supplier         Norrland Timber AB
Ordered by       Priya Nair

Pos  Article           Qty   Price
1    Spruce beam       40    38.00
2    Oak board         15    61.00

Net total        2,435.00 GBP
Grand total      2,922.00 GBP"""
MANUAL = """Otter pumps

| Otter 300 | Otter 500
Power | 750 W | 1,100 W
Weight | 6.4 kg | 8.9 kg

Faults

Code | Meaning | Remedy
E1 | Motor overheated | Let it cool for 20 minutes
E2 | Impeller blocked | Remove the foreign body"""
POLICY = """Special leave

Occasion | Days
Own wedding | 2
Birth of a child | 3
Moving house | 1

Special leave is requested from the People team."""
OFFICE = Library(
    [
        chunk(STACKED, "invoice-2041.pdf"),
        chunk(BESIDE, "invoice-2042.pdf"),
        chunk(ABOVE, "rechnung-7731.docx"),
        chunk(SPACED, "order-5510.txt"),
        chunk(MANUAL, "manual.md"),
        chunk(POLICY, "leave.html"),
    ]
)


@pytest.mark.parametrize(
    ("question", "answer", "document"),
    [
        ("What is the total of invoice INV-2041?", "**Total**: **EUR 420.00**", "invoice-2041.pdf"),
        ("How much is the VAT on invoice 2041?", "EUR 70.00", "invoice-2041.pdf"),
        ("When was invoice INV-2041 issued?", "3 March 2026", "invoice-2041.pdf"),
        ("Who is invoice INV-2041 billed to?", "Marlow Printing", "invoice-2041.pdf"),
        ("What is the unit price of the ink set?", "Unit price: **EUR 50.00**", "invoice-2041.pdf"),
        ("When is invoice INV-2042 due?", "16 April 2026", "invoice-2042.pdf"),
        ("Who is the contact person at Tamar Ceramics?", "Ines Duarte", "invoice-2042.pdf"),
        ("How many hours did the kiln inspection take?", "Hours: **6**", "invoice-2042.pdf"),
        ("Wie hoch ist der Gesamtbetrag der Rechnung 7731?", "652,70 EUR", "rechnung-7731.docx"),
        ("What is the total of invoice 7731?", "652,70 EUR", "rechnung-7731.docx"),
        ("What is the grand total of order 5510?", "2,922.00 GBP", "order-5510.txt"),
        ("Who is the supplier of order 5510?", "Norrland Timber", "order-5510.txt"),
        ("How many oak boards were ordered?", "Qty: **15**", "order-5510.txt"),
        ("How heavy is the Otter 500?", "8.9 kg", "manual.md"),
        ("What does code E2 mean?", "Impeller blocked", "manual.md"),
        ("How many days of special leave are there for moving house?", "Days: **1**", "leave.html"),
    ],
)
async def test_a_value_is_found_by_its_label(question: str, answer: str, document: str) -> None:
    text, citations = await ask(OFFICE, question)
    assert answer in text
    assert citations[0].document_name == document


async def test_things_are_compared_in_their_row() -> None:
    text, _ = await ask(OFFICE, "Compare the weight of the Otter 300 and the Otter 500.")
    assert "Otter 300: **6.4 kg**; Otter 500: **8.9 kg**" in text


async def test_a_list_gives_the_rows_of_its_table() -> None:
    text, _ = await ask(OFFICE, "Which occasions give special leave?")
    assert all(occasion in text for occasion in ("Own wedding", "Birth of a child", "Moving house"))


async def test_a_follow_up_keeps_the_label_and_changes_what_it_is_of() -> None:
    text, citations = await ask(OFFICE, "And of INV-2042?", ["What is the total of invoice INV-2041?"])
    assert "$570.00" in text
    assert citations[0].document_name == "invoice-2042.pdf"
    text, _ = await ask(OFFICE, "And of the Otter 300?", ["What is the weight of the Otter 500?"])
    assert "6.4 kg" in text


@pytest.mark.parametrize(
    "question",
    [
        "What is the total of invoice INV-2099?",
        "What does code E9 mean?",
        "How heavy is the Otter 700?",
        "What is the phone number of Holm GmbH?",
        "Quel est le numéro de téléphone de Holm GmbH ?",  # no other number is one of a telephone
        "What colour is the Otter 700?",
    ],
)
async def test_a_thing_that_is_not_there_has_no_value(question: str) -> None:
    text, citations = await ask(OFFICE, question)
    assert citations == [], text


async def test_the_number_of_an_invoice_is_no_year() -> None:
    later = chunk("Invoice\n\nInvoice number INV-2031\n\nTotal EUR 7.00", "invoice-2031.pdf")
    text, _ = await ask(Library([later, *OFFICE.chunks]), "What is the total of invoice 2031?")
    assert "EUR 7.00" in text
    assert "420.00" not in text


PAYSLIP = """Gehaltsabrechnung März 2026

Mitarbeiter | Jonas Weber
Personalnummer | 20417
Eintrittsdatum | 01.09.2021
Bezüge | Betrag
Grundgehalt | 4.250,00 EUR
Bruttoverdienst | 4.622,50 EUR
Lohnsteuer | 702,16 EUR
Auszahlungsbetrag | 2.931,84 EUR"""
LABORATORY = """Laboratory report

Patient

Ewa Kowalczyk

Date of sample

11 May 2026

Requested by

Dr. Hannah Stein

Test | Result | Unit | Reference range
Ferritin | 18 | ng/ml | 15 - 150
Vitamin D | 14 | ng/ml | 30 - 100"""
FLEET = """Plate | Model | Driver | Mileage km
HH-LG 210 | Ford Transit | Marek Novak | 84,300
HH-LG 402 | Renault Zoe | Paul Adeyemi | 12,050"""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Welche Personalnummer hat Jonas Weber?", "20417"),
        ("What is the gross pay of Jonas Weber?", "4.622,50 EUR"),
        ("What is the ferritin of Ewa Kowalczyk?", "Result: **18**"),
        ("Who requested the laboratory report?", "Dr. Hannah Stein"),
        ("Who drives the Renault Zoe?", "Driver: **Paul Adeyemi**"),
    ],
)
async def test_a_person_or_a_cell_in_the_middle_names_what_is_asked(question: str, answer: str) -> None:
    parts = [chunk(PAYSLIP, "payslip.pdf"), chunk(FLEET, "fleet.csv")]
    parts.append(chunk(LABORATORY, "report.docx", path=["Laboratory report"]))
    text, citations = await ask(Library(parts), question)
    assert answer in text
    assert citations


async def test_the_title_of_a_document_is_no_answer() -> None:
    titled = chunk(
        "Hotel Alpenblick: booking\n\nGuests are welcome.", "booking.pdf", path=["Hotel Alpenblick: booking"]
    )
    text, citations = await ask(Library([titled]), "What is the address of Hotel Alpenblick?")
    assert citations == [], text


HOTEL = """INVOICE 2026-118

Guest             Mr Tarek Haddad
Arrival           3 June 2026
Departure         6 June 2026

Room, 3 nights          EUR 411.00
Total amount            EUR 465.00"""


async def test_what_stands_at_the_top_of_a_form_says_what_it_is() -> None:
    library = Library([chunk(HOTEL, "hotel.txt"), *OFFICE.chunks])
    text, _ = await ask(library, "What is the total of invoice 2026-118?")
    assert "EUR 465.00" in text
    text, _ = await ask(library, "When did Mr Haddad depart?")
    assert "6 June 2026" in text
