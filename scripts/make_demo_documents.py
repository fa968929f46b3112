"""Make the PDF and the DOCX among the demo documents. Their texts are here; run this after changing them.

python scripts/make_demo_documents.py
"""

from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from fpdf import FPDF

FOLDER = Path(__file__).parent.parent / "src" / "citewell" / "demo" / "documents"
WHEN = datetime(2026, 11, 1, tzinfo=UTC)  # fixed, so that the files do not differ from run to run

MANUAL = [
    (
        "Kestrel K2 field manual",
        None,
        [
            "The Kestrel K2 measures air temperature, relative humidity and fine dust (PM2.5) and sends its readings by "
            "radio every ten minutes. This manual is for the people who mount and maintain it.",
        ],
    ),
    (
        "Mounting",
        None,
        [
            "Mount the sensor between 2.5 and 4 metres above the ground, on the north side of a mast or wall. Keep at "
            "least one metre of free space on all sides: air that stands still gives dust readings that are too low.",
            "Tighten the two clamp bolts with 6 Nm. Do not use thread lock; it attacks the housing.",
        ],
    ),
    (
        "Battery",
        "break",
        [
            "The K2 runs on one lithium thionyl chloride cell of 19 Ah. A sensor may stay in the field for 26 months "
            "before its battery must be replaced. Below minus 25 degrees Celsius that time falls to 17 months.",
            "The battery warning is sent when the cell is down to 12 percent of its charge, about eleven weeks before the "
            "sensor falls silent. Replace the cell within that time; readings that were not sent are kept for 40 days.",
        ],
    ),
    (
        "Calibration",
        None,
        [
            "The humidity element drifts by at most 1.5 percent a year. Calibrate it every 24 months against a salt "
            "solution (75.3 percent at 25 degrees Celsius). The dust channel is calibrated at the factory only.",
        ],
    ),
]

MINUTES = [
    ("Kestrel product council: minutes of 14 October 2026", 0, []),
    (
        "Decisions",
        1,
        [
            "The council agreed to end sales of the Kestrel K1 on 31 January 2027. Spare parts stay available until the "
            "end of 2031.",
            "The list price of the K2 rises from 310 EUR to 335 EUR on 1 January 2027. Orders that arrive before that day "
            "are delivered at the old price.",
        ],
    ),
    (
        "Open points",
        1,
        [
            "Field trial of the K3 in Kiruna: twelve prototypes run since August, two have failed because of condensation "
            "in the connector. Ingrid Solheim reports the cause at the next meeting.",
        ],
    ),
]
PLAN = [
    ("Step", "Owner", "Due"),
    ("K1 last order notice", "Jonas Berg", "2026-11-20"),
    ("K3 connector report", "Ingrid Solheim", "2026-12-09"),
]


def make_pdf(target: Path) -> None:
    pdf = FPDF(format="A4")
    pdf.set_creation_date(WHEN)
    pdf.set_margin(22)
    pdf.set_title(MANUAL[0][0])
    pdf.add_page()
    for number, (heading, pause, paragraphs) in enumerate(MANUAL):
        if pause:
            pdf.add_page()
        pdf.set_font("Helvetica", "B", 20 if number == 0 else 14)
        pdf.multi_cell(0, 10, heading, new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("Helvetica", size=11)
        for paragraph in paragraphs:
            pdf.multi_cell(0, 6, paragraph, new_x="LMARGIN", new_y="NEXT")
            pdf.ln(3)
    pdf.output(str(target))


def make_docx(target: Path) -> None:
    document = Document()
    document.core_properties.created = document.core_properties.modified = WHEN.replace(tzinfo=None)
    for heading, level, paragraphs in MINUTES:
        document.add_heading(heading, level)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    table = document.add_table(rows=0, cols=len(PLAN[0]))
    for row in PLAN:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.save(str(target))


if __name__ == "__main__":
    make_pdf(FOLDER / "kestrel-k2-field-manual.pdf")
    make_docx(FOLDER / "kestrel-product-council.docx")
