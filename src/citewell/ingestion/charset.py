"""Decodes text whose encoding is unknown."""

import codecs
import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable

from citewell.ingestion.charset_models import (
    JAPANESE,
    KOREAN,
    LATIN,
    OTHER,
    SCRIPTS,
    SIMPLIFIED,
    TRADITIONAL,
)
from citewell.ingestion.half_width import half_width_score, half_width_weight, is_half_width

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EAST_ASIAN = ("cp932", "euc_jp", "gb18030", "big5hkscs", "cp949")
_QUOTES = frozenset("‘’“”„«»–—…•·°§©®€£¥¢±¹²³¼½¾×÷\xa0ªº†‰")
_SAMPLE = 65_536
_ISO_2022 = re.compile(rb"\x1b(\$[@B]|\(J|\$\(D)")
_DECLARED = (
    re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE),
    re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE),
)
# Names of encodings in files, and the encoding that Python must use: another name for it, or a superset.
_ALIASES = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252",
    "windows-874": "cp874", "tis-620": "cp874", "iso-8859-11": "cp874", "shift-jis": "cp932", "shift_jis": "cp932",
    "x-sjis": "cp932", "windows-31j": "cp932", "ms-kanji": "cp932", "euc-kr": "cp949", "ks-c-5601-1987": "cp949",
    "ks-c-5601": "cp949", "ksc5601": "cp949", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "big5": "big5hkscs", "x-x-big5": "big5hkscs", "iso-8859-9": "cp1254", "iso-8859-8-i": "iso-8859-8",
    "macintosh": "mac-roman", "x-mac-roman": "mac-roman", "x-mac-cyrillic": "mac-cyrillic", "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8", "x-user-defined": "cp1252", "dos-862": "cp862", "ibm850": "cp850",
    "iso-2022-jp": "iso2022_jp_ext", "cp-850": "cp850", "ansi": "cp1252",
}  # fmt: skip
_SURE_CHARACTERS = 4
_MOSTLY = 4  # times as many characters in UTF-8 as bytes that are none
_ESCAPED, _ESCAPED_RUN = re.compile("[\udc80-\udcff]"), re.compile("[\udc80-\udcff]+")
_BEYOND = re.compile("[^\x00-\x7f\udc80-\udcff]")
_CUT = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{1,2}")
_FEW = 200  # characters that are weighed one by one, because few of them occur again
_BEYOND_ASCII = re.compile("(?=(.[^\x00-\x7f].))", re.DOTALL)  # with its neighbours; matches may overlap
_Threes = list[tuple[tuple[str, str, str], int]]  # a character between its neighbours, and how often
_MARKS = frozenset(" \n\r\t.,;:!?0123456789、。，！？：；「」（）")


def decode_text(data: bytes) -> str:
    """Decodes the text; it never fails.

    In this order decide: a byte order mark, the pattern of UTF-16, the escapes of ISO 2022, whether the bytes are valid
    UTF-8, and which encoding gives the most plausible characters. Bytes that do not fit become U+FFFD.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    wide = utf16_of(data[:_SAMPLE])  # before UTF-8, in which zeros are characters as well
    if wide:
        return data.decode(wide, errors="replace")
    if _ISO_2022.search(data[:_SAMPLE]) and (text := decode_as(data, "iso2022_jp_ext")) is not None:
        return text
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        mostly = _mostly_utf8(data)
        return data.decode(guess_encoding(data), errors="replace") if mostly is None else mostly


def _mostly_utf8(data: bytes) -> str | None:
    """Returns the text of UTF-8 with a few other bytes, as files that were put together or cut have; None for other
    bytes.

    Bytes that are no UTF-8 are taken as Windows-1252, those of a sequence that was cut as U+FFFD.
    """
    text = data.decode("utf-8", errors="surrogateescape")
    wrong = len(text) - len(_ESCAPED.sub("", text))
    valid = len(text) - len(_BEYOND.sub("", text))
    return _ESCAPED_RUN.sub(_repaired, text) if valid >= max(_SURE_CHARACTERS, _MOSTLY * wrong) else None


def _repaired(found: re.Match[str]) -> str:
    run = found.group().encode("utf-8", "surrogateescape")
    return "\ufffd" if _CUT.fullmatch(run) else run.decode("cp1252", errors="replace")


def decode_as(data: bytes, encoding: str) -> str | None:
    """Decodes the text in a named encoding. Returns None if the name is unknown or the bytes are invalid in it."""
    name = encoding.strip().strip("\"'").lower().replace("_", "-")
    name = _ALIASES.get(name, name)
    try:
        if not codecs.lookup(name)._is_text_encoding:  # Python's codecs include base64 and the like
            return None
        return data.decode(name)
    except (LookupError, ValueError):
        return None


def decode_declared(data: bytes, declared: str | None = None) -> str:
    """Decodes a web page or an XML file, which may name its encoding.

    A byte order mark decides. Then come `declared`, the name outside of the file as in a mail header, and the name in
    the file: each counts only if the bytes are valid in it. Else decodes like `decode_text`.
    """
    if any(data.startswith(mark) for mark, _ in _BOMS):
        return decode_text(data)
    head = data[:4096]
    found = [one.decode("ascii") for pattern in _DECLARED for one in pattern.findall(head)[:1]]
    named = [encoding for encoding in (declared or "", *found) if encoding]
    if named and (text := surely_utf8(data)) is not None:
        return text
    for encoding in named:
        # A name in ASCII bytes cannot be right if it says UTF-16.
        if not encoding.lower().startswith("utf-16") and (text := decode_as(data, encoding)) is not None:
            return text
    return decode_text(data)


def surely_utf8(data: bytes) -> str | None:
    """Decodes bytes that are UTF-8 with certainty; returns None for all others.

    Text in another encoding does not have that many valid UTF-8 sequences by chance.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if sum(not char.isascii() for char in text[:_SAMPLE]) >= _SURE_CHARACTERS else None


