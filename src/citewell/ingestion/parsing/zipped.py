"""Office files and e-books are archives: what they would unpack to is summed before one is opened."""

import zipfile
from pathlib import Path

from lxml import etree

from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits, too_large

_MAX_RATIO = 200
_SMALL = 20 * 1024 * 1024


def check_archive(path: Path, limits: ParseLimits) -> None:
    """Raises ParseFailed for a bomb, an encrypted or a damaged archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ParseFailed("damaged", DAMAGED) from error
    if any(member.flag_bits & 1 for member in members):
        raise ParseFailed("encrypted", "The file is encrypted: save it without its password and upload that.")
    unpacked = sum(member.file_size for member in members)
    packed = max(path.stat().st_size, 1)
    if len(members) > limits.max_zip_members or unpacked > limits.max_unzipped_bytes:
        raise too_large(f"{unpacked // 2**20:,} MiB in {len(members):,} parts when unpacked")
    if unpacked > _SMALL and unpacked / packed > _MAX_RATIO:
        raise too_large(f"parts that unpack to {unpacked / packed:,.0f} times their size, as no document does")


def read_xml(archive: zipfile.ZipFile, member: str) -> etree._Element:
    """A member as XML; entities stay unresolved, nothing is fetched. Raises ParseFailed if it is missing or broken."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(archive.read(member), parser)
    except (KeyError, zipfile.BadZipFile, etree.XMLSyntaxError, ValueError) as error:
        raise ParseFailed("damaged", DAMAGED) from error
