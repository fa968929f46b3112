"""Sets golden blocks as PDF pages."""

import io
from collections.abc import Sequence

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from tests.golden.truth import Block

WIDTH, HEIGHT = 595.0, 842.0
Columns = Sequence[float]  # right edges of numbers, but of the first column, which begins at the left margin


class Sheet:
    """Pages with a place to go on at. Sizes in points; `y` is the baseline of the next line."""

    def __init__(self, font: str = "helvetica", size: float = 10, margin: float = 72, leading: float = 1.25) -> None:
        self.pdf = FPDF(unit="pt", format=(WIDTH, HEIGHT))
        self.pdf.set_auto_page_break(False)
        self.font, self.size, self.margin, self.leading = font, size, margin, leading
        self.y = 0.0
        self.new_page()

    def new_page(self) -> None:
        self.pdf.add_page()
        self.y = self.margin + self.size

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())

    def text(self, x: float, y: float, text: str, *, size: float | None = None, style: str = "") -> float:
        """Set it; where it ends."""
        self.pdf.set_font(self.font, style, size or self.size)
        self.pdf.text(x, y, text)
        return x + float(self.pdf.get_string_width(text))

    def right(self, x: float, y: float, text: str, *, style: str = "") -> None:
        self.pdf.set_font(self.font, style, self.size)
        self.pdf.text(x - self.pdf.get_string_width(text), y, text)

    def centred(self, x: float, y: float, text: str, *, style: str = "") -> None:
        self.pdf.set_font(self.font, style, self.size)
        self.pdf.text(x - self.pdf.get_string_width(text) / 2, y, text)

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self.pdf.line(x0, y0, x1, y1)

    def heading(self, text: str, size: float = 14, style: str = "B", x: float | None = None) -> None:
        self.y += 0.6 * size
        self.text(self.margin if x is None else x, self.y, text, size=size, style=style)
        self.y += 1.2 * size

    def wrapped(self, text: str, width: float, size: float | None = None) -> list[str]:
        """The text in lines. A soft hyphen may divide its word."""
        self.pdf.set_font(self.font, "", size or self.size)
        lines, line = [], ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if self._width(longer) <= width:
                line = longer
                continue
            head, tail = self._divided(line, word, width)
            lines.append(f"{line} {head}-" if head else line)
            line = tail
        return [plain(line) for line in [*lines, line]]

    def _divided(self, line: str, word: str, width: float) -> tuple[str, str]:
        parts = word.split("\u00ad")
        for cut in range(len(parts) - 1, 0, -1):
            head = "".join(parts[:cut])
            if self._width(f"{line} {head}-") <= width:
                return head, "\u00ad".join(parts[cut:])
        return "", word

    def _width(self, text: str) -> float:
        return float(self.pdf.get_string_width(plain(text)))

    def paragraph(
        self, text: str, x: float | None = None, width: float | None = None, *, indent: float = 0, hanging: float = 0
    ) -> None:
        left = self.margin if x is None else x
        room = (WIDTH - 2 * self.margin if width is None else width) - hanging
        step = self.size * self.leading
        for number, line in enumerate(self.wrapped(text, room)):
            self.text(left + (indent if number == 0 else hanging), self.y, line)
            self.y += step
        self.y += 0.7 * self.size

    def table(self, rows: Sequence[Sequence[str]], rights: Columns, style: str = "plain") -> None:
        """Numbers end at `rights`. Styles: plain, booktabs (a rule above, below the head and at the end), outer (ruled
        around, between columns and below the head), grid."""
        step = 1.45 * self.size
        top, left, end = self.y - self.size, self.margin - 4, rights[-1] + 4
        edges = [left, *(right - self._gap(rights) for right in rights), end]
        for number, row in enumerate(rows):
            self.text(self.margin, self.y, row[0])
            for cell, right in zip(row[1:], rights, strict=True):
                self.right(right, self.y, cell)
            ruled = style == "grid" or (number in (0, len(rows) - 1) and style != "plain")
            if ruled:
                self.rule(left, self.y + 0.4 * self.size, end, self.y + 0.4 * self.size)
            self.y += step
        bottom = self.y - step + 0.4 * self.size
        if style != "plain":
            self.rule(left, top, end, top)
        for edge in (left, *edges[1:-1], end) if style in ("grid", "outer") else ():
            self.rule(edge, top, edge, bottom)
        self.y += self.size

    @staticmethod
    def _gap(rights: Columns) -> float:
        """From a column's right edge back to its left."""
        return (rights[1] - rights[0]) - 6 if len(rights) > 1 else 90

    def flow(self, blocks: Sequence[Block], rights: Columns = (), style: str = "plain") -> "Sheet":
        """The blocks one below the other, on the page that each names."""
        sizes = iter([18.0] + [13.0] * len(blocks))
        page = 1
        for block in blocks:
            if block.page != page:
                self.new_page()
                page = block.page
            if block.kind == "heading":
                self.heading(block.text, next(sizes))
            elif block.kind == "table":
                self.table(block.rows, rights, style)
            else:
                self.paragraph(block.text, hanging=14 if block.kind == "list" else 0)
        return self


def plain(text: str) -> str:
    return text.replace("\u00ad", "")


def scanned(lines: Sequence[str], *, angle: float = 0, dots: int = 200, size: int = 34) -> Image.Image:
    """A page of these lines as a scanner sees it, turned counterclockwise by an angle."""
    image = Image.new("L", (int(8.27 * dots), int(11.69 * dots)), 250)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((150, 200 + int(1.7 * size) * number), line, font=ImageFont.load_default(size), fill=20)
    return image.rotate(angle, expand=angle % 90 == 0, fillcolor=250) if angle else image


def scanned_pdf(images: Sequence[Image.Image], stamp: str = "") -> bytes:
    pdf = FPDF(unit="pt", format=(WIDTH, HEIGHT))
    pdf.set_auto_page_break(False)
    for image in images:
        pdf.add_page(format=(WIDTH, HEIGHT) if image.height > image.width else (HEIGHT, WIDTH))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=80)
        pdf.image(buffer, 0, 0, pdf.w, pdf.h)
        if stamp:
            pdf.set_font("helvetica", "", 8)
            pdf.text(150, 20, stamp)
    return bytes(pdf.output())
