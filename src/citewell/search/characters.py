"""Character classes, and the folding of characters that readers take for the same."""

import re
import unicodedata

# Scripts without spaces between words are cut into pairs of characters.
CJK = "々〇〆\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
CJK += "\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
UNSPACED = "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1050-\u108f\u1780-\u17d3"

_NO_DECOMPOSITION = {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d"}
_NO_DECOMPOSITION |= {"þ": "th", "ё": "е", "\u0640": "", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي"}


def _ranges(code_points: list[int]) -> str:
    """Returns the code points as the inside of a character class of `re`."""
    parts: list[str] = []
    start = previous = code_points[0]
    for point in [*code_points[1:], -1]:
        if point != previous + 1:
            parts.append(f"{chr(start)}-{chr(previous)}")
            start = point
        previous = point
    return "".join(parts)


def _of_categories(*categories: str) -> str:
    return _ranges([point for point in range(0xA0, 0x1FC00) if unicodedata.category(chr(point)) in categories])


def _folding() -> dict[int, str]:
    """Latin and Greek letters without their accents, points of Hebrew and Arabic left out.

    Cyrillic and the Indic scripts are not decomposed: their marks make another letter.
    """
    table = {ord(letter): plain for letter, plain in _NO_DECOMPOSITION.items()}
    for first, last in ((0xC0, 0x24F), (0x370, 0x3FF), (0x1E00, 0x1FFF)):
        for point in range(first, last + 1):
            plain = unicodedata.normalize("NFD", chr(point))
            if len(plain) > 1:
                table[point] = plain[0]
    for first, last in ((0x300, 0x36F), (0x591, 0x5C7), (0x64B, 0x652), (0x670, 0x670)):
        table.update(dict.fromkeys(range(first, last + 1), ""))
    return table


# Combining marks: part of a word in Hindi or Tamil, though `\\w` leaves them out.
MARKS = _of_categories("Mn", "Mc")
_FOLDING = _folding()
_NO_LETTER = re.compile(f"[{MARKS}{_of_categories('No', 'Nl')}]")
_EXPONENT = re.compile(r"(\d+)e(?=\d)", re.ASCII)
_OTHER_DIGIT = re.compile(r"[^\D0-9]")


def fold(word: str) -> str:
    return word if word.isascii() else word.translate(_FOLDING)


def ascii_digits(text: str) -> str:
    """Digits of every script as 0 to 9."""
    return _OTHER_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)


def one_word(token: str) -> str:
    """Returns the token, spelled so that PostgreSQL's parser does not cut it.

    It cuts 5e1k as a number and a word, and at combining marks, depending on the database's locale.
    """
    if "0" <= token[0] <= "9":
        token = _EXPONENT.sub(r"\1u65", token, count=1)
    if token.isascii():
        return token
    return _NO_LETTER.sub(lambda found: f"u{ord(found[0]):x}", token)
