"""The fonts of a PDF: those that come with the web app, then those of the machine for the characters that they lack."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from fpdf import FPDF

_FAMILY = "text"
_STYLES = {"": "Regular", "B": "Bold", "I": "Italic", "BI": "BoldItalic"}
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")
# Of wide coverage first, then by script.
_FALLBACKS = (
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansThai-Regular.ttf",
    "NotoSansSymbols2-Regular.ttf",
    "Arial Unicode.ttf",
    "arial.ttf",
    "msyh.ttc",
)


def add_fonts(pdf: FPDF, characters: set[str]) -> str:
    """Gives the PDF fonts for these characters as far as there are any; returns the family to write with."""
    family = _add_family(pdf)
    missing = {ord(one) for one in characters if one.isprintable()} - _covered(pdf, family)
    if not missing:
        return family
    added = []
    for path in _fallbacks():
        name = path.stem.lower()
        pdf.add_font(name, fname=path)
        if found := missing & _covered(pdf, name):
            added.append(name)
            missing -= found
        if not missing:
            break
    if family == "helvetica" and added:
        family = added.pop(0)
        for style in ("B", "I", "BI"):
            pdf.add_font(family, style, next(path for path in _fallbacks() if path.stem.lower() == family))
    pdf.set_fallback_fonts(added, exact_match=False)
    return family


def _add_family(pdf: FPDF) -> str:
    """Liberation Sans, which the web app's PDF viewer brings along; without it the built-in Helvetica (Latin-1)."""
    folder = files("citewell") / "web" / "dist" / "assets" / "pdfjs" / "standard_fonts"
    paths = {style: Path(str(folder / f"LiberationSans-{name}.ttf")) for style, name in _STYLES.items()}
    if not all(path.is_file() for path in paths.values()):
        return "helvetica"
    for style, path in paths.items():
        pdf.add_font(_FAMILY, style, path)
    return _FAMILY


def _covered(pdf: FPDF, family: str) -> set[int]:
    font = pdf.fonts.get(family)
    return set(getattr(font, "cmap", ())) if font is not None else set(range(32, 256))


@cache
def _fallbacks() -> tuple[Path, ...]:
    return tuple(_find_fallbacks())


def _find_fallbacks() -> Iterator[Path]:
    found = {path.name: path for folder in _FOLDERS if Path(folder).is_dir() for path in Path(folder).rglob("*.tt[fc]")}
    yield from (found[name] for name in _FALLBACKS if name in found)
