"""Invoices, orders and reminders of payment, with the class that is read and what a reader finds."""

from tests.extractors.written.case import Case, case

_INVOICE = """class Line(BaseModel):
    description: str
    quantity: float
    unit_price: float
    amount: float
class Invoice(BaseModel):
    invoice_number: str
    invoice_date: date
    due_date: Optional[date] = None
    supplier: str
    customer: str
    customer_number: Optional[str] = None
    order_number: Optional[str] = None
    net_amount: float
    tax_rate: Optional[float] = Field(None, description="VAT rate in percent")
    tax_amount: Optional[float] = Field(None, description="VAT amount")
    total_amount: float
    currency: Optional[str] = None
    iban: Optional[str] = None
    email: Optional[str] = None
    lines: list[Line] = []
"""

_ORDER = """class Item(BaseModel):
    article_number: str
    description: str
    quantity: int
    unit_price: float
class PurchaseOrder(BaseModel):
    order_number: str
    order_date: date
    supplier: Optional[str] = None
    delivery_date: Optional[date] = None
    payment_terms: Optional[str] = None
    total: float
    items: list[Item] = []
"""

_REMINDER = """class Invoice(BaseModel):
    invoice_number: str
    invoice_date: date
    due_date: Optional[date] = None
    total_amount: float
    tax_amount: Optional[float] = Field(None, description="VAT amount")
    discount: Optional[float] = Field(None, description="Discount")
    iban: Optional[str] = None
    order_number: Optional[str] = None
"""

_BILL = """class Invoice(BaseModel):
    invoice_number: str
    invoice_date: date
    due_date: Optional[date] = None
    total_amount: float
    net_amount: Optional[float] = None
    tax_amount: Optional[float] = Field(None, description="VAT amount")
    tax_rate: Optional[float] = Field(None, description="VAT rate in percent")
    discount: Optional[float] = Field(None, description="Discount")
    supplier: Optional[str] = None
    customer: Optional[str] = None
    order_number: Optional[str] = None
"""

