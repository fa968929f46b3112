"""Text, HTML, Markdown."""

from tests.cases.case import Case

CASES = [
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
    Case("capitals.txt", "ООО РОМАШКА, СЧЕТ".encode("cp1251"), "- ﾀ\n- ﾌ"),
    Case("thai.txt", "ราคา".encode("cp874"), "+ ราคา"),
]
