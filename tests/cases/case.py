"""A file that is made for a test, with what is right about it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Case:
    """`expected` has a line for each expectation (see `checker.py`); `needs` names the programs that reading takes."""

    name: str
    content: bytes | Callable[[], bytes]
    expected: str
    needs: tuple[str, ...] = ()

    def made(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else self.content()

    def skip_without_programs(self) -> None:
        for program in self.needs:
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed")
