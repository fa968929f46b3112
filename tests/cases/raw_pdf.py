"""PDF files written by hand, for what no library writes: fonts by name only, vertical scripts, forms, comments."""

from collections.abc import Sequence

A4 = (595, 842)


def raw_pdf(content: str, objects: Sequence[str] = (), page: str = "", catalog: str = "") -> bytes:
    """A page with this content. `objects` are numbered from 10; `page` and `catalog` are more entries of theirs."""
    stream = content.encode("latin-1")
    parts: dict[int, bytes] = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {A4[0]} {A4[1]}] /Contents 4 0 R {page} >>".encode(),
        4: b"<< /Length %d >> stream\n%s\nendstream" % (len(stream), stream),
    }
    parts |= {number: body.encode("latin-1") for number, body in enumerate(objects, start=10)}
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in parts.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (max(places) + 1, start)
    return bytes(out)


def stream(text: str) -> str:
    return f"<< /Length {len(text.encode('latin-1'))} >> stream\n{text}\nendstream"


def fonts(**numbers: int) -> str:
    """The page's entry for fonts by their names in its content."""
    named = " ".join(f"/{name} {number} 0 R" for name, number in numbers.items())
    return f"/Resources << /Font << {named} >> >>"


def type1(name: str, more: str = "") -> str:
    return f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} {more} >>"


def line(font: str, size: float, x: float, y: float, text: str) -> str:
    """Text at a place from the page's bottom left."""
    shown = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf {x} {y} Td ({shown}) Tj ET\n"


def to_unicode(codes: dict[int, str]) -> str:
    """A map from one-byte codes to what they stand for."""
    pairs = "\n".join(f"<{code:02x}> <{text.encode('utf-16-be').hex()}>" for code, text in codes.items())
    return stream(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        "1 begincodespacerange <00> <ff> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{pairs}\nendbfchar\nendcmap end end"
    )
