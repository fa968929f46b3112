"""Signs of symbol fonts (Symbol, Wingdings), which have numbers of their own instead of characters."""

from unicodedata import normalize

SIGNS = {
    0xFE: "☑", 0xFD: "☒", 0xA8: "☐", 0x6F: "☐", 0xFC: "✓", 0xFB: "✗", 0x52: "☑", 0x53: "☒", 0xA3: "☐", 0xB7: "•",
    0x6C: "●", 0xA7: "▪", 0xD8: "➢", 0xE0: "→", 0xDF: "←",
}  # fmt: skip
_LATIN = "abgdezhqiklmnxoprstufcywABGDEZHQIKLMNXOPRSTUFCYW"
GREEK = dict(zip(_LATIN, "αβγδεζηθικλμνξοπρστυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", strict=True))
# Programs write these numbers as private characters, whose font is often not told: the signs of lists and forms.
PRIVATE = {0xF000 + code: sign for code, sign in SIGNS.items() if code > 0x7F}
# Letters and digits of formulas ("𝐸 = 𝑚𝑐") as people type them.
MATHEMATICAL = {code: plain for code in range(0x1D400, 0x1D800) if (plain := normalize("NFKC", chr(code))) != chr(code)}