CASES: list[Case] = [
    case(
        "inv_de",
        _INVOICE,
        """Nordlicht Werkzeuge GmbH
Hafenstraße 12, 24103 Kiel

RECHNUNG

Rechnungsnr.: 2025-00417
Rechnungsdatum: 03.02.2025
Kundennummer: K-20881
Ihre Bestellnummer: 4500098123
Zahlbar bis: 05.03.2025
Kunde: Bäckerei Sørensen KG

Pos. | Bezeichnung | Menge | Einzelpreis | Betrag
1 | Bohrmaschine BX-200 | 2 | 149,90 € | 299,80 €
2 | Schraubensatz | 10 | 7,25 € | 72,50 €

Nettobetrag | 372,30 €
MwSt. 19 % | 70,74 €
Gesamtbetrag | 443,04 €

IBAN: DE89 3704 0044 0532 0130 00
E-Mail: buchhaltung@nordlicht-werkzeuge.de
""",
        invoice_number="2025-00417",
        invoice_date="2025-02-03",
        due_date="2025-03-05",
        customer="Bäckerei Sørensen KG",
        customer_number="K-20881",
        order_number="4500098123",
        net_amount=372.3,
        tax_rate=19,
        tax_amount=70.74,
        total_amount=443.04,
        iban="DE89370400440532013000",
        email="buchhaltung@nordlicht-werkzeuge.de",
        supplier="Nordlicht Werkzeuge GmbH",
        nlines=2,
    ),
    case(
        "inv_fr",
        _INVOICE,
        """FACTURE N° F-2024-889

Fournisseur : Atelier Lumière SARL
Client : Mairie de Grenoble
Date de facture : 17 mars 2024
Date d'échéance : 16 avril 2024
Numéro de commande : BC-7781

| Désignation | Quantité | Prix unitaire | Montant |
| Lampadaire LED | 12 | 310,00 € | 3 720,00 € |
| Pose | 12 | 45,50 € | 546,00 € |

Total HT | 4 266,00 €
TVA 20 % | 853,20 €
Total TTC | 5 119,20 €

IBAN : FR14 2004 1010 0505 0001 3M02 606
""",
        invoice_number="F-2024-889",
        invoice_date="2024-03-17",
        due_date="2024-04-16",
        supplier="Atelier Lumière SARL",
        customer="Mairie de Grenoble",
        order_number="BC-7781",
        net_amount=4266,
        tax_rate=20,
        tax_amount=853.2,
        total_amount=5119.2,
        iban="FR1420041010050500013M02606",
        nlines=2,
    ),
    case(
        "inv_es",
        _INVOICE,
        """FACTURA

Número de factura: A/2023/1045
Fecha de factura: 5 de noviembre de 2023
Fecha de vencimiento: 5 de diciembre de 2023
Proveedor: Suministros Levante S.L.
Cliente: Hotel Mirador S.A.

Descripción | Cantidad | Precio | Importe
Toallas blancas | 200 | 4,35 | 870,00
Sábanas | 80 | 12,90 | 1.032,00

Base imponible: 1.902,00 €
IVA (21 %): 399,42 €
Importe total: 2.301,42 €
Correo electrónico: facturas@levante.example
""",
        invoice_number="A/2023/1045",
        invoice_date="2023-11-05",
        due_date="2023-12-05",
        supplier="Suministros Levante S.L.",
        customer="Hotel Mirador S.A.",
        net_amount=1902,
        tax_amount=399.42,
        tax_rate=21,
        total_amount=2301.42,
        email="facturas@levante.example",
        nlines=2,
    ),
    case(
        "inv_en",
        _INVOICE,
        """Bright Harbor Ltd
INVOICE

Invoice #        BH-10233
Invoice Date     12/31/2024
Due Date         01/30/2025
Bill To          Corner Cafe LLC
PO Number        88231

| Description | Qty | Unit Price | Amount |
| Coffee beans, 5 kg | 6 | $84.00 | $504.00 |
| Filter papers | 3 | $12.50 | $37.50 |

Subtotal: $541.50
Sales tax (8.25%): $44.67
Total due: $586.17
Questions? billing@brightharbor.example
""",
        invoice_date="2024-12-31",
        due_date="2025-01-30",
        email="billing@brightharbor.example",
        nlines=2,
        total_amount=586.17,
    ),
    case(
        "po_de",
        _ORDER,
        """BESTELLUNG Nr. 4500012345

Lieferant: Stahlwerk Brenner GmbH & Co. KG
Bestelldatum: 12.11.2024
Liefertermin: 20.12.2024
Zahlungsbedingungen: 30 Tage netto

Artikelnummer | Bezeichnung | Menge | Einzelpreis | Gesamt
ST-100 | Stahlblech 3 mm | 40 | 58,00 | 2.320,00
ST-220 | Winkelprofil | 15 | 22,40 | 336,00

Gesamtsumme: 2.656,00 EUR
""",
        order_number="4500012345",
        order_date="2024-11-12",
        delivery_date="2024-12-20",
        total=2656,
        supplier="Stahlwerk Brenner GmbH & Co. KG",
        payment_terms="30 Tage netto",
    ),
    case(
        "po_it",
        _ORDER,
        """ORDINE DI ACQUISTO

Numero ordine: OA-2024-77
Data ordine: 9 maggio 2024
Fornitore: Meccanica Rossi S.r.l.
Data di consegna: 30 maggio 2024
Pagamento: bonifico 60 giorni

Totale: 1.480,50 €
""",
        order_number="OA-2024-77",
        order_date="2024-05-09",
        supplier="Meccanica Rossi S.r.l.",
        delivery_date="2024-05-30",
        total=1480.5,
    ),
    case(
        "po_en",
        _ORDER,
        """Purchase Order

PO Number: PO-55621
Order date: 2 September 2024
Vendor: Delta Paper Co
Ship by: 9 September 2024
Payment terms: Net 45

| Item no. | Description | Qty | Unit price |
| A-1 | Printer paper A4 | 120 | $4.10 |
| A-9 | Envelopes C5 | 60 | $2.95 |

Grand total: $669.00
""",
        order_number="PO-55621",
        order_date="2024-09-02",
        supplier="Delta Paper Co",
        payment_terms="Net 45",
        total=669,
    ),
    case(
        "neg_1",
        _REMINDER,
        """Reminder

We refer to our invoice of 4 March. Please contact us at your earliest convenience about order 7781.
Your account manager is Ms Lee. Tax advice is not part of this letter; 19 % of customers pay late.
""",
        invoice_number=None,
        total_amount=None,
        tax_amount=None,
        discount=None,
        iban=None,
        invoice_date=None,
        due_date=None,
    ),
    case(
        "neg_2",
        _REMINDER,
        """Invoice number: 90-221
Invoice date: 9 June 2024
Total amount: 310.00 EUR

Phone: 0800 123 456
Room: 12
""",
        invoice_number="90-221",
        invoice_date="2024-06-09",
        due_date=None,
        total_amount=310,
        tax_amount=None,
        discount=None,
        iban=None,
        order_number=None,
    ),
    case(
        "two_col",
        _BILL,
        """Invoice

Invoice number: | INV-0099 | Invoice date: | 14 May 2024
Order number: | SO-771 | Due date: | 13 June 2024
Customer: | Parkside Clinic | Supplier: | MedSupply Ltd

Net amount | 1,000.00
VAT (20%) | 200.00
Total amount | 1,200.00
""",
        invoice_number="INV-0099",
        invoice_date="2024-05-14",
        order_number="SO-771",
        due_date="2024-06-13",
        customer="Parkside Clinic",
        supplier="MedSupply Ltd",
        net_amount=1000,
        tax_amount=200,
        tax_rate=20,
        total_amount=1200,
        discount=None,
    ),
    case(
        "below",
        _BILL,
        """Rechnung

Rechnungsnummer

2024-778

Rechnungsdatum

02.09.2024

Nettobetrag: 840,00 EUR
zzgl. 19 % MwSt.: 159,60 EUR
Rabatt: 40,00 EUR
Rechnungsbetrag: 999,60 EUR
""",
        invoice_number="2024-778",
        invoice_date="2024-09-02",
        net_amount=840,
        discount=40,
        total_amount=999.6,
        tax_rate=19,
        tax_amount=159.6,
    ),
    case(
        "decoy",
        _BILL,
        """Credit note

Credit note number: CN-55
Refers to invoice number: INV-0012
Date of credit note: 3 March 2024
Previous total: 500.00 EUR
Our bank account: DE89370400440532013000
Amount credited: 120.00 EUR
""",
        due_date=None,
        tax_amount=None,
        discount=None,
        order_number=None,
        customer=None,
    ),
    case(
        "mixed_fr",
        _BILL,
        """FACTURE

Facture numéro 2024/0456 du 22/11/2024

Émetteur : Boulangerie Martin SARL
Destinataire : Restaurant Le Phare

Montant HT : 1 250,00 €
TVA (5,5 %) : 68,75 €
Montant TTC : 1 318,75 €
À payer avant le 22/12/2024
""",
        net_amount=1250,
        tax_amount=68.75,
        tax_rate=5.5,
        total_amount=1318.75,
        invoice_number="2024/0456",
        invoice_date="2024-11-22",
        due_date="2024-12-22",
    ),
]
