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


def with_formula() -> bytes:
    body = (
        f'<text:p>Energy is <draw:frame><draw:object {LINK} xlink:href="./Formula-0"/></draw:frame>, said Ada.</text:p>'
    )
    math = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mrow><mi>E</mi><mo>=</mo><mfrac><mrow><mi>m</mi><mo>+</mo>'
        "<mn>1</mn></mrow><msup><mi>c</mi><mn>2</mn></msup></mfrac></mrow><annotation>E = {m+1} over c^2</annotation></semantics></math>"
    )
    return odf("text", body, more={"Formula-0/content.xml": math.encode()})


VALUES = (
    '<table:table table:name="T"><table:table-row><table:table-cell office:value-type="string" office:string-value="Rye"/>'
    '<table:table-cell office:value-type="percentage" office:value="0.5"/><table:table-cell office:value-type="date" '
    'office:date-value="2031-05-01"/><table:table-cell office:value-type="float" office:value="7"/><table:table-cell '
    'office:value-type="float" office:value="99"><text:p/></table:table-cell></table:table-row></table:table>'
)

LOEXT = 'xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"'
# As LibreOffice writes: styles of its own for each paragraph, headings in lists whose numbers a pattern tells.
OWN_STYLES = (
    '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
    '<style:style style:name="T1" style:family="text"><style:text-properties text:display="none"/></style:style>'
    f'<text:list-style style:name="L"><text:list-level-style-number {LOEXT} text:level="1" style:num-format="A" '
    'loext:num-list-format="Appendix %1%"/><text:list-level-style-number text:level="2" style:num-format="1" '
    f'{LOEXT} loext:num-list-format="%1%.%2%"/></text:list-style>'
)
OWN = (
    '<text:p text:style-name="P1">Charter</text:p><text:list text:style-name="L"><text:list-item><text:h text:outline-level="1">'
    'Forms</text:h><text:list><text:list-item><text:h text:outline-level="2">Entry \uf0fc</text:h></text:list-item></text:list>'
    '</text:list-item></text:list><text:p>Seen<text:span text:style-name="T1"> and hidden</text:span>, said.</text:p>'
    '<table:table><table:table-row><table:table-cell><text:list text:style-name="L"><text:list-item><text:p>tug</text:p>'
    "</text:list-item></text:list></table:table-cell><table:table-cell><text:p>5</text:p></table:table-cell></table:table-row>"
    '</table:table><text:p>Due<text:note text:note-class="footnote"><text:note-body><text:p>One.</text:p></text:note-body>'
    '</text:note><text:note text:note-class="endnote"><text:note-body><text:p>End.</text:p></text:note-body></text:note>.</text:p>'
)
ON_CELLS = (
    '<table:table table:name="T"><table:table-row/><table:table-row><table:table-cell table:number-columns-repeated="2"/>'
    "<table:table-cell><office:annotation><text:p>Ask Bo</text:p></office:annotation><text:p>Rye</text:p></table:table-cell>"
    "<table:table-cell><draw:custom-shape><text:p>In a box</text:p></draw:custom-shape></table:table-cell></table:table-row>"
    "</table:table>"
)


def _row(*cells: str) -> str:
    return (
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{one}</text:p></table:table-cell>" for one in cells)
        + "</table:table-row>"
    )


NAMED = (
    f'<table:table table:name="My list">{_row("Prices of the mill")}{_row("Rye", "5")}{_row("Oats", "4")}{_row("Kind", "Tons")}{_row("Peas", "7")}</table:table>'
    '<table:named-expressions><table:named-range table:name="Harvest" table:cell-range-address="$\'My list\'.$A$4:.$B$5"/></table:named-expressions>'
    '<table:database-ranges><table:database-range table:name="Rates" table:target-range-address="\'My list\'.A2:\'My list\'.B3" table:contains-header="false"/>'
    '<table:database-range table:name="__Anonymous_Sheet_DB__0" table:target-range-address="\'My list\'.A1:\'My list\'.B5"/></table:database-ranges>'
)  # fmt: skip
BOXED = (
    '<text:p>Before<draw:frame><draw:text-box><text:p>Boxed<text:note text:note-class="footnote"><text:note-body><text:p>Once.</text:p>'
    "</text:note-body></text:note></text:p></draw:text-box></draw:frame></text:p>"
)

# Blank cells over two rows beside one with words.
TALL = (
    "<table:table><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell>"
    + '<table:table-cell table:number-rows-spanned="2"/>' * 12
    + "</table:table-row><table:table-row><table:table-cell><text:p>B</text:p></table:table-cell></table:table-row>"
    '<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>C</text:p></table:table-cell>'
    "<table:table-cell><text:p>c</text:p></table:table-cell></table:table-row><table:table-row><table:covered-table-cell/>"
    "<table:table-cell><text:p>d</text:p></table:table-cell></table:table-row></table:table>"
)

CASES = [
    Case("tall.odt", odf("text", TALL), "T C | c\nT C | d"),
    Case("named.ods", lambda: odf("spreadsheet", NAMED), "+ Table Rates\n+ Table Harvest\nC Oats => Rye | 5\nC Peas => Kind | Tons\n- Anonymous\n@ 'My list'!A2:B3 => Table Rates"),
    Case("boxed.odt", lambda: odf("text", BOXED), "+ Footnote 1: Once.\n- Footnote 2\nN 3"),
    Case("own-styles.odt", lambda: odf("text", OWN, styles=OWN_STYLES), "H Charter\nH Appendix A Forms\nH A.1 Entry ✓\n+ Seen, said.\nT Appendix A tug | 5\n+ Footnote 1: One.\n+ Endnote 1: End."),
    Case("on-cells.ods", lambda: odf("spreadsheet", ON_CELLS), "@ T!C2 => Comment on C2: Ask Bo\n@ T!D2 => In a box\n- Rye | In a box"),
    Case("values.ods", lambda: odf("spreadsheet", VALUES), "+ Rye | 50% | 2031-05-01 | 7\n- 99"),
    Case("paged.odt", lambda: odf("text", PAGED, styles=BREAKS), "P 1 One.\nP 2 Two.\nP 2 Still two.\nP 3 Three"),
    Case("noted.odt", lambda: odf("text", NOTED, styles=BREAKS), "P 1 One.\nP 1 From one\nP 3 Three."),
    Case("hidden.odt", lambda: odf("text", HIDDEN), "+ Shown.\n- Not shown."),
    Case("headings.odt", lambda: odf("text", HEADINGS, styles=NUMBERED), "H 1. Scope\nH Preface\nH 2. Price\n- 2. Preface"),
    Case("formula.odt", with_formula, "+ Energy is E = (m+1)/(c^2), said Ada.\n- over"),
    Case("charted.ods", charted, "+ Rye\n+ Yield by land"),
]  # fmt: skip
