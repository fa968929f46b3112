"""Reads form fields, free text and comments of a PDF, and the data of XFA forms."""

import ctypes
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from lxml import etree

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.pdf_repair import repaired
from citewell.ingestion.parsing.pdf_text import PageSpace, Word, page_words

_MAX_ANNOTATIONS = 2000  # annotations of a page that are read
_MAX_PACKET = 20_000_000  # bytes of XFA data
_HIDDEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_WIDTH = 0.5  # of the size: about a character's
_LEAST_WIDTH = 3.0  # points for a character
_LABEL_NEAR = 160.0  # points: the largest distance from a label to the field on its right
_PASSWORD = 1 << 13  # flag of a field whose value is not shown
_CHECKED, _UNCHECKED = "\u2612", "\u2610"
_BOXES = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
_VALUES = (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)
_COMMENTS = (
    raw.FPDF_ANNOT_TEXT,
    raw.FPDF_ANNOT_HIGHLIGHT,
    raw.FPDF_ANNOT_UNDERLINE,
    raw.FPDF_ANNOT_STRIKEOUT,
    raw.FPDF_ANNOT_SQUIGGLY,
    raw.FPDF_ANNOT_SQUARE,
    raw.FPDF_ANNOT_CIRCLE,
    raw.FPDF_ANNOT_CARET,
    raw.FPDF_ANNOT_STAMP,
)


@dataclass(frozen=True)
class Note:
    """A comment on a page: its author, its text, and its position."""

    box: Box
    text: str


def shown_words(document: pdfium.PdfDocument, page: pdfium.PdfPage) -> list[Word]:
    """Returns the page's words with those of form fields and free text."""
    words = repaired(page_words(page))
    return [*words, *written_on(document, page, words)[0]]


def written_on(
    document: pdfium.PdfDocument, page: pdfium.PdfPage, words: Sequence[Word]
) -> tuple[list[Word], list[Note]]:
    """Returns (values of the page's fields and its free text as words at their positions, comments)."""
    written: list[Word] = []
    notes: list[Note] = []
    space = PageSpace(page)
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            if not raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
                _read(document, annotation, space, words, written, notes)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return written, notes


def _read(
    document: pdfium.PdfDocument,
    annotation: object,
    space: PageSpace,
    words: Sequence[Word],
    written: list[Word],
    notes: list[Note],
) -> None:
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    box = _box(annotation, space)
    if kind == raw.FPDF_ANNOT_WIDGET and document.formenv is not None:
        value = _field_value(document.formenv.raw, annotation)
        if value:
            written += _laid_out(_with_label(document.formenv.raw, annotation, value, box, words), box)
    elif kind == raw.FPDF_ANNOT_FREETEXT:
        written += _laid_out(_string(annotation, b"Contents"), box)
    elif kind in _COMMENTS and (text := _string(annotation, b"Contents").strip()):
        author = _string(annotation, b"T").strip()
        notes.append(Note(box, f"Comment by {author}: {text}" if author else f"Comment: {text}"))


def _box(annotation: object, space: PageSpace) -> Box:
    rect = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, ctypes.byref(rect))
    low, high = sorted((rect.bottom, rect.top))
    return space.shown(min(rect.left, rect.right), low, max(rect.left, rect.right), high)


def _field_value(forms: object, annotation: object) -> str:
    kind = raw.FPDFAnnot_GetFormFieldType(forms, annotation)
    if kind in _BOXES:
        return _CHECKED if raw.FPDFAnnot_IsChecked(forms, annotation) else _UNCHECKED
    flags = raw.FPDFAnnot_GetFormFieldFlags(forms, annotation)
    if kind not in _VALUES or (kind == raw.FPDF_FORMFIELD_TEXTFIELD and flags & _PASSWORD):
        return ""
    chosen = _chosen(forms, annotation) if kind != raw.FPDF_FORMFIELD_TEXTFIELD else []
    if chosen:
        return ", ".join(chosen)
    return _utf16(lambda buffer, size: raw.FPDFAnnot_GetFormFieldValue(forms, annotation, buffer, size))


def _chosen(forms: object, annotation: object) -> list[str]:
    """Returns the displayed text of the selected entries of a list; the value has their short names."""
    count = min(raw.FPDFAnnot_GetOptionCount(forms, annotation), _MAX_ANNOTATIONS)
    chosen = (index for index in range(count) if raw.FPDFAnnot_IsOptionSelected(forms, annotation, index))
    labels = (functools.partial(raw.FPDFAnnot_GetOptionLabel, forms, annotation, index) for index in chosen)
    return [_utf16(label) for label in labels]