def utf16_of(sample: bytes) -> str | None:
    """Returns the encoding ("utf-16-le" or "utf-16-be") of UTF-16 without a byte order mark; None for other bytes.

    In one byte order all of the sample must be assigned characters, with as many spaces and punctuation marks as text
    has. Pairs of bytes from other data are often unassigned, and hardly ever a space.
    """
    if sample.count(0) == 0:  # UTF-16 text has zeros at least in its line ends
        return None
    sample = sample[: len(sample) // 2 * 2]
    scored = [(_wide_marks(sample, encoding), encoding) for encoding in ("utf-16-le", "utf-16-be")]
    best, encoding = max(scored)
    return encoding if best > 0.01 else None


def _wide_marks(sample: bytes, encoding: str) -> float:
    """Returns the share of spaces and punctuation marks; 0 if any character cannot be part of a text."""
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(sample)
    strange = sum(_is_strange(char) for char in set(text))
    return 0.0 if strange or not text else sum(char in _MARKS for char in text) / len(text)


def _is_strange(char: str) -> bool:
    return char == "\ufffd" or (unicodedata.category(char) in ("Cn", "Co", "Cc", "Cs") and char not in "\n\r\t\f")


def guess_encoding(data: bytes) -> str:
    """Returns the encoding that gives the most plausible characters; of equals, the most common one."""
    sample = data[:_SAMPLE]
    if len(data) > _SAMPLE and _valid_utf8_prefix(sample):
        return "utf-8"
    scored = {encoding: _latin(sample, encoding) for encoding in LATIN}
    scored |= {encoding: _other_script(sample, encoding) for encoding in OTHER}
    scored |= {encoding: _east_asian(sample, encoding) for encoding in _EAST_ASIAN}
    best = max(scored, key=lambda encoding: scored[encoding])
    return best if scored[best] > 0 else "cp1252"


def _valid_utf8_prefix(sample: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _mean(threes: _Threes, weigh: Callable[[str, str, str], float]) -> float:
    """Returns the mean plausibility of the characters; about 1 for real text, less for wrongly decoded bytes."""
    total = sum(count for _, count in threes)
    return sum(count * weigh(*three) for three, count in threes) / (total or 1)


def _in_threes(sample: bytes, encoding: str) -> _Threes:
    """Counts how often each character beyond ASCII stands between the same neighbours; each context is weighed once."""
    text = f" {codecs.getincrementaldecoder(encoding)(errors='replace').decode(sample)} "
    threes = _BEYOND_ASCII.findall(text)
    counts = ((three, 1) for three in threes) if len(threes) < _FEW else Counter(threes).items()
    return [((three[0], three[1], three[2]), count) for three, count in counts]


def _east_asian(sample: bytes, encoding: str) -> float:
    if encoding == "cp932" and (score := half_width_score(sample)) is not None:
        return score
    return _mean(_in_threes(sample, encoding), functools.partial(_in_east_asian, encoding=encoding))


def _in_east_asian(before: str, char: str, after: str, encoding: str) -> float:
    if encoding == "cp932" and is_half_width(char):
        return _mixed_half_width(before, char, after)
    weight = _weight(char, encoding)
    # A single one is more likely a Latin letter whose byte was decoded together with the next one.
    return min(weight, 0.3) if before.isascii() and after.isascii() else weight


def _mixed_half_width(before: str, char: str, after: str) -> float:
    """Weighs half-width katakana among full-width characters: other encodings read as cp932 have many, by chance."""
    word = is_half_width(before) or is_half_width(after)
    return 0.4 if word and half_width_weight(before, char) > 0.6 else -0.5


def _weight(char: str, encoding: str) -> float:
    code = ord(char)
    if _is_strange(char):
        return -4.0
    if 0x3040 <= code <= 0x30FF:
        return 1.0 if encoding in ("cp932", "euc_jp") else 0.3
    if 0xAC00 <= code <= 0xD7AF:
        if encoding != "cp949":
            return 0.2
        return 1.0 if char in KOREAN else 0.75
    if 0x4E00 <= code <= 0x9FFF:
        # Level-1 ideographs make up nearly all running text. They have the low codes of their encoding.
        return _ideograph(char, encoding)
    if 0x3000 <= code <= 0x303F or (0xFF00 <= code <= 0xFFEF and not 0xFF61 <= code <= 0xFF9F):
        return 0.9
    return -0.5


_COMMON = {"gb18030": SIMPLIFIED, "big5hkscs": TRADITIONAL, "cp932": JAPANESE, "euc_jp": JAPANESE}


def _ideograph(char: str, encoding: str) -> float:
    if char in _COMMON.get(encoding, ()):
        return 1.0
    try:
        lead = char.encode(encoding)[0]
    except UnicodeEncodeError:
        return -1.0
    common = {"cp932": (0x88, 0x97), "euc_jp": (0xB0, 0xCF), "gb18030": (0xB0, 0xD7), "big5hkscs": (0xA4, 0xC6)}
    if encoding not in common:
        return -0.2
    low, high = common[encoding]
    return 0.75 if low <= lead <= high else -0.2


def _latin(sample: bytes, encoding: str) -> float:
    """Returns the score of the language that fits best, because a text has the letters of one alphabet."""
    threes = _in_threes(sample, encoding)
    placed = [_in_place(*three) for three, _ in threes]
    if not threes:
        return 0.0
    sum_of_counts = sum(count for _, count in threes)
    fitting = []
    for ranks in _latin_ranks(encoding):
        total = sum(
            count * (place if place is not None else ranks.get(char, -0.4 if char.isalpha() else 0.0) - penalty)
            for ((_, char, _), count), (place, penalty) in zip(threes, placed, strict=True)
        )
        fitting.append(total / sum_of_counts)
    return max(fitting)


@functools.cache
def _latin_ranks(encoding: str) -> list[dict[str, float]]:
    """Returns the weights of letters in each language of the encoding."""
    languages = LATIN[encoding].values()
    return [{letter: 1.0 - 0.012 * place for place, letter in enumerate(letters)} for letters in languages]


def _in_place(before: str, char: str, after: str) -> tuple[float | None, float]:
    """Returns (weight of a character that is no letter, else None; penalty of a letter for its neighbours)."""
    if _is_strange(char):
        return -4.0, 0.0
    if not char.isalpha() and not 0x300 <= ord(char) <= 0x323:
        inside = before.isalpha() and after.isalpha() and char not in "’·\xad"
        opens = char in "¿¡" and not before.isalpha() and after.isalpha()
        if "\u2500" <= char <= "\u25a0":
            return -0.3, 0.0  # box-drawing characters
        return (-0.6 if inside else 0.9 if opens else 0.5 if char in _QUOTES else 0.0), 0.0
    if before.islower() and char.isupper():
        return None, 1.4
    alone = not before.isalpha() and not after.isalpha()
    # A capital with an accent stands before a small letter, or among capitals.
    accents = sum(ord(near) > 127 and near.isalpha() for near in (before, after))
    return None, (0.6 if alone else 0.0) + 0.2 * accents


def _other_script(sample: bytes, encoding: str) -> float:
    ranks = _other_ranks(encoding)
    low, high = SCRIPTS[encoding]
    return _mean(_in_threes(sample, encoding), functools.partial(_in_script, ranks=ranks, low=low, high=high))


@functools.cache
def _other_ranks(encoding: str) -> dict[str, float]:
    letters = OTHER[encoding]
    return {letter: 1.0 - 0.6 * place / len(letters) for place, letter in enumerate(letters)}


def _in_script(before: str, char: str, after: str, ranks: dict[str, float], low: int, high: int) -> float:
    """Returns the letter's weight between its neighbours, by their script and their case."""
    if _is_strange(char):
        return -4.0
    if not low <= ord(char) <= high:
        if char.isalpha():
            return -0.8
        inside = before.isalpha() and after.isalpha() and char not in "’·\xad"
        return -0.6 if inside else 0.5 if char in _QUOTES else -0.2 if "\u2500" <= char <= "\u25a0" else 0.0
    if before.islower() and char.isupper():
        return -0.8
    # Words of other scripts have no Latin letters. Capitals begin a word, or the whole word is in capitals.
    if any(near.isascii() and near.isalpha() for near in (before, after)):
        return -0.6
    if unicodedata.combining(char) or unicodedata.category(char) == "Mn":
        return 0.85 if low <= ord(before) <= high else -0.6
    near = any(low <= ord(other) <= high for other in (before, after))
    shouted = 0.75 if before.isupper() and char.isupper() else 1.0  # few texts are capitals throughout
    return (1.15 if near else 0.3) * shouted * ranks.get(char.lower(), 0.25)
