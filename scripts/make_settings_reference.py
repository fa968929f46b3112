"""Writes docs/settings.md from the settings themselves. With --check it only says whether the page is up to date."""

import sys
import types
import typing
from pathlib import Path
from typing import Any, Literal

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from citewell.settings import Settings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
_HEAD = """\
# Settings

Set an environment variable with the name below, or a line of `citewell.toml` in the working directory (in lower case and
without `CITEWELL_`). The environment overrides the file. Sizes are bytes and times are seconds unless the name says
otherwise. In the environment, write lists and maps as JSON.

| setting | kind | default | meaning |
|---|---|---|---|
"""


def reference() -> str:
    rows = [
        f"| `CITEWELL_{name.upper()}` | {_kind(field.annotation)} | {_default(field)} | {_meaning(field)} |"
        for name, field in Settings.model_fields.items()
    ]
    return _HEAD + "\n".join(rows) + "\n"


def _kind(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_kind(one) for one in arguments if one is not type(None))
    if origin is typing.Annotated:
        return _kind(arguments[0])
    names = {
        "str": "text",
        "SecretStr": "secret",
        "bool": "`true` or `false`",
        "int": "whole number",
        "float": "number",
    }
    names |= {"Path": "folder", "list": "list", "dict": "map"}
    name = getattr(origin or annotation, "__name__", str(annotation))
    return names.get(name, name)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or value == "":
        return ""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{shown}`"


def _meaning(field: FieldInfo) -> str:
    return (field.description or "").replace("|", "\\|").replace("<", "&lt;")


def main() -> int:
    text = reference()
    if "--check" in sys.argv:
        if PAGE.exists() and PAGE.read_text() == text:
            return 0
        print("docs/settings.md is out of date: run scripts/make_settings_reference.py")
        return 1
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
