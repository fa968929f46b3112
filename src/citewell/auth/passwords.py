"""Which passwords are accepted."""

from citewell.errors import InvalidFields

SHORTEST, LONGEST = 10, 1024  # characters
_FEWEST_GUESSES = 10**6  # which take years within the limits of sign-in
_ESTIMATED = 72  # first characters that are estimated


def check_new_password(password: str, email: str, field: str) -> None:
    """Raises InvalidFields for a weak password. The error names the field and says what to choose instead."""
    problem = _problem(password, email)
    if problem:
        raise InvalidFields({field: [problem]})


def _problem(password: str, email: str) -> str | None:
    if not SHORTEST <= len(password) <= LONGEST:
        return f"Choose a password of {SHORTEST} to {LONGEST} characters: a few random words make a good one."
    plain = password.strip().casefold()
    if plain in (email, email.partition("@")[0]):
        return "The password must not be the address."
    if _guesses(plain, email) < _FEWEST_GUESSES:
        return "This password is among the first that are tried: choose another, such as a few random words."
    return None


def _guesses(password: str, email: str) -> float:
    """Estimates the guesses that an attacker needs who knows the 30,000 most common passwords, words, names,
    keyboard patterns and dates.

    Source: zxcvbn (Wheeler, USENIX Security 2016). It is imported here because its word lists take 10 MB.
    """
    from zxcvbn import zxcvbn

    if len(password) > _ESTIMATED:  # the estimate takes time quadratic in the length
        return float(len(set(password)) ** _ESTIMATED)
    known = [email, *email.replace("@", ".").split("."), "citewell"]
    return float(zxcvbn(password, user_inputs=known)["guesses"])
