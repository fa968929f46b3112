"""What a document names is not fetched: not by a parser, and not by a program that a parser starts."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from citewell.ingestion.parsing import ParseFailed, parse
from citewell.ingestion.parsing.isolation import Isolation, available
from tests.ingestion.office import convert

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are cut off on Linux alone")
needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")

_TRY = """
import ctypes, socket, sys
from citewell.ingestion.parsing import isolation
assert {cut}
socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
except OSError:
    print("refused")
"""
_NAMES = 'xmlns:{0}="urn:oasis:names:tc:opendocument:xmlns:{1}:1.0"'
_XMLNS = " ".join(
    [_NAMES.format(name, name if name != "svg" else "svg-compatible") for name in ("office", "text", "table", "svg")]
    + [_NAMES.format("draw", "drawing"), 'xmlns:xlink="http://www.w3.org/1999/xlink"']
)
_PICTURE = (
    '<draw:frame draw:name="p" svg:width="2cm" svg:height="2cm"{place}>'
    '<draw:image xlink:href="{address}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame>'
)
_BODIES = {
    "doc": ("text", "<text:p>Words of the document {picture}</text:p>"),
    "xls": (
        "spreadsheet",
        '<table:table table:name="S"><table:shapes>{picture}</table:shapes><table:table-row>'
        '<table:table-cell office:value-type="string"><text:p>Words of the document</text:p></table:table-cell>'
        "</table:table-row></table:table>",
    ),
    "ppt": (
        "presentation",
        '<draw:page draw:name="one"><draw:frame svg:width="9cm" svg:height="2cm"><draw:text-box>'
        "<text:p>Words of the document</text:p></draw:text-box></draw:frame>{picture}</draw:page>",
    ),
}
_RTF = (
    r"{{\rtf1\ansi\pard Words of the document {{\field{{\*\fldinst INCLUDEPICTURE \"{address}\" \\d}}"
    r"{{\fldrslt}}}}\par}}"
)


class Listener:
    """A web server on this machine that notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        noted = self.asked

        class Handler(BaseHTTPRequestHandler):
            def _note(self) -> None:
                noted.append(f"{self.command} {self.path}")
                self.send_response(404)
                self.end_headers()

            do_GET = do_HEAD = do_OPTIONS = do_PROPFIND = _note

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


def made(folder: Path, kind: str, address: str) -> Path:
    """A file of an old format with a picture that is somewhere else."""
    if kind == "rtf":
        target = folder / "linked.rtf"
        target.write_text(_RTF.format(address=address))
        return target
    name, body = _BODIES[kind]
    place = ' svg:x="1cm" svg:y="3cm"' if kind == "ppt" else ' text:anchor-type="as-char"' if kind == "doc" else ""
    content = body.format(picture=_PICTURE.format(address=address, place=place))
    source = folder / f"linked.f{'odt' if kind == 'doc' else 'ods' if kind == 'xls' else 'odp'}"
    source.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_XMLNS} office:version="1.3"'
        f' office:mimetype="application/vnd.oasis.opendocument.{name}">'
        f"<office:body><office:{name}>{content}</office:{name}></office:body></office:document>"
    )
    return convert(source, kind)


@needs_linux
@pytest.mark.parametrize(
    "cut",
    ["isolation.cut_off() != 'none'", "isolation._refuse_sockets(ctypes.CDLL(None, use_errno=True))"],
    ids=["as this system allows", "by the filter"],
)
def test_a_process_that_is_cut_off_reaches_nobody(cut: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        command = [sys.executable, "-c", _TRY.format(cut=cut), port]
        tried = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert tried.stdout.strip() == "refused"


@needs_linux
@pytest.mark.skipif(os.geteuid() != 0, reason="root may always have a namespace")
def test_what_is_in_force_is_known() -> None:
    assert available() in (Isolation.NAMESPACE, Isolation.FILTER)


@needs_linux
@needs_libreoffice
@pytest.mark.parametrize("kind", ["doc", "xls", "ppt", "rtf"])
async def test_pictures_elsewhere_are_not_fetched(tmp_path: Path, listener: Listener, kind: str) -> None:
    path = made(tmp_path, kind, f"http://127.0.0.1:{listener.port}/picture.png")
    listener.asked.clear()
    try:
        parsed = await parse(path, kind)
    except ParseFailed as failed:
        pytest.fail(f"{failed.code}: {failed.message}")
    assert "Words of the document" in parsed.text
    assert listener.asked == []
