"""Calendar files (ICS): invitations and appointments as lines that people read. Source: RFC 5545."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import read_text

_SHOWN = {
    "DTSTART": "Begins", "DTEND": "Ends", "DUE": "Due", "RRULE": "Repeats", "LOCATION": "Location",
    "ORGANIZER": "Organiser", "ATTENDEE": "Attendee", "STATUS": "Status", "DESCRIPTION": "", "COMMENT": "Comment",
}  # fmt: skip
_ENTRIES = ("VEVENT", "VTODO", "VJOURNAL")
_ESCAPED = re.compile(r"\\([nN,;\\])")
_NAME = re.compile(r'CN=(?:"([^"]*)"|([^;:]*))', re.IGNORECASE)
_ZONE = re.compile(r'TZID=(?:"([^"]*)"|([^;:]*))', re.IGNORECASE)
_MOMENT = re.compile(r"(\d{8})(?:T(\d{6}))?(Z?)$")


def parse_ics(path: Path, limits: ParseLimits) -> ParsedDocument:
    builder = Builder()
    add_calendar(builder, read_text(path, limits))
    return builder.document()


def add_calendar(builder: Builder, text: str) -> None:
    """A heading with its lines for each appointment."""
    entry: list[tuple[str, str, str]] | None = None
    within: list[str] = []
    for name, parameters, value in _lines(text):
        if name == "BEGIN":
            within.append(value.upper())
            if within[-1] in _ENTRIES:
                entry = []
        elif name == "END":
            if entry is not None and within and within[-1] in _ENTRIES:
                _add_entry(builder, entry)
                entry = None
            del within[-1:]
        elif entry is not None and within and within[-1] in _ENTRIES:
            entry.append((name, parameters, value))


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, parameters and value of each line; long ones are folded, which a blank at the start of a line says."""
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        head, colon, value = _split(line)
        if colon:
            name, _, parameters = head.partition(";")
            yield name.strip().upper(), parameters, value


def _split(line: str) -> tuple[str, bool, str]:
    """Splits a line at the first colon outside quotation marks."""
    quoted = False
    for place, char in enumerate(line):
        quoted ^= char == '"'
        if char == ":" and not quoted:
            return line[:place], True, line[place + 1 :]
    return line, False, ""


def _add_entry(builder: Builder, entry: list[tuple[str, str, str]]) -> None:
    title = next((value for name, _, value in entry if name == "SUMMARY"), "")
    builder.add("section_heading" if builder.blocks else "title", _plain(title) or "Appointment", level=1)
    lines = []
    for name, parameters, value in entry:
        if name in _SHOWN:
            shown = _shown(name, parameters, value)
            lines.append(f"{_SHOWN[name]}: {shown}" if _SHOWN[name] else shown)
    builder.add("text", "\n".join(line for line in lines if line.strip()))


def _shown(name: str, parameters: str, value: str) -> str:
    if name in ("ORGANIZER", "ATTENDEE"):
        address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        found = _NAME.search(parameters)
        called = (found.group(1) or found.group(2) or "").strip() if found else ""
        return f"{called} <{address}>" if called and called != address else address
    if name in ("DTSTART", "DTEND", "DUE"):
        return _moment(parameters, value)
    return _plain(value)


def _moment(parameters: str, value: str) -> str:
    found = _MOMENT.match(value.strip())
    if found is None:
        return value
    try:
        day = datetime.strptime(found.group(1), "%Y%m%d").date().isoformat()
    except ValueError:
        return value
    time = found.group(2)
    zone = _ZONE.search(parameters)
    named = "UTC" if found.group(3) else (zone.group(1) or zone.group(2) or "") if zone else ""
    return " ".join(part for part in (day, f"{time[:2]}:{time[2:4]}" if time else "", named if time else "") if part)


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found.group(1) in "nN" else found.group(1), value).strip()
