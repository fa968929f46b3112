"""OpenDocument files that were once read wrongly."""

import io
import zipfile

from tests.cases.case import Case
from tests.ingestion.containers import odf
from tests.ingestion.files import archive

FO = 'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
LINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
CHART = "urn:oasis:names:tc:opendocument:xmlns:chart:1.0"
BREAKS = (
    f'<style:style style:name="New" style:family="paragraph"><style:paragraph-properties {FO} fo:break-before="page"/>'
    '</style:style><style:style style:name="Own" style:parent-style-name="New"/>'
)
PAGED = (
    '<text:p text:style-name="New">One.</text:p><text:p text:style-name="New">Two.</text:p><text:p>Still two.</text:p>'
    '<text:h text:outline-level="1" text:style-name="Own">Three</text:h>'
)
NOTED = '<text:p>One.</text:p><text:p>From one<text:soft-page-break/> to two.</text:p><text:p text:style-name="New">Three.</text:p>'
HIDDEN = '<text:section text:name="a"><text:p>Shown.</text:p></text:section><text:section text:name="b" text:display="none"><text:p>Not shown.</text:p></text:section>'
NUMBERED = (
    '<text:outline-style><text:outline-level-style text:level="1" style:num-format="1" style:num-suffix="."/></text:outline-style>'
    '<style:style style:name="Plain" style:list-style-name=""/>'
)
HEADINGS = '<text:h text:outline-level="1">Scope</text:h><text:h text:outline-level="1" text:style-name="Plain">Preface</text:h><text:h text:outline-level="1">Price</text:h>'
SHEET = (
    '<table:table table:name="T"><table:table-row><table:table-cell><text:p>Rye</text:p></table:table-cell><table:table-cell>'
    f'<draw:frame><draw:object {LINK} xlink:href="./Object 1"/></draw:frame></table:table-cell></table:table-row></table:table>'
)


def charted() -> bytes:
    with zipfile.ZipFile(io.BytesIO(odf("spreadsheet", SHEET))) as file:
        members = {name: file.read(name) for name in file.namelist()}
        root = members["content.xml"].partition(b"><office:body>")[0]
    title = f'<c:chart xmlns:c="{CHART}"><c:title><text:p>Yield by land</text:p></c:title></c:chart>'
    return archive(members | {"Object 1/content.xml": root + f">{title}</office:document-content>".encode()})


VALUES = (
    '<table:table table:name="T"><table:table-row><table:table-cell office:value-type="string" office:string-value="Rye"/>'
    '<table:table-cell office:value-type="percentage" office:value="0.5"/><table:table-cell office:value-type="date" '
    'office:date-value="2031-05-01"/><table:table-cell office:value-type="float" office:value="7"/><table:table-cell '
    'office:value-type="float" office:value="99"><text:p/></table:table-cell></table:table-row></table:table>'
)

CASES = [
    Case("values.ods", lambda: odf("spreadsheet", VALUES), "+ Rye | 50% | 2031-05-01 | 7\n- 99"),
    Case("paged.odt", lambda: odf("text", PAGED, styles=BREAKS), "P 1 One.\nP 2 Two.\nP 2 Still two.\nP 3 Three"),
    Case("noted.odt", lambda: odf("text", NOTED, styles=BREAKS), "P 1 One.\nP 1 From one\nP 3 Three."),
    Case("hidden.odt", lambda: odf("text", HIDDEN), "+ Shown.\n- Not shown."),
    Case("headings.odt", lambda: odf("text", HEADINGS, styles=NUMBERED), "H 1. Scope\nH Preface\nH 2. Price\n- 2. Preface"),
    Case("charted.ods", charted, "+ Rye\n+ Yield by land"),
]  # fmt: skip
