"""The garbage collector while a process loads what it keeps for its whole life."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def kept_for_life() -> Iterator[None]:
    """Does not look for garbage among the objects that are made within, now or later.

    Modules, classes and routes are many objects and no garbage: looking through them again and again takes up to a
    fifth of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
