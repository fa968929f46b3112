"""Pictures, and documents with pictures in them."""

import io
from random import Random

import docx
import pptx
from docx.shared import Inches as DocxInches
from fpdf import FPDF
from PIL import Image, ImageDraw
from pptx.util import Inches

from tests.ingestion.containers import epub
from tests.ingestion.files import pdf_bytes


def picture(seed: int, size: tuple[int, int] = (240, 160), kind: str = "PNG") -> bytes:
    """A picture that no other seed gives."""
    random = Random(seed)
    image = Image.new("RGB", size, (random.randrange(200), random.randrange(200), random.randrange(200)))
    draw = ImageDraw.Draw(image)
    for _ in range(8):
        left, top = random.randrange(size[0] // 2), random.randrange(size[1] // 2)
        draw.rectangle((left, top, left + 40, top + 30), fill=(random.randrange(255), 255, random.randrange(255)))
    data = io.BytesIO()
    image.save(data, kind)
    return data.getvalue()


def pdf_with_pictures(seed: int = 0, name: str = "Steam") -> bytes:
    """Two pages: a figure with its caption below and a logo; the logo again and a figure that is captioned above."""
    pdf = FPDF(unit="pt")
    pdf.set_font("helvetica", size=11)
    logo = io.BytesIO(picture(seed + 1, (120, 120)))
    for number in (1, 2):
        pdf.add_page()
        pdf.image(logo, x=480, y=20, w=60)
        pdf.set_xy(50, 100)
        pdf.multi_cell(500, 14, f"Section {number}. The plant made more steam than in the year before. " * 4)
    pdf.page = 1
    pdf.image(io.BytesIO(picture(seed + 2)), x=100, y=250, w=240)
    pdf.set_xy(100, 420)
    pdf.cell(text=f"Figure 1: {name} by month, in tonnes.")
    pdf.page = 2
    pdf.set_xy(100, 230)
    pdf.cell(text="Fig. 2. Water by month.")
    pdf.image(io.BytesIO(picture(seed + 3)), x=100, y=250, w=240)
    return pdf_bytes(pdf)


def docx_with_pictures() -> bytes:
    document = docx.Document()
    document.add_heading("Boilers", 1)
    document.add_picture(io.BytesIO(picture(4)), width=DocxInches(3))
    document.add_paragraph("Figure 1: The boiler from the east.")
    document.add_picture(io.BytesIO(picture(5)), width=DocxInches(3))
    described = document.paragraphs[-1]._p.xpath(".//wp:docPr")[0]
    described.set("descr", "A valve")
    document.add_paragraph("Both were inspected.")
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def pptx_with_pictures() -> bytes:
    presentation = pptx.Presentation()
    for number in (6, 7):
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = f"Slide about picture {number}"
        slide.shapes.add_picture(io.BytesIO(picture(number)), Inches(1), Inches(2), Inches(3))
    data = io.BytesIO()
    presentation.save(data)
    return data.getvalue()


def epub_with_pictures() -> bytes:
    chapter = (
        "<html><body><h1>One</h1><p>Text of the chapter.</p><figure><img src='../images/a%20b.png' alt='x'/>"
        "<figcaption>The first engine.</figcaption></figure><img src='http://example.org/far.png'/>"
        "<img src='../../../outside.png'/></body></html>"
    )
    return epub({"one.xhtml": chapter}, more={"OEBPS/images/a b.png": picture(8)})
