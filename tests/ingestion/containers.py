"""Files of formats that no library here writes: OpenDocument, EPUB, and the OLE container of Outlook's messages."""

import struct
from collections.abc import Mapping

from tests.ingestion.files import archive

_NAMESPACES = (
    " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in {
            "office": "office",
            "text": "text",
            "table": "table",
            "draw": "drawing",
            "style": "style",
            "presentation": "presentation",
            "meta": "meta",
        }.items()
    )
    + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def odf(kind: str, body: str, *, title: str = "", styles: str = "", more: Mapping[str, bytes] | None = None) -> bytes:
    """`kind` is text, spreadsheet or presentation; `body` the XML within its element."""
    content = f"<office:document-content {_NAMESPACES}><office:body><office:{kind}>{body}</office:{kind}></office:body>"
    meta = f"<office:document-meta {_NAMESPACES}><office:meta><dc:title>{title}</dc:title></office:meta>"
    members = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": content + "</office:document-content>",
        "meta.xml": meta + "</office:document-meta>",
        "styles.xml": f"<office:document-styles {_NAMESPACES}>{styles}</office:document-styles>",
    }
    return archive({name: text.encode() for name, text in members.items()} | dict(more or {}))


def epub(chapters: Mapping[str, str], *, title: str = "A book", more: Mapping[str, bytes] | None = None) -> bytes:
    """Chapters by file name, in reading order; they lie in the archive in the opposite one."""
    items = "".join(
        f'<item id="c{number}" href="text/{name}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<metadata><dc:title>{title}</dc:title></metadata><manifest>{items}"
        '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/></manifest>'
        f"<spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    return archive(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "OEBPS/book.opf": package.encode(),
            "OEBPS/nav.xhtml": b"<html><body><h1>Contents</h1></body></html>",
        }
        | {f"OEBPS/text/{name}": text.encode() for name, text in reversed(chapters.items())}
        | dict(more or {})
    )


_SECTOR = 512
_NONE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
Tree = Mapping[str, "bytes | Tree"]


def ole(tree: Tree) -> bytes:
    """An OLE container with these streams (bytes) and storages. Streams are filled up with zeros to 4096 bytes, below
    which they would have to stand in another place. Those of the same content share their sectors, as no program
    writes them."""
    entries: list[list[int | str | bytes]] = [["Root Entry", 5, _NONE, _NONE, b""]]  # name, type, right, child, data
    _add(entries, 0, tree)
    sectors: list[bytes] = []
    chains: list[int] = []
    directory = []
    stored: dict[bytes, int] = {}
    for name, kind, right, child, data in entries:
        assert isinstance(name, str)
        assert isinstance(data, bytes)
        data = data.ljust(4096, b"\0") if kind == 2 else b""
        start = stored.setdefault(data, len(sectors)) if data else _END
        count = -(-len(data) // _SECTOR) if start == len(sectors) else 0
        sectors += [data[at * _SECTOR : (at + 1) * _SECTOR].ljust(_SECTOR, b"\0") for at in range(count)]
        chains += [*range(start + 1, start + count), _END] if count else []
        wide = name.encode("utf-16-le")
        head = wide.ljust(64, b"\0") + struct.pack("<HBBIII", len(wide) + 2, kind, 1, _NONE, right, child)
        directory.append(head + bytes(36) + struct.pack("<IQ", start, len(data)))
    listed = b"".join(directory)
    first, count = len(sectors), -(-len(listed) // _SECTOR)
    sectors += [listed[at * _SECTOR : (at + 1) * _SECTOR].ljust(_SECTOR, b"\0") for at in range(count)]
    chains += [*range(first + 1, first + count), _END]
    tables = -(-(len(chains) + 8) // 128)
    chains += [_FAT] * tables
    table = b"".join(struct.pack("<I", entry) for entry in chains).ljust(tables * _SECTOR, b"\xff")
    places = [len(sectors) + at for at in range(tables)] + [_NONE] * (109 - tables)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, tables, first, 0, 4096, _END, 0, _END, 0) + struct.pack("<109I", *places)
    return header + b"".join(sectors) + table


def _add(entries: list[list[int | str | bytes]], parent: int, tree: Tree) -> None:
    before: int | None = None
    for name, content in tree.items():
        index = len(entries)
        entries.append([name, 2 if isinstance(content, bytes) else 1, _NONE, _NONE, b""])
        if before is None:
            entries[parent][3] = index
        else:
            entries[before][2] = index
        before = index
        if isinstance(content, bytes):
            entries[index][4] = content
        else:
            _add(entries, index, content)


def msg(properties: Mapping[str, str], attachments: Mapping[str, bytes]) -> bytes:
    """`properties` by the number that Outlook has for them."""
    tree: dict[str, bytes | Tree] = {"__properties_version1.0": b""}
    tree |= {f"__substg1.0_{number}001F": text.encode("utf-16-le") for number, text in properties.items()}
    for number, (name, content) in enumerate(attachments.items()):
        tree[f"__attach_version1.0_#{number:08X}"] = {
            "__substg1.0_37010102": content,
            "__substg1.0_3707001F": name.encode("utf-16-le"),
        }
    return ole(tree)
