"""Text of any encoding is read as what it was written."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citewell.ingestion.charset import decode_text, utf16_of
from tests.ingestion.files import read

GERMAN = "Für die Übernachtung gelten höhere Grenzen. Müller & Söhne fährt größere Züge, heißt es in Köln.\n"
FRENCH = "L’été dernier, l’hôtel de la gare a été rénové. Ça coûte 40 € par nuit, déjeuner à côté compris.\n"
SPANISH = "El año pasado el señor Núñez viajó en tren. ¿Cuánto costó la habitación? ¡Mañana también llueve!\n"
POLISH = "Zażółć gęślą jaźń. Pociąg do Łodzi odjeżdża później niż zwykle, a nocleg kosztuje więcej.\n"
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy. Vlak do Brna odjíždí později než obvykle.\n"
RUSSIAN = "Сотрудники ездят поездом, если дорога занимает меньше шести часов. Гостиница стоит 140 евро.\n"
GREEK = "Οι εργαζόμενοι ταξιδεύουν με τρένο όταν το ταξίδι διαρκεί λιγότερο από έξι ώρες.\n"
JAPANESE = "六時間以内の出張には電車を使います。ホテルの宿泊費は一泊一万五千円までです。\n"
CHINESE = "员工出差六小时以内乘坐火车。酒店每晚最高一百四十欧元，含早餐。\n"
TRADITIONAL = "員工出差六小時以內搭乘火車。飯店每晚最高一百四十歐元，含早餐。\n"
KOREAN = "여섯 시간 미만의 출장은 기차를 이용합니다. 호텔 숙박비는 하룻밤에 십오만 원까지입니다.\n"
ENGLISH = "Employees travel by train when the journey takes less than six hours.\n"

CASES = [
    (GERMAN, "latin-1"),
    (GERMAN, "cp1252"),
    (FRENCH, "cp1252"),
    (SPANISH, "latin-1"),
    (POLISH, "cp1250"),
    (CZECH, "cp1250"),
    (RUSSIAN, "cp1251"),
    (RUSSIAN, "koi8_r"),
    (GREEK, "cp1253"),
    (JAPANESE, "shift_jis"),
    (JAPANESE, "euc_jp"),
    (CHINESE, "gb18030"),
    (TRADITIONAL, "big5"),
    (KOREAN, "euc_kr"),
    *(
        (text, encoding)
        for text in (ENGLISH, GERMAN, RUSSIAN, GREEK, JAPANESE, CHINESE, KOREAN)
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
    ),
]


@pytest.mark.parametrize(("text", "encoding"), CASES, ids=lambda value: value if len(value) < 12 else value[:9])
async def test_no_mojibake(tmp_path: Path, text: str, encoding: str) -> None:
    data = text.encode(encoding)
    # One sentence is enough; so is a long text whose end is cut inside a character by what is looked at.
    assert decode_text(data) == text
    assert decode_text((text * 2000).encode(encoding)) == text * 2000
    parsed = await read(tmp_path, "note.txt", data)
    assert parsed.text == text.strip()


@pytest.mark.parametrize(("text", "encoding"), CASES[:14], ids=lambda value: value if len(value) < 12 else value[:9])
def test_no_mojibake_among_much_english(text: str, encoding: str) -> None:
    mixed = ENGLISH * 30 + text + ENGLISH * 30
    assert decode_text(mixed.encode(encoding)) == mixed


@pytest.mark.parametrize("text", ["Café", "Größe: 10 m²", "5 °C", "naïve “quotes” – dash", "Jürgen", "§ 5", "£100"])
def test_a_few_western_characters(text: str) -> None:
    assert decode_text(text.encode("cp1252")) == text


def test_a_broken_byte_in_utf8_costs_one_character() -> None:
    data = bytearray((RUSSIAN * 1000).encode())
    data[100_001] ^= 0x40
    decoded = decode_text(bytes(data))
    assert decoded.startswith(RUSSIAN)
    assert decoded.endswith(RUSSIAN)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1))
def test_utf8_stays_what_it_is(text: str) -> None:
    assert decode_text(text.encode()) == text.removeprefix("\ufeff")


def test_what_is_no_text_is_not_taken_for_utf16() -> None:
    noise = random.Random(5)
    for _ in range(200):
        assert utf16_of(noise.randbytes(2000)) is None


@given(st.binary())
def test_any_bytes_become_text_without_an_error(data: bytes) -> None:
    assert isinstance(decode_text(data), str)


@pytest.mark.parametrize(
    ("content", "read_as"),
    [
        (GERMAN.encode() * 3 + b"Caf\xe9", GERMAN * 3 + "Café"),
        (JAPANESE.encode() + b"5 \xa3", JAPANESE + "5 £"),
        (RUSSIAN.encode() + "же".encode()[:3], RUSSIAN + "жÐ"),
        (GERMAN.encode() + "…".encode()[:2] + b" cut", GERMAN + "\ufffd cut"),
    ],
    ids=["line of Windows-1252", "sign of Windows-1252", "cut at the end", "cut within"],
)
def test_utf8_with_a_few_other_bytes_stays_utf8(content: bytes, read_as: str) -> None:
    assert decode_text(content) == read_as