def _with_label(forms: object, annotation: object, value: str, box: Box, words: Sequence[Word]) -> str:
    """Returns the value. If there are no words beside the field, its display name is put in front."""
    beside = any(
        (word.top < box[3] and box[1] < word.bottom and box[0] - _LABEL_NEAR < word.right <= box[0] + 2)
        or (word.left < box[2] and box[0] < word.right and 0 <= box[1] - word.bottom < word.size)
        for word in words
    )
    if beside or value in (_CHECKED, _UNCHECKED):
        return value
    label = _utf16(lambda buffer, size: raw.FPDFAnnot_GetFormFieldAlternateName(forms, annotation, buffer, size))
    name = label or _utf16(lambda buffer, size: raw.FPDFAnnot_GetFormFieldName(forms, annotation, buffer, size))
    return f"{name}: {value}" if name else value


def _string(annotation: object, key: bytes) -> str:
    return _utf16(lambda buffer, size: raw.FPDFAnnot_GetStringValue(annotation, key, buffer, size))


def _utf16(read: Callable[[object, int], int]) -> str:
    """Reads a string through a function of PDFium that returns its size in bytes if it has no buffer."""
    size = read(None, 0)
    if size <= 2:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    read(buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", errors="replace")


def _laid_out(text: str, box: Box) -> Iterator[Word]:
    """Yields the words at estimated positions in the box, line by line.

    The real positions depend on the viewer's font.
    """
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    left, top, right, bottom = box
    if len(lines) > 1 and _LEAST_WIDTH * sum(len(line) + 1 for line in lines) < right - left:
        lines = [" ".join(line.strip() for line in lines)]  # one line, so that it is one cell beside its label
        bottom = min(bottom, top + 18)
    height = (bottom - top) / max(len(lines), 1)
    size = min(height, 12.0)
    for number, line in enumerate(lines):
        width = min(_WIDTH * size, (right - left) / max(len(line), 1))
        middle = top + (number + 0.5) * height
        at = left + 1
        for word in line.split(" "):
            if word.strip():
                end = at + width * len(word)
                yield Word(word.strip(), at, middle - size / 2, end, middle + size / 2, size, False)
            at += width * (len(word) + 1)


def xfa_rows(document: pdfium.PdfDocument) -> list[list[str]]:
    """Returns [label, value] of each filled-in field of an XFA form; [] for other documents."""
    packets = dict(_packets(document))
    values = _parsed(packets.get("datasets"))
    if values is None:
        return []
    captions = _captions(_parsed(packets.get("template")))
    data = next((element for element in values.iter() if etree.QName(element).localname == "data"), values)
    rows = []
    for element in data.iter(etree.Element):
        text = (element.text or "").strip()
        if len(element) == 0 and text:
            name = etree.QName(element).localname
            rows.append([captions.get(name, name), text])
    return rows


def _packets(document: pdfium.PdfDocument) -> Iterator[tuple[str, bytes]]:
    size = ctypes.c_ulong()
    for index in range(min(max(raw.FPDF_GetXFAPacketCount(document), 0), 50)):
        length = raw.FPDF_GetXFAPacketName(document, index, None, 0)
        name = ctypes.create_string_buffer(max(length, 1))
        raw.FPDF_GetXFAPacketName(document, index, name, length)
        if not raw.FPDF_GetXFAPacketContent(document, index, None, 0, ctypes.byref(size)) or size.value > _MAX_PACKET:
            continue
        content = ctypes.create_string_buffer(size.value)
        raw.FPDF_GetXFAPacketContent(document, index, content, size.value, ctypes.byref(size))
        yield name.value.decode(errors="replace"), content.raw


def _parsed(packet: bytes | None) -> etree._Element | None:
    if not packet:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        return etree.fromstring(packet, parser)
    except etree.XMLSyntaxError:
        return None


def _captions(template: etree._Element | None) -> dict[str, str]:
    """Returns the text beside each field of the form, by the field's name."""
    captions: dict[str, str] = {}
    if template is None:
        return captions
    for field in template.iter("{*}field"):
        caption = field.find("{*}caption")
        text = " ".join("".join(caption.itertext()).split()) if caption is not None else ""
        if text and field.get("name"):
            captions[str(field.get("name"))] = text.rstrip(":")
    return captions
