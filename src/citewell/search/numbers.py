"""Numbers as tokens: the same number gives the same token, however its digits are grouped."""

import re

# Languages that write 1.234,5 for what English writes as 1,234.5.
_WITH_COMMA = "ca cs da de el es et eu fi fr hu id it lt nl no pl pt ro ru sr sv tr"
DECIMAL_COMMA = frozenset(_WITH_COMMA.split())

_POINT_STYLE = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?", re.ASCII)
_COMMA_STYLE = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d+))?", re.ASCII)
_SWISS_STYLE = re.compile(r"(\d{1,3}(?:['’]\d{3})+)(?:[.,](\d+))?", re.ASCII)
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}([.,])\d{3}", re.ASCII)


def number_tokens(text: str, language: str) -> list[str]:
    """Returns the tokens of a number such as 81,797 or 3.50; empty if the text is no number.

    The decimal separator becomes the letter d, so that the token stays one word: 3.50 gives 3d5. A number that has two
    readings in a language with decimal commas (1.234) gives both.
    """
    comma = language in DECIMAL_COMMA
    styles = (_COMMA_STYLE, _POINT_STYLE, _SWISS_STYLE) if comma else (_POINT_STYLE, _COMMA_STYLE, _SWISS_STYLE)
    for style in styles:
        if found := style.fullmatch(text):
            tokens = [_token(found[1], found[2] or "")]
            break
    else:
        return []
    if comma and (split := _AMBIGUOUS.fullmatch(text)):
        whole, fraction = text.split(split[1])
        tokens = [whole + fraction, _token(whole, fraction)]
    return tokens


def _token(whole: str, fraction: str) -> str:
    digits = re.sub(r"\D", "", whole)
    fraction = fraction.rstrip("0")
    return f"{digits}d{fraction}" if fraction else digits
