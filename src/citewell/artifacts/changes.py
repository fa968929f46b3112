"""Applies changes in their order, each to the result of the one before; all of them or none."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from citewell.errors import InvalidFields

Model = TypeVar("Model", bound=BaseModel)
Kept = TypeVar("Kept")


class Refused(ValueError):
    """A change that cannot be applied; the message says why."""


def in_order(kept: Kept, changes: Sequence[Any], apply: Callable[[Kept, Any], Kept]) -> Kept:
    """Raises InvalidFields that names the change which cannot be applied."""
    for index, change in enumerate(changes):
        try:
            kept = apply(kept, change)
        except Refused as problem:
            raise InvalidFields({f"changes.{index}": [str(problem)]}) from None
    return kept


def checked(model: type[Model], draft: Any) -> Model:
    """Returns the model with the values of the draft, all its rules checked. Raises InvalidFields."""
    try:
        return model.model_validate(draft.model_dump() if isinstance(draft, BaseModel) else draft)
    except ValidationError as error:
        told = [str(one["msg"]).removeprefix("Value error, ") for one in error.errors()[:3]]
        raise InvalidFields({"changes": told}) from None


def index_of(names: Sequence[str], name: str, what: str) -> int:
    for index, known in enumerate(names):
        if known.casefold() == name.casefold():
            return index
    shown = ", ".join(names[:20]) or "none"
    raise Refused(f"There is no {what} {name!r}; there are: {shown}.")
