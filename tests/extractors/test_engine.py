"""What the engine finds without a model, and that each value stands where its evidence says."""

from typing import Any
from uuid import uuid4

import pytest

from citewell.agent.knowledge import ChunkText
from citewell.extractors.class_source import read_class
from citewell.extractors.engine.lookup import look_up
from citewell.extractors.engine.modelled import read_answer
from citewell.extractors.engine.objects import Extracted, read_objects
from citewell.extractors.engine.pages import Document
from citewell.extractors.engine.values import is_iban, plain_number

DOCUMENT = uuid4()


def chunk(text: str) -> ChunkText:
    return ChunkText(uuid4(), DOCUMENT, "one.txt", text, 1, 1, (), "")


def extract(text: str, fields: str) -> list[Extracted]:
    return read_objects([chunk(text)], read_class(f"class A(BaseModel):\n{fields}"))


def value(text: str, field: str, **more: str) -> tuple[object, str, str]:
    """The value of a class with one field, the status, and the words."""
    [one] = extract(text, f"    {field}\n")
    [(_, found)] = one.found.items()
    source = found.sources[0]
    assert source.verbatim == source.chunk.content[source.start : source.end]
    return found.value, found.status, source.verbatim


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("Invoice no.: RE-17\nDate: 3 May 2026", "invoice_number: str", ("RE-17", "exact", "RE-17")),
        ("Rechnungsnummer: RE-17\n", "invoice_number: str", ("RE-17", "exact", "RE-17")),
        ("Fällig am | 31.01.2026\n", "due_date: date", ("2026-01-31", "normalized", "31.01.2026")),
        ("Gesamtbetrag: 1.240,50 EUR\n", "total_amount: float", (1240.5, "normalized", "1.240,50")),
        ("Total amount: $ (12)\n", "total_amount: float", (-12, "normalized", "(12)")),
        ("The site has 1,200 employees today.\n", "employees: int", (1200, "normalized", "1,200")),
        ("VAT rate: 19 %\n", "vat_rate: float", (19, "normalized", "19 %")),
        ("Write to a.b@example.org soon.\n", "email: str", ("a.b@example.org", "exact", "a.b@example.org")),
        (
            "Bank: DE89 3704 0044 0532 0130 00 (BIC COBADEFF)\n",
            "iban: str",
            ("DE89370400440532013000", "normalized", "DE89 3704 0044 0532 0130 00"),
        ),
        ("Acme Widgets GmbH\n\nAnnual report\n", "company: str", ("Acme Widgets GmbH", "exact", "Acme Widgets GmbH")),
        ("Status: Paid\n", 'status: Literal["open", "paid"]', ("paid", "normalized", "Paid")),
        ("Approved: no\n", "approved: bool", (False, "normalized", "no")),
        ("2.5 million shares outstanding\n", "shares_outstanding: int", (2_500_000, "normalized", "2.5 million")),
    ],
)
def test_values_of_all_kinds(text: str, field: str, expected: tuple[object, str, str]) -> None:
    assert value(text, field) == expected


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Invoice no.: RE-17", "due_date: date"),
        ("Mail a@example.org or b@example.org", "email: str"),
        ("DE89 3704 0044 0532 0130 01", "iban: str"),
        ("Weighted average shares outstanding were 5,000.", "preferred_dividend: float"),
        ("Acme Widgets GmbH", "customer: str"),
        ("Invoice date: soon", "invoice_date: date"),
    ],
)
def test_what_is_not_there_is_not_guessed(text: str, field: str) -> None:
    assert extract(text, f"    {field}\n") == []


def test_rows_of_a_table_are_objects() -> None:
    text = "Item | Qty | Unit price\nBolt | 10 | 0.50\nNut | 4 | 1,200.00\nTotal | | 4,805.00\n"
    found = extract(text, "    description: str\n    quantity: int\n    unit_price: float\n")
    assert [one.values for one in found] == [
        {"description": "Bolt", "quantity": 10, "unit_price": 0.5},
        {"description": "Nut", "quantity": 4, "unit_price": 1200},
    ]
    assert found[1].found["/unit_price"].sources[0].verbatim == "1,200.00"


