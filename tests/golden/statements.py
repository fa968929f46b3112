"""Sets tables as quarterly reports print them, and says what each of their cells is."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.golden.sheet import Sheet

_HANGING = 3.0  # points: by which a closing bracket stands right of the column
_INDENT = 9.0  # points


@dataclass(frozen=True)
class Head:
    """A text over the columns from `first` to `last`, counted from 1. Its lines are divided by "//".

    It stands in the middle of its columns (side "c"), at their left ("l") or at their right ("r").
    """

    text: str
    first: int
    last: int
    side: str = "c"


@dataclass(frozen=True)
class Statement:
    """A table of amounts.

    `heads` are the levels of its header, from top to bottom; `unit` is what the header says over the labels. `rows` are
    "label | amount | amount": two spaces before a label indent it, "//" divides its lines, and the currency sign before
    an amount stands at the left of the column. `rights` are where amounts end, `width` is that of a column.
    """

    heads: Sequence[Sequence[Head]]
    rows: Sequence[str]
    rights: Sequence[float]
    width: float = 62.0
    unit: str = ""
    ruled: bool = True  # below headers and above totals
    shaded: bool = False  # every second row

    @property
    def cells(self) -> list[list[str]]:
        """The cells, with one header row: the texts over each column, from top to bottom."""
        names = [self.unit, *("" for _ in self.rights)]
        for level in self.heads:
            for head in level:
                text = head.text.replace("//", " ").strip()
                for column in range(head.first, head.last + 1):
                    names[column] = f"{names[column]} {text}".strip()
        return [names, *(_cells(row) for row in self.rows)]

    def set_on(self, sheet: Sheet, *, rows: slice = slice(None), headed: bool = True) -> None:
        """Sets the table, or only these rows of it, at the sheet's `y`."""
        if headed:
            self._set_heads(sheet)
        for number, row in enumerate(self.rows[rows]):
            self._set_row(sheet, row, shaded=self.shaded and number % 2 == 0)

    def _set_heads(self, sheet: Sheet) -> None:
        step = 1.15 * sheet.size
        for number, level in enumerate(self.heads):
            high = max(len(head.text.split("//")) for head in level)
            for head in level:
                left, right = self.rights[head.first - 1] - self.width, self.rights[head.last - 1]
                lines = head.text.split("//")
                for at, line in enumerate(lines, start=high - len(lines)):
                    y = sheet.y + at * step
                    if head.side == "l":
                        sheet.text(left, y, line, style="B")
                    elif head.side == "r":
                        sheet.right(right, y, line, style="B")
                    else:
                        sheet.centred((left + right) / 2, y, line, style="B")
                if self.ruled:
                    below = sheet.y + (high - 1) * step + 0.3 * sheet.size
                    sheet.rule(left, below, right, below)
            if self.unit and number == len(self.heads) - 1:
                sheet.text(sheet.margin, sheet.y + (high - 1) * step, self.unit, style="")
            sheet.y += high * step + 0.25 * sheet.size
        sheet.y += 0.3 * sheet.size

    def _set_row(self, sheet: Sheet, row: str, *, shaded: bool) -> None:
        label, *amounts = row.split("|")
        indent = _INDENT * ((len(label) - len(label.lstrip())) // 2)
        lines = [line.strip() for line in label.split("//")]
        if shaded:
            sheet.pdf.set_fill_color(204, 238, 255)
            height = 1.5 * sheet.size + (len(lines) - 1) * 1.15 * sheet.size
            sheet.pdf.rect(sheet.margin, sheet.y - 1.1 * sheet.size, self.rights[-1] - sheet.margin + 4, height, "F")
        for number, line in enumerate(lines):
            if number:
                sheet.y += 1.15 * sheet.size
            sheet.text(sheet.margin + indent + (_INDENT if number else 0), sheet.y, line)
        for right, amount in zip(self.rights, amounts, strict=False):
            self._set_amount(sheet, right, amount.strip())
        if self.ruled and label.strip().lower().startswith("total"):
            for right in self.rights:
                sheet.rule(right - self.width, sheet.y - sheet.size, right, sheet.y - sheet.size)
        sheet.y += 1.5 * sheet.size

    def _set_amount(self, sheet: Sheet, right: float, amount: str) -> None:
        if amount[:1] in ("$", "€"):
            sheet.text(right - self.width + 4, sheet.y, amount[0])
            amount = amount[1:].strip()
        sheet.right(right + (_HANGING if amount.endswith((")", "%")) else 0), sheet.y, amount)


def _cells(row: str) -> list[str]:
    return [" ".join(cell.replace("//", " ").split()) if number == 0 else cell.strip()
            for number, cell in enumerate(row.split("|"))]  # fmt: skip
