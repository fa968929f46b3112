"""Old formats of Office, by way of LibreOffice: it makes new ones of them, which their own parsers read."""

import tempfile
from pathlib import Path

from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.parsing import programs
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits
from citewell.ingestion.parsing.registry import parser_of

_DAMAGED = "LibreOffice can't read the file: open it in its program, save it as {kind} without password."
_MISSING = "This is an old format, for which the server needs LibreOffice: save the file as {kind}, or install it."

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings">
<prop oor:name="ooInetProxyType" oor:op="fuse"><value>1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings">
<prop oor:name="ooInetHTTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings">
<prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings">
<prop oor:name="ooInetHTTPSProxyName" oor:op="fuse"><value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings">
<prop oor:name="ooInetHTTPSProxyPort" oor:op="fuse"><value>9</value></prop></item>
{more}</oor:items>
"""
_RECALCULATE = """<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
"""


def parse_doc(path: Path, limits: ParseLimits) -> ParsedDocument:
    return _converted(path, "docx", limits)


def parse_xls(path: Path, limits: ParseLimits) -> ParsedDocument:
    return _converted(path, "xlsx", limits)


def parse_ppt(path: Path, limits: ParseLimits) -> ParsedDocument:
    return _converted(path, "pptx", limits)


def _converted(path: Path, kind: str, limits: ParseLimits) -> ParsedDocument:
    return parser_of(kind)(converted_file(path, kind), limits)


def converted_file(path: Path, kind: str, *, recalculate: bool = False) -> Path:
    """Converts a file with LibreOffice to DOCX, XLSX or PPTX and returns the path; `recalculate` computes all
    formulas anew.

    Raises ParseFailed, also where LibreOffice is not installed.
    """
    command = programs.libreoffice()
    if command is None:
        raise ParseFailed("no_converter", _MISSING.format(kind=kind.upper()))
    folder = Path(tempfile.mkdtemp(prefix="converted-", dir=Path.cwd()))
    options = [
        "--headless",
        "--norestore",
        "--nolockcheck",
        f"-env:UserInstallation={_profile(folder, recalculate=recalculate).as_uri()}",
    ]
    programs.run(
        [command, *options, "--convert-to", kind, "--outdir", str(folder), str(path)],
        more_memory=True,
    )
    made = next(iter(folder.glob(f"*.{kind}")), None)
    if made is None:
        raise ParseFailed("damaged", _DAMAGED.format(kind=kind.upper()))
    return made


def _profile(within: Path, *, recalculate: bool) -> Path:
    """A profile for this run alone, as LibreOffice runs only once in each; in it no macro runs, no link is fetched."""
    folder = within / "profile"
    (folder / "user").mkdir(parents=True)
    settings = _SETTINGS.format(more=_RECALCULATE if recalculate else "")
    (folder / "user" / "registrymodifications.xcu").write_text(settings)
    return folder