def test_items_of_a_list_have_pointers() -> None:
    source = (
        "class Item(BaseModel):\n    description: str\n    quantity: int\n"
        "class Order(BaseModel):\n    order_number: str\n    items: list[Item]\n"
    )
    text = "Order no.: B-9\n\nDescription | Quantity\nBolt | 10\nNut | 4\n"
    [one] = read_objects([chunk(text)], read_class(source))
    assert one.values == {
        "order_number": "B-9",
        "items": [{"description": "Bolt", "quantity": 10}, {"description": "Nut", "quantity": 4}],
    }
    evidence = one.evidence(None)
    assert evidence["/items/1/quantity"]["verbatim"] == "4"
    assert evidence["/items/1/quantity"]["status"] == "exact"


def test_conflicts_stay_side_by_side() -> None:
    [one] = extract("Contract date: 2026-01-31\n\nNotes\n\nContract date: 2026-02-01\n", "    contract_date: date\n")
    found = one.found["/contract_date"]
    assert (found.value, [other.value for other in found.conflicts]) == ("2026-01-31", ["2026-02-01"])


def test_a_table_in_millions() -> None:
    text = (
        "CONSOLIDATED STATEMENTS OF OPERATIONS (in millions)\n\n | Three Months Ended\n"
        " | June 30, 2025 | June 30, 2024\nTotal revenue | $ 1,250 | $ 1,100\nNet income | 120 | 95\n"
    )
    [one] = extract(f"Quarterly report for the quarter ended June 30, 2025\n\n{text}", "    revenue: float\n")
    found = one.found["/revenue"]
    assert (found.value, found.unit, found.currency) == (1_250_000_000, "million", "USD")
    assert (found.status, found.sources[0].verbatim) == ("normalized", "1,250")
    assert {"unit", "label", "head"} <= {source.role for source in found.sources}


@pytest.mark.parametrize(
    ("stated", "found"), [("4711-A", "4711-A"), ("4711-a", "4711-A"), ("471", None), ("4711-B", None), ("ours", "ours")]
)
def test_what_a_model_states_is_looked_up(stated: str, found: str | None) -> None:
    [field] = read_class("class A(BaseModel):\n    number: str\n").fields
    made = look_up(Document([chunk("The number 4711-A is ours.")]), field, stated, "The number 4711-A")
    assert (made.value if made else None) == found


def test_a_changed_number_is_not_the_models() -> None:
    [field] = read_class("class A(BaseModel):\n    fee: float\n").fields
    document = Document([chunk("The fee is 1,250 EUR a year.")])
    assert look_up(document, field, 1250, "The fee is 1,250 EUR") is not None
    assert look_up(document, field, 1350, "The fee is 1,250 EUR") is None


@pytest.mark.parametrize(
    ("field", "text", "value", "quote"),
    [
        ("str", "The subcommittee met.", "committee", "committee"),
        ("Literal['paid', 'open']", "The invoice is unpaid.", "paid", "paid"),
        ("float", "The result was -5 EUR.", 5, "5 EUR"),
        ("float", "The fee is 3.5 million EUR.", 3.5, "3.5"),
        ("int", "Part A1250 was sent.", 1250, "1250"),
    ],
)
def test_a_part_of_a_word_or_a_number_is_no_value(field: str, text: str, value: Any, quote: str) -> None:
    [spec] = read_class(f"class A(BaseModel):\n    x: {field}\n").fields
    assert look_up(Document([chunk(text)]), spec, value, quote) is None


