"""Raised numbers: 10 with a raised 6 is read as "10^6", not as another number."""

import re

RAISED = "\x0e"  # stands before raised text until `with_powers` has seen what is around it
_NUMBER = re.compile(r"[-+−–]?(?:\d|$)")
_BEGINS = re.compile(rf"(?<=\d){RAISED}(?=[-+−–]?{RAISED}?(?:\d|$))")


def power(before: str, raised: str) -> str:
    """Returns the raised text with the sign "^" if it is a number behind a number, else as it is."""
    return f"^{raised}" if before[-1:].isdigit() and raised and _NUMBER.match(raised) else raised


def with_powers(text: str) -> str:
    """Returns the text without marks of raised text, with "^" where they stand between numbers."""
    return _BEGINS.sub("^", text).replace(RAISED, "") if RAISED in text else text
