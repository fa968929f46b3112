"""Decoding text of unknown encoding without turning it into mojibake."""

import codecs
import unicodedata
from collections.abc import Iterable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EAST_ASIAN = ("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr")
# Western first: it is taken where none other is better.
_SINGLE_BYTE = ("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253")
# Letters of the Western languages; the others of its code page are rare in any text.
_WESTERN = frozenset("äöüÄÖÜßáéíóúÁÉÍÓÚàèìòùÀÈÌÒÙâêîôûÂÊÎÔÛçÇñÑåÅøØæÆëïËÏœŒ")
_CENTRAL = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽäöüßÄÖÜőűŐŰâăîşţÂĂÎŞŢđĐĺľŕ")
_QUOTES = frozenset("‘’“”„«»–—…•·°§©®€£±²³½\xa0")
_SAMPLE = 65_536
_MARKS = frozenset(" \n\r\t.,;:!?0123456789、。，！？：；「」（）")


def decode_text(data: bytes) -> str:
    """The text. By byte order mark, then as UTF-8, then by which encoding gives the most plausible characters."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    wide = utf16_of(data[:_SAMPLE])  # before UTF-8, in which zeros are characters as well
    if wide:
        return data.decode(wide, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_guess(data), errors="replace")


def utf16_of(sample: bytes) -> str | None:
    """The byte order of UTF-16 that has no mark: in one of them all of the sample is text, with the usual marks in it.

    Pairs of bytes of anything else are now and then characters that are not assigned, and hardly ever a space.
    """
    if sample.count(0) == 0:  # not even a line's end
        return None
    sample = sample[: len(sample) // 2 * 2]
    scored = [(_wide_marks(sample, encoding), encoding) for encoding in ("utf-16-le", "utf-16-be")]
    best, encoding = max(scored)
    return encoding if best > 0.01 else None


def _wide_marks(sample: bytes, encoding: str) -> float:
    """The share of spaces and marks; 0 if any character is none of text."""
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(sample)
    strange = sum(_is_strange(char) for char in set(text))
    return 0.0 if strange or not text else sum(char in _MARKS for char in text) / len(text)


def _is_strange(char: str) -> bool:
    return char == "\ufffd" or (unicodedata.category(char) in ("Cn", "Co", "Cc", "Cs") and char not in "\n\r\t\f")


def _guess(data: bytes) -> str:
    sample = data[:_SAMPLE]
    if len(data) > _SAMPLE and _valid_utf8_prefix(sample):
        return "utf-8"
    # The first of equals is taken.
    scored = {encoding: _single_byte(sample, encoding) for encoding in _SINGLE_BYTE}
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


def _mean(weights: Iterable[float]) -> float:
    """How much the text looks like one that people write; higher is better, 1 about perfect."""
    found = list(weights)
    return sum(found) / len(found) if found else 0.0


def _in_threes(sample: bytes, encoding: str) -> Iterable[tuple[str, str, str]]:
    """Each character beyond ASCII between its neighbours."""
    text = f" {codecs.getincrementaldecoder(encoding)(errors='replace').decode(sample)} "
    return (three for three in zip(text, text[1:], text[2:], strict=False) if ord(three[1]) > 127)


def _east_asian(sample: bytes, encoding: str) -> float:
    return _mean(
        # One by itself is more likely a sign that took the letter behind it along.
        min(_weight(char, encoding), 0.3) if before.isascii() and after.isascii() else _weight(char, encoding)
        for before, char, after in _in_threes(sample, encoding)
    )


def _weight(char: str, encoding: str) -> float:
    code = ord(char)
    if _is_strange(char):
        return -4.0
    if 0x3040 <= code <= 0x30FF:
        return 1.0 if encoding in ("shift_jis", "euc_jp") else 0.3
    if 0xAC00 <= code <= 0xD7AF:
        return 1.0 if encoding == "euc_kr" else 0.2
    if 0x4E00 <= code <= 0x9FFF:
        # Level-1 ideographs, which make up nearly all running text, have the low codes of their encoding.
        return _ideograph(char, encoding)
    if 0x3000 <= code <= 0x303F or (0xFF00 <= code <= 0xFFEF and not 0xFF61 <= code <= 0xFF9F):
        return 0.9
    return -0.5


def _ideograph(char: str, encoding: str) -> float:
    lead = char.encode(encoding)[0]
    common = {"shift_jis": (0x88, 0x97), "euc_jp": (0xB0, 0xCF), "gb18030": (0xB0, 0xD7), "big5": (0xA4, 0xC6)}
    if encoding not in common:
        return 0.2
    low, high = common[encoding]
    return 0.95 if low <= lead <= high else -0.2


def _single_byte(sample: bytes, encoding: str) -> float:
    return _mean(_in_place(*three, encoding) for three in _in_threes(sample, encoding))


def _in_place(before: str, char: str, after: str, encoding: str) -> float:
    """The character's weight between its neighbours: in a word of its script, with the case that words have."""
    if _is_strange(char):
        return -4.0
    if not char.isalpha():
        inside = before.isalpha() and after.isalpha() and char not in "’·\xad"
        opens = char in "¿¡" and not before.isalpha() and after.isalpha()
        return -0.6 if inside else 0.9 if opens else 0.5 if char in _QUOTES else 0.0
    if before.islower() and char.isupper():
        return -0.6
    if encoding in ("cp1252", "cp1250"):
        # Letters with accents stand among letters without.
        known = _WESTERN if encoding == "cp1252" else _CENTRAL
        if encoding == "cp1250" and not before.isalpha() and not after.isalpha():
            return 0.3
        accents = sum(ord(near) > 127 and near.isalpha() for near in (before, after))
        return (0.86 if char in known else 0.2) - 0.6 * accents
    # Words of other scripts hold no Latin letters; capitals begin them, or make up the whole of them.
    if any(near.isascii() and near.isalpha() for near in (before, after)):
        return -0.6
    return 0.9 if before.isalpha() or after.isalpha() else 0.3
