"""Decoding text of unknown encoding without turning it into mojibake."""

import codecs
import unicodedata

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EAST_ASIAN = ("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr")
_SAMPLE = 65_536


def decode_text(data: bytes) -> str:
    """The text. By byte order mark, then as UTF-8, then by which encoding gives the most plausible characters."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_guess(data), errors="replace")


def _guess(data: bytes) -> str:
    sample = data[:_SAMPLE]
    wide = _utf16(sample)
    if wide:
        return wide
    if _valid_utf8_prefix(sample) and len(data) > _SAMPLE:
        return "utf-8"
    scored = [(_plausibility(sample, encoding), encoding) for encoding in _EAST_ASIAN]
    best, encoding = max(scored)
    return encoding if best > _plausibility(sample, "cp1252") else "cp1252"


def _utf16(sample: bytes) -> str | None:
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _valid_utf8_prefix(sample: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _plausibility(sample: bytes, encoding: str) -> float:
    """How much the text looks like one that people write; higher is better, 1 about perfect."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    text = [char for char in decoder.decode(sample) if ord(char) > 127]
    if not text:
        return 0.0
    return sum(_weight(char, encoding) for char in text) / len(text)


def _weight(char: str, encoding: str) -> float:
    code = ord(char)
    if char == "\ufffd" or unicodedata.category(char) in ("Cn", "Co", "Cc"):
        return -4.0
    if encoding == "cp1252":
        return 0.85 if char.isalpha() and code < 0x180 else 0.4 if code < 0x2100 and not char.isalpha() else 0.0
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
