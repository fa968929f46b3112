"""Which recognised text is kept, and what people are told of its certainty."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from citewell.ingestion.parsing.recognition import DOUBTFUL, WORTHLESS, Reading
from citewell.ingestion.reading_warnings import WarningCode, warning

_MAX_NAMED = 10  # pages in a warning


@dataclass
class Trust:
    """Pages (from 1) whose text was left out or is doubtful, with the mean confidence of each."""

    left_out: dict[int, float] = field(default_factory=dict)
    doubtful: dict[int, float] = field(default_factory=dict)

    def accepts(self, page: int, reading: Reading) -> bool:
        """False for text that is mostly not what the picture says."""
        if not reading.letters and not reading.doubted:
            return True  # a blank page
        if reading.confidence < WORTHLESS or not reading.letters:
            self.left_out[page] = reading.confidence
            return False
        if reading.confidence < DOUBTFUL:
            self.doubtful[page] = reading.confidence
        return True

    def warnings(self) -> list[str]:
        found = []
        if self.left_out:
            found.append(_warning("picture_left_out", self.left_out))
        if self.doubtful:
            found.append(_warning("picture_doubtful", self.doubtful))
        return found

    def failure(self) -> str:
        return (
            f"Its text could not be recognised: the confidence is {_shown(self.left_out)}, too low to quote from."
            " Scan it again, straight and with a higher resolution, or add its language to"
            " CITEWELL_RECOGNITION_LANGUAGES."
        )


def _warning(code: WarningCode, pages: dict[int, float]) -> str:
    return warning(code, pages=page_list(sorted(pages)), confidence=_shown(pages))


def page_list(pages: Sequence[int]) -> str:
    """ "page 3", "pages 3, 4, 7"; at most some are named."""
    named = ", ".join(str(page) for page in pages[:_MAX_NAMED])
    more = f" and {len(pages) - _MAX_NAMED} more" if len(pages) > _MAX_NAMED else ""
    return f"page {named}" if len(pages) == 1 else f"pages {named}{more}"


def _shown(pages: dict[int, float]) -> str:
    low, high = (round(100 * value) for value in (min(pages.values()), max(pages.values())))
    return f"{low} %" if low == high else f"{low} to {high} %"
