"""Web pages, books, CSV and text that were once read wrongly."""

from tests.cases.case import Case
from tests.ingestion.containers import epub


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>".encode()


XHTML = """<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/>
<script src="a.js"/></head><body><h1>Weights</h1><p><a id="x"/>The sack holds fifty.</p><div class="rule"/><p>No more.</p></body></html>"""
LISTS = (
    "<ol start=3><li>weigh<ol type=a><li>empty<li>full</ol><li>write down<li value=9>sign</ol>"
    "<ul><li>a point</ul><ol reversed><li>second<li>first</ol>"
)
NESTED = (
    "<table><tr><td><table><tr><td>Rye</td><td>5</td></tr><tr><td>Oats</td><td>7</td></tr></table></td>"
    "<td>beside it</td></tr></table>"
)
FRAME = "<table width=100%><tr><td><h1>Notice</h1><p>The mill is shut.</p><p>Until Monday.</p></td></tr></table>"
LINKED = "<a href=x><h2>Linked heading</h2><p>Its words.</p></a><p>H<sub>2</sub>O <ruby>東京<rt>とうきょう</rt></ruby>へ<o:p></o:p></p>"

UNCLOSED = b"<h1>Open<p>One<p>Two<table><tr><td>a<td>b<tr><td>c<td>d</table><div>last"
MEDIA = "<style>@media print{.a{display:none}} @media screen and (x){.b{display:none}} .c{display:none}</style>"

HEADED = "<ol type=A><li><h1>Forms</h1><ol><li><h2>Entry</h2></ol><li><h1>Fees</h1></ol>"

LISTED = (
    "<ol><li>weigh<li><p>note it:</p><table><tr><th>Kind<th>Tons<tr><td>Rye<td>5</table><li><div>run<pre>a = 1\n  b</pre></div>"
    "<li>sign<ul><li>here</ul></ol>"
)
FOOT = "<table><tfoot><tr><td>Sum<td>5</tfoot><tr><td>Rye<td>5<thead><tr><th>Kind<th>Tons</table>"

FILLED = (
    '<form><label>Name <input value="Ada &amp; Bo"></label> <input type=hidden value=token><p>Age <input type=number value=42>'
    " years</p><input type=password value=secret><input type=submit value=Send></form>"
)

CASES = [
    Case("filled-form.html", page(FILLED), "+ Name Ada & Bo\n+ Age 42 years\n- token\n- secret"),
    Case("listed.html", page(LISTED), "+ 1. weigh 2. note it:\nT Kind | Tons\nT Rye | 5\n+ 3. run\nB a = 1\n+ 4. sign - here\nN 6"),
    Case("foot.html", page(FOOT), "+ Kind | Tons Rye | 5 Sum | 5"),
    Case("noted.html", page("<p>12<!-- -->,<!-- -->50 Kč, said A<!---->da</p>"), "+ 12,50 Kč, said Ada"),
    Case("notes-in-cells.tsv", b"Kind\tNote, in words, short\nRye\tone, two, three\n", "T Kind | Note, in words, short\nT Rye | one, two, three"),
    Case("decimal-commas.csv", b"Rye;1,5;12,5\nOats;2,5;13,5\n", "T Rye | 1,5 | 12,5"),
    Case("quoted-behind-spaces.csv", b'Name, Town\nBo, "Opava, Main Square"\n', "T Bo | Opava, Main Square"),
    Case("headed.html", page(HEADED), "H A. Forms\nH 1. Entry\nH B. Fees"),
    Case("unclosed.html", UNCLOSED, "H Open\n- H One\nT a | b\nT c | d\n+ last"),
    Case("media.html", page("<p class=a>one</p><p class=b>two</p><p class=c>three</p>", MEDIA), "+ one\n+ two\n- three"),
    Case("doctype.html", XHTML.replace('<?xml version="1.0" encoding="utf-8"?>', "<!DOCTYPE html PUBLIC 'x'>").encode(), "H Weights"),
    Case("closed.html", XHTML.encode(), "H Weights\n+ The sack holds fifty.\n+ No more."),
    Case(
        "closed.epub", lambda: epub({"a.xhtml": XHTML, "b.xhtml": XHTML.replace("Weights", "Prices")}),
        "H Weights\nH Prices\n@ chapter 2 => No more.",
    ),
    Case(
        "ordered.html", page(LISTS),
        "+ 3. weigh\n+ a. empty\n+ b. full\n+ 4. write down\n+ 9. sign\n+ - a point\n+ 2. second\n+ 1. first",
    ),
    Case("nested.html", page(NESTED), "T Rye | 5\nT Oats | 7\n+ beside it"),
    Case("frame.html", page(FRAME), "H Notice\n- H The mill\n+ The mill is shut. Until Monday."),
    Case("linked.html", page(LINKED), "H Linked heading\n- H Its words\n+ H2O 東京へ"),
    Case("shouted.html", page('<p>Seen</p><p style="DISPLAY : NONE !important">unseen</p>'), "+ Seen\n- unseen"),
    Case("formula.html", page("<p>So</p><math><mi>x</mi><mo>=</mo><mn>5</mn></math>"), "+ x = 5"),
    Case(
        "roots.html", page("<math><mroot><mi>x</mi><mn>3</mn></mroot><mo>=</mo><mroot><mi>y</mi><mi>n</mi></mroot></math>"),
        "+ ∛x = √(n&y)",
    ),
    Case("stated.csv", b"sep=;\r\nName;Town\r\nBo, junior;Zlin\r\n", "T Name | Town\nT Bo, junior | Zlin\n- sep="),
    Case("signs.txt", "100 ¥ / 5 ½ m²".encode("latin-1"), "+ 100 ¥ / 5 ½ m²"),
]  # fmt: skip
