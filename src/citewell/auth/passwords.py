"""Which passwords are accepted."""

from citewell.auth.common_passwords import COMMON
from citewell.errors import InvalidFields

SHORTEST, LONGEST = 10, 1024  # characters


def check_new_password(password: str, email: str, field: str) -> None:
    """Raises InvalidFields that names the field and says what to choose instead."""
    problem = _problem(password, email)
    if problem:
        raise InvalidFields({field: [problem]})


def _problem(password: str, email: str) -> str | None:
    if not SHORTEST <= len(password) <= LONGEST:
        return f"Choose a password of {SHORTEST} to {LONGEST} characters: a few random words make a good one."
    plain = password.strip().casefold()
    if plain in (email, email.partition("@")[0]):
        return "The password must not be the address."
    if plain in COMMON or len(set(plain)) == 1:
        return "This password is among the first that are tried: choose another, such as a few random words."
    return None
