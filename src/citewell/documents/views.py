"""How a viewer shows a document, by the kind of its file."""

from typing import Literal

View = Literal["pages", "picture", "sheets", "slides", "text"]

_VIEWS: dict[str, View] = {
    "pdf": "pages",
    "image": "picture",
    **dict.fromkeys(("xlsx", "xls", "ods", "csv"), "sheets"),
    **dict.fromkeys(("pptx", "ppt", "odp"), "slides"),
}


def view_of(kind: str | None) -> View:
    """Returns `text` for kinds that are shown as their text alone, and while the kind is not known."""
    return _VIEWS.get(kind or "", "text")


def is_drawn(kind: str | None) -> bool:
    """Whether its pages are pictures, on which words have boxes."""
    return view_of(kind) in ("pages", "picture")
