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
]
