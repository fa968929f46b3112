"""Text, HTML, Markdown."""

from tests.cases.case import Case

MARKS = """# <a id="x"></a>**Mill** and `race` *rules* ##

| Crop | *Tons* |
|:-----|------:|
| **Rye**<br>of 2031 | 12 \\| 13 |
| 5\\*3 and 4\\*2 | __x__ &amp; y_z_a |

See ![the plan][p].

[p]: plan.png
"""
CASES = [
    Case(
        "inner-tables.md",
        b"1. weigh\n\n   | Kind | Tons |\n   |------|------|\n   | Rye | 5 |\n\n2. sign\n\n> Note\n>\n> | a | b |\n> |---|---|\n> | 1 | 2 |\n\nEnd.\n",
        "T Kind | Tons\nT Rye | 5\nT 1 | 2\n+ 1. weigh\n+ 2. sign\n+ > Note\nN 6",
    ),
    Case(
        "linked-headings.md",
        b"# The [mill](https://example.org/m 'Home') [![state](s.svg)](b)\n\n## [Rye][r] of `[0]`\n\n[r]: x.md\n",
        "H The mill state\nH Rye of [0]\n- H example",
    ),
    Case(
        "marks.md",
        MARKS.encode(),
        "H Mill and race rules\nT Crop | Tons\n+ Rye of 2031\nT 5*3 and 4*2 | x & y_z_a\n+ ![the plan](plan.png)",
    ),
    Case(
        "staff.csv",
        "Name;Stadt\nJürgen;Köln\nBjörn;Malmö\n".encode("cp1252"),
        """
T Jürgen | Köln
T Björn | Malmö
C Köln => Name | Stadt
""",
    ),
    Case("till.csv", "ｺｰﾄﾞ,ｼｮｳﾋﾝ,ｶｶｸ\n001,ﾘﾝｺﾞ,120\n".encode("cp932"), "T 001 | ﾘﾝｺﾞ | 120"),
    Case("till-two.csv", "ﾊﾟﾝ,120\nﾐﾙｸ,98\n".encode("cp932"), "T ﾊﾟﾝ | 120\nT ﾐﾙｸ | 98"),
    Case("mixed.txt", "東京都 ﾏﾝｼｮﾝ 101".encode("cp932"), "+ 東京都 ﾏﾝｼｮﾝ 101"),
    Case("declared.html", "<meta charset=iso-8859-1><p>Größe – „so“ für 5 €</p>".encode(), "+ Größe – „so“ für 5 €"),
    Case(
        "formulas.html",
        b"<p>so <math><msqrt><mi>x</mi></msqrt><mo>=</mo><msub><mi>y</mi><mn>12</mn></msub><math><mi>z</mi></math></math> holds,"
        b" and <math><semantics><mfrac><mi>a</mi><mi>b</mi></mfrac><annotation>frac</annotation></semantics></math>.",
        "+ so \u221ax = y_12 z holds, and a/b .\n- frac",
    ),
    Case(
        "declared-greek.html",
        "<meta charset=windows-1253><p>Οι όροι της σύμβασης</p>".encode("cp1253"),
        "+ Οι όροι της σύμβασης",
    ),
    Case(
        "beyond.rtf",
        rb"{\rtf1\ansi Rye \u-10179?\u-8704?\par\trowd\cellx1000 A \u-10179?\u-8704?\cell\row\trowd\cellx1000 B \u-10179?\cell\row}",
        "+ Rye 😀\nT A 😀\nT B",
    ),
    Case("capitals.txt", "ООО РОМАШКА, СЧЕТ".encode("cp1251"), "- ﾀ\n- ﾌ"),
    Case("thai.txt", "ราคา".encode("cp874"), "+ ราคา"),
]
