"""Layers of a PDF (optional content), which may be switched off."""

import ctypes
import re
import zlib
from pathlib import Path
from typing import Any

import pypdfium2.raw as raw

_NAME = b"/OCProperties"  # the catalog's entry, without which a document has no layers
_OBJECTS = re.compile(rb"/Type\s*/ObjStm\b[^\0]{0,400}?\bstream\r?\n")
_MOST_STREAMS = 500
_MOST_BYTES = 4_000_000  # of an object stream
_LAYER = "OC"


def has_layers(path: Path) -> bool:
    """Whether the file's catalog lists layers. The catalog is in plain text, or in a compressed stream of objects."""
    data = path.read_bytes()
    if _NAME in data:
        return True
    for number, found in enumerate(_OBJECTS.finditer(data)):
        if number == _MOST_STREAMS:
            break
        try:
            if _NAME in zlib.decompressobj().decompress(memoryview(data)[found.end() :], _MOST_BYTES):
                return True
        except zlib.error:
            continue
    return False


class LayerMarks:
    """Tells which page objects belong to a layer."""

    def __init__(self) -> None:
        self._name = ctypes.create_string_buffer(64)
        self._length = ctypes.c_ulong()

    def holds(self, item: Any) -> bool:
        for number in range(raw.FPDFPageObj_CountMarks(item)):
            mark = raw.FPDFPageObj_GetMark(item, number)
            read = raw.FPDFPageObjMark_GetName(
                mark, ctypes.cast(self._name, ctypes.POINTER(raw.FPDF_WCHAR)), 64, ctypes.byref(self._length)
            )
            if read and self._name.raw[: max(self._length.value - 2, 0)].decode("utf-16-le", "replace") == _LAYER:
                return True
        return False