@pytest.mark.parametrize(
    ("text", "value"), [("東京都にある", "東京"), ("ประเทศไทย", "ไทย"), ("The fee: (net)", "(net)")]
)
def test_words_of_scripts_without_spaces_are_values(text: str, value: str) -> None:
    [spec] = read_class("class A(BaseModel):\n    x: str\n").fields
    found = look_up(Document([chunk(text)]), spec, value, value)
    assert found is not None
    assert (found.value, found.status) == (value, "exact")


def test_each_of_two_dates_in_a_sentence_has_its_words() -> None:
    text = "The term begins on 1 September 2026 and ends on 31 August 2031."
    [lease] = extract(text, "    term_start: date = Field(description='Begin of the term')\n    term_end: date\n")
    assert lease.values["term_end"] == "2031-08-31"


def test_words_behind_a_comma_are_about_the_next_value() -> None:
    text = "Die Kaltmiete beträgt 1.240,00 EUR, die Nebenkosten betragen 210,00 EUR."
    [one] = extract(text, "    kaltmiete: float\n    nebenkosten: float\n")
    assert one.values == {"kaltmiete": 1240, "nebenkosten": 210}
    text = "The next meeting is on 10 June 2026. This meeting was on 4 March 2026."
    [minutes] = extract(text, "    next_meeting: date\n    meeting_date: date\n")
    assert minutes.values == {"next_meeting": "2026-06-10", "meeting_date": "2026-03-04"}


def test_names_of_parties_are_whole_and_alone() -> None:
    text = "Tra Immobiliare Ponte S.p.A. (il «Locatore») y Aceros del Norte, S.L. (en adelante, «el Proveedor»)"
    [one] = extract(text, "    locatore: str\n    proveedor: str\n")
    assert one.values == {"locatore": "Immobiliare Ponte S.p.A.", "proveedor": "Aceros del Norte, S.L."}


def test_roles_without_brackets_and_short_numbers() -> None:
    text = "FATTURA n. 318/2026\n\nLa société Atelier Bellecour SAS, ci-après dénommée « le Prestataire », et\n"
    [one] = extract(text, "    prestataire: str\n    numero: str = Field(description='Numero della fattura')\n")
    assert one.values == {"prestataire": "Atelier Bellecour SAS", "numero": "318/2026"}


def test_answers_of_models_are_repaired() -> None:
    assert read_answer('Sure:\n```json\n{"objects": [{"values": {"a": 1,},}]}\n```')[0] == [{"values": {"a": 1}}]
    assert read_answer('{"objects": [')[0] is None
    assert read_answer("no")[1] == "The answer holds no JSON object."


def test_numbers_and_ibans() -> None:
    assert plain_number("1.234", comma=True) == 1234
    assert plain_number("1.234") == 1.234
    assert plain_number("1,234") == 1234
    assert is_iban("GB82 WEST 1234 5698 7654 32")
    assert not is_iban("GB82 WEST 1234 5698 7654 33")


def test_a_number_that_no_float_holds_is_none() -> None:
    assert plain_number("7" * 400) is None
    assert extract(f"Modulus: {'7' * 400}\nDate: 3 May 2026", "    modulus: Optional[int] = None\n    date: date\n")


def test_a_regular_expression_is_looked_for() -> None:
    field = 'ref: str = Field(pattern=r"^INV-\\d{4}$")'
    [one] = extract("We refer to INV-2041 of May, not to INV-20417 or XINV-1000.", f"    {field}\n")
    assert one.values == {"ref": "INV-2041"}
    assert one.evidence(None)["/ref"]["status"] == "exact"
    slow = 'ref: str = Field(pattern=r"(a+)+b")'
    assert extract("a" * 50_000 + "!", f"    {slow}\n") == [], "it takes time by the length of the text"
    unread = 'ref: str = Field(pattern=r"(?=x)y")'
    assert extract("Ref: y", f"    {unread}\n")[0].values == {"ref": "y"}, "what RE2 cannot read narrows nothing"
