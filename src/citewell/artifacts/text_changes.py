"""Changes of a text: by its words or by its lines."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from citewell.artifacts.changes import Refused, in_order
from citewell.artifacts.content import Markdown, Text


class TextChange(BaseModel, extra="forbid"):
    """Replaces `old_text`, which must stand in the text exactly once unless `replace_all` is set; or the lines from
    `start_line` to `end_line`, counted from 1. `start_line` one behind the last line appends."""

    old_text: Text | None = None
    start_line: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    end_line: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    new_text: Text = ""
    replace_all: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> "TextChange":
        if bool(self.old_text) == (self.start_line is not None):
            raise ValueError("Say what to change: by old_text, or by start_line (with end_line), not both.")
        return self

    def apply(self, text: str) -> str:
        if self.start_line is not None:
            return self._on_lines(text, self.start_line)
        old = self.old_text or ""
        count = text.count(old)
        if count == 0:
            raise Refused("old_text is not in the text: copy it character for character.")
        if count > 1 and not self.replace_all:
            raise Refused(f"old_text occurs {count} times in the text: quote more of it, or set replace_all.")
        return text.replace(old, self.new_text)

    def _on_lines(self, text: str, start: int) -> str:
        lines = text.split("\n") if text else []
        end = self.end_line if self.end_line is not None else start
        if start > len(lines) + 1 or end > max(len(lines), start) or end < start - 1:
            raise Refused(f"There are no lines {start} to {end}: the text has {len(lines)}.")
        lines[start - 1 : end] = self.new_text.split("\n") if self.new_text else []
        return "\n".join(lines)


def patched(content: Markdown, changes: Sequence[TextChange]) -> Markdown:
    return Markdown(text=in_order(content.text, changes, lambda text, change: change.apply(text)))
