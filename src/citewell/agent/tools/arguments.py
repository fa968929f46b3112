"""Reads and checks the arguments that a model passes to a tool.

All functions raise InvalidArguments, whose text tells the model what would be right.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from citewell.agent.protocol import InvalidArguments
from citewell.kit.storable import storable


def text(arguments: dict[str, Any], name: str, longest: int = 4000) -> str:
    """Returns a required text without surrounding white space, cut to `longest` characters."""
    value = arguments.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)  # a year is a text to search for
    if not isinstance(value, str) or not value.strip():
        raise InvalidArguments(f'"{name}" is required and must be a text that is not empty.')
    return str(storable(value)).strip()[:longest]


def integer(arguments: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    """Returns an optional whole number, clamped to its bounds: a model that asks for 1,000 results means many."""
    value = arguments.get(name)
    if value is None:
        value = default
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)  # models that write arguments as XML or Python quote numbers
    finite = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    if isinstance(value, bool) or not finite:
        raise InvalidArguments(f'"{name}" must be a whole number from {least} to {most}.')
    return max(least, min(int(value), most))


@dataclass(frozen=True)
class Integer:
    """A parameter of a tool: a whole number within bounds. Its schema and its reader share the bounds."""

    name: str
    description: str
    default: int
    least: int
    most: int

    @property
    def schema(self) -> dict[str, Any]:
        return {
            "type": "integer",
            "minimum": self.least,
            "maximum": self.most,
            "default": self.default,
            "description": self.description,
        }

    def read(self, arguments: dict[str, Any]) -> int:
        """Returns the number, like `integer`."""
        return integer(arguments, self.name, self.default, self.least, self.most)


def offset(of: str) -> Integer:
    """The parameter that skips the first ones of a list."""
    return Integer("offset", f"{of} to skip.", default=0, least=0, most=10**7)


def uuid(arguments: dict[str, Any], name: str) -> UUID:
    """Returns a required id."""
    try:
        return UUID(text(arguments, name, 100))
    except ValueError:
        raise InvalidArguments(f'"{name}" must be an id (UUID) from a tool result.') from None


def uuids(arguments: dict[str, Any], name: str, most: int = 100) -> list[UUID] | None:
    """Returns an optional list of at most `most` ids; None if there are none. One id may stand without a list."""
    value = arguments.get(name)
    if value in (None, [], ""):
        return None
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or len(value) > most:
        raise InvalidArguments(f'"{name}" must be a list of at most {most} ids.')
    return [uuid({name: item}, name) for item in value]


def choice(arguments: dict[str, Any], name: str, choices: Sequence[str], default: str) -> str:
    """Returns one of `choices`, or `default` if the argument is missing."""
    value = arguments.get(name)
    if value is None:
        return default
    if value not in choices:
        raise InvalidArguments(f'"{name}" must be one of: {", ".join(choices)}.')
    return str(value)


def optional_text(arguments: dict[str, Any], name: str, longest: int = 400) -> str:
    """Returns an optional text like `text`; empty if the argument is missing."""
    return "" if arguments.get(name) in (None, "") else text(arguments, name, longest)


def flag(arguments: dict[str, Any], name: str) -> bool:
    """Returns an optional boolean; False if the argument is missing."""
    value = arguments.get(name)
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if value is None or isinstance(value, bool):
        return bool(value)
    raise InvalidArguments(f'"{name}" must be true or false.')


def texts(arguments: dict[str, Any], name: str, most: int, longest: int = 1000) -> list[str]:
    """Returns an optional list of at most `most` texts; empty if the argument is missing. One text may stand without a
    list.
    """
    value = arguments.get(name)
    if value in (None, [], ""):
        return []
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or len(value) > most:
        raise InvalidArguments(f'"{name}" must be a list of at most {most} texts.')
    return [text({name: item}, name, longest) for item in value]
