"""Text that lies on its side, upside down or askew: from the space in which it is read to that of its page."""

from dataclasses import dataclass, replace
from math import cos, radians, sin

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.pdf_text import Word

Size = tuple[float, float]


@dataclass(frozen=True)
class Turn:
    """`angle` in degrees, counterclockwise, by which the page was turned to be read; both sizes are (width, height)."""

    angle: float
    page: Size
    reading: Size

    @classmethod
    def quarter(cls, angle: int, page: Size) -> "Turn":
        """Returns a turn by a multiple of 90 degrees."""
        return cls(angle, page, page if angle % 180 == 0 else (page[1], page[0]))

    def to_page(self, box: Box) -> Box:
        """Converts a box from the reading coordinates to the page's."""
        return self._moved(box, radians(self.angle), self.reading, self.page)

    def to_reading(self, box: Box) -> Box:
        return self._moved(box, radians(-self.angle), self.page, self.reading)

    @staticmethod
    def _moved(box: Box, angle: float, here: Size, there: Size) -> Box:
        corners = [
            (x - here[0] / 2, y - here[1] / 2)
            for x, y in ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]))
        ]
        xs = [x * cos(angle) - y * sin(angle) + there[0] / 2 for x, y in corners]
        ys = [x * sin(angle) + y * cos(angle) + there[1] / 2 for x, y in corners]
        return (min(xs), min(ys), max(xs), max(ys))

    def word_to_reading(self, word: Word) -> Word:
        left, top, right, bottom = self.to_reading(word.box)
        return replace(word, left=left, top=top, right=right, bottom=bottom, turned=0)
