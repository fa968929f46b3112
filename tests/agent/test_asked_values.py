"""Questions for a value of one kind: a tax rate, the price of many, a quantity, what a company grants."""

import pytest

from citewell.agent.citations import LINK
from citewell.agent.reading import shown, tables
from citewell.agent.reading.cells import Found
from citewell.agent.reading.periods import Period
from citewell.agent.reading.question import understand
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

INVOICE = (
    "Invoice LB-7\n\nInvoice number | | LB-7\nCustomer | | Harbour School\n"
    "Item | Quantity | Unit price | VAT rate | Net amount\nChairs | 40 | GBP 30.00 | 20 % | GBP 1,200.00\n"
    "Atlases | 25 | GBP 16.00 | 0 % | GBP 400.00\nNet total | | GBP 1,600.00\nVAT | | GBP 240.00\n"
    "Total | | GBP 1,840.00\n\nPlease pay by bank transfer."
)
HEATING_BILL = "Heating bill\n\nItem | Amount\nStanding charge | EUR 20.00\nGas | EUR 11.00\nVAT at 19 % | EUR 5.89"
OFFER = (
    "Angebot der Druckerei Lehn\n\nAuflage | Preis netto | Stückpreis\n250 | 310,00 EUR | 1,24 EUR\n"
    "750 | 540,00 EUR | 0,72 EUR\n1.500 | 840,00 EUR | 0,56 EUR"
)
AGREEMENT = [
    "Betriebsvereinbarung\n\nzwischen der Geschäftsführung der Ostwerk GmbH und ihrem Betriebsrat.",
    "Zuschüsse\n\nLeistung | Betrag | Wann\nZuschuss für Schreibtische | 410,00 € | einmalig\n"
    "Pauschale | 18,00 € | monatlich",
]
HANDBOOK = (
    "Handbuch der Sonnberg GmbH\n\nDie Probezeit dauert sechs Monate. In der Probezeit gilt eine Kündigungsfrist von "
    "zwei Wochen. Danach beträgt die Frist drei Monate zum Monatsende."
)
LEAFLET = (
    "Lorivan tablets\n\nLorivan prevents migraine. Do not take Lorivan if your kidneys do not work well. It takes the "
    "place of other tablets.\n\nOnce a bottle of Lorivan is open, use it within 60 days."
)
CONTRACT = (
    "Cleaning contract\n\nThe contract begins on 1 May 2026.\n\nFor the Client: Harriet Boyle\n\n"
    "For the Provider: Tomasz Wolski\n\nPlace of signature: Leeds"
)
WATER = "Water test of Hazel Farm\n\nParameter | Result | Limit\nIron | 0.31 | 0.20\nNitrate | 38 | 50"
LIBRARY = Library(
    [
        chunk(HANDBOOK, "handbuch-sonnberg.html"),
        chunk(LEAFLET, "leaflet-lorivan.md"),
        chunk(CONTRACT, "cleaning-contract.docx"),
        chunk(WATER, "water-test-hazel.md", path=("Water test of Hazel Farm",)),
        chunk(INVOICE, "invoice-lb-7.pdf"),
        chunk(HEATING_BILL, "telephone-bill.pdf"),
        chunk(OFFER, "angebot-lehn.pdf"),
        *(chunk(text, "betriebsvereinbarung.docx", path=(text.split("\n")[0],)) for text in AGREEMENT),
    ]
)


@pytest.mark.parametrize(
    ("question", "holds", "lacks"),
    [
        ("What VAT rate applies to the atlases?", "**0 %**", "25"),
        ("What is the VAT rate on the heating bill?", "VAT at 19 %", "240"),
        ("How much is the VAT on invoice LB-7?", "240.00", "0 %"),
        ("Was kosten 750 Hefte bei der Druckerei Lehn?", "540,00 EUR", "0,72"),
        ("Wie hoch ist der Stückpreis bei einer Auflage von 750?", "0,72 EUR", "540,00"),
        ("How much iron was found at Hazel Farm?", "0.31", "0.20"),
        ("How much does Harbour School have to pay?", "1,840.00", "1,600"),
        ("Who signed the cleaning contract for the Provider?", "Tomasz Wolski", "Boyle"),
        ("Wie lange dauert die Probezeit bei Sonnberg?", "sechs Monate", "zwei Wochen"),
        ("How long can an open bottle of Lorivan be used?", "60 days", "kidneys"),
        ("Wie hoch ist der Zuschuss für Schreibtische bei Ostwerk?", "410,00", "18,00"),
    ],
)
async def test_the_value_is_the_one_that_is_asked_for(question: str, holds: str, lacks: str) -> None:
    text, cited = await ask(LIBRARY, question)
    assert cited
    plain = LINK.sub("", text)
    assert holds in plain
    assert lacks not in plain


async def test_a_sentence_without_a_time_does_not_say_how_long() -> None:
    library = Library([chunk("Lorivan\n\nDo not take Lorivan if your kidneys do not work well.", "leaflet.md")])
    _, cited = await ask(library, "How long does it take until Lorivan works?")
    assert not cited


@pytest.mark.parametrize(("index", "money"), [(0, ""), (1, "GBP")])
def test_a_quantity_gets_no_currency_where_each_amount_beside_it_has_one(index: int, money: str) -> None:
    text = "Order 88\n\nPlates | 40 | GBP 2.00\nBowls | 25 | GBP 3.00\nJugs | 4 | GBP 9.00"
    chunks = [chunk(text, "order-88.pdf")]
    (table,) = tables.tables(chunks, tables.blocks(chunks))
    found = Found(table, table.rows[0], index, Period(), 1.0)
    assert shown.currency(found) == money


@pytest.mark.parametrize("text", ["DE 123456789", "31/815/08150", "GB 123 4567 89", "B-12345678"])
def test_tax_numbers(text: str) -> None:
    (pattern,) = understand("Welche Steuernummer hat Jonas Weber?").values
    assert pattern.search(text)


@pytest.mark.parametrize("text", ["1", "20417", "01.09.2021", "702,16 EUR"])
def test_what_is_no_tax_number(text: str) -> None:
    (pattern,) = understand("Welche Steuernummer hat Jonas Weber?").values
    assert not pattern.search(text)
