"""Documents as people write them, with the class that is read and what a reader finds: invoices, contracts and reports.

A line with bars is a row of a table. `lines` counts the items of a list; None says that the document has no such value.
"""

from typing import Any

CASES: list[tuple[str, str, str, dict[str, Any]]] = []


def _case(name: str, source: str, text: str, **wanted: Any) -> None:
    CASES.append((name, source, text, wanted))


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
_case(
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
)
_case(
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
)
_case(
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
)
_case(
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
)
_CONTRACT = """class Contract(BaseModel):
    contract_number: str
    supplier: str
    customer: str
    start_date: date
    end_date: Optional[date] = None
    notice_period: Optional[str] = Field(None, description="Notice period")
    annual_fee: Optional[float] = Field(None, description="Annual fee")
    governing_law: Optional[str] = Field(None, description="Governing law")
"""
_case(
    "con_de",
    _CONTRACT,
    """DIENSTLEISTUNGSVERTRAG

Vertragsnummer: DV-2024/112

zwischen

Alpen IT Services AG, Bahnhofstrasse 3, 8001 Zürich (Auftragnehmer)

und

Käserei Huber GmbH, Dorfplatz 1, 87561 Oberstdorf (Auftraggeber)

Vertragsbeginn: 1. April 2024
Vertragsende: 31. März 2027
Kündigungsfrist: drei Monate zum Monatsende
Jahresgebühr: 24.800,00 EUR
Anwendbares Recht: Schweizer Recht
""",
    contract_number="DV-2024/112",
    start_date="2024-04-01",
    end_date="2027-03-31",
    notice_period="drei Monate zum Monatsende",
    annual_fee=24800,
    governing_law="Schweizer Recht",
)
_case(
    "con_fr",
    _CONTRACT,
    """CONTRAT DE MAINTENANCE

Numéro de contrat : CM-5521
Prestataire : Thermique Service SAS
Client : Clinique des Alpes
Date de début : 1er janvier 2025
Date de fin : 31 décembre 2027
Préavis : trois mois
Redevance annuelle : 18 450,00 EUR
Droit applicable : droit français
""",
    contract_number="CM-5521",
    supplier="Thermique Service SAS",
    customer="Clinique des Alpes",
    start_date="2025-01-01",
    end_date="2027-12-31",
    notice_period="trois mois",
    annual_fee=18450,
    governing_law="droit français",
)
_case(
    "con_es",
    _CONTRACT,
    """CONTRATO DE SERVICIOS

Número de contrato: CS-0099
Proveedor: Redes del Norte S.L.
Cliente: Universidad de Oviedo
Fecha de inicio: 1 de septiembre de 2024
Fecha de fin: 31 de agosto de 2026
Preaviso: 60 días
Cuota anual: 9.600,00 €
Ley aplicable: ley española
""",
    contract_number="CS-0099",
    supplier="Redes del Norte S.L.",
    customer="Universidad de Oviedo",
    start_date="2024-09-01",
    end_date="2026-08-31",
    notice_period="60 días",
    annual_fee=9600,
    governing_law="ley española",
)
_case(
    "con_en",
    _CONTRACT,
    """MASTER SERVICES AGREEMENT

Agreement No. MSA-3310

This Agreement is made on 15 May 2023 between Cedar Analytics Inc. ("Supplier") and Blue Ridge Hospitals ("Customer").

Effective date: June 1, 2023
Expiration date: May 31, 2026
Notice period: ninety (90) days
Annual fee: USD 120,000
Governing law: State of Delaware
""",
    contract_number="MSA-3310",
    start_date="2023-06-01",
    end_date="2026-05-31",
    notice_period="ninety (90) days",
    annual_fee=120000,
    governing_law="State of Delaware",
    supplier="Cedar Analytics Inc.",
    customer="Blue Ridge Hospitals",
)
_REPORT = """class Report(BaseModel):
    company: str
    fiscal_year: int
    revenue: float = Field(description="Revenue")
    net_income: float = Field(description="Net income")
    employees: int = Field(description="Number of employees")
    period_end: date = Field(description="End of the period")
"""
_case(
    "rep_de",
    _REPORT,
    """Waldquell Getränke AG
Geschäftsbericht 2023

Das Geschäftsjahr endete am 31. Dezember 2023. Zum Stichtag beschäftigte die Gesellschaft 1.284 Mitarbeiter.

(in Tausend EUR) | 2023 | 2022
Umsatzerlöse | 412.650 | 389.120
Jahresüberschuss | 23.410 | 19.875
""",
    company="Waldquell Getränke AG",
    revenue=412650000,
    net_income=23410000,
    employees=1284,
    period_end="2023-12-31",
)
_case(
    "rep_fr",
    _REPORT,
    """Groupe Sapinière SA
Rapport annuel 2023

Exercice clos le 31 décembre 2023

En milliers d'euros | 2023 | 2022
Chiffre d'affaires | 88 230 | 81 402
Résultat net | 5 127 | 4 866

Effectif : 642 salariés
""",
    company="Groupe Sapinière SA",
    revenue=88230000,
    net_income=5127000,
    employees=642,
    period_end="2023-12-31",
)
_case(
    "rep_es",
    _REPORT,
    """Aceites Sierra Sur S.A.
Informe anual 2023

Ejercicio terminado el 31 de diciembre de 2023

(en miles de euros) | 2023 | 2022
Ingresos | 54.310 | 51.207
Resultado neto | 2.845 | 2.210

Número de empleados: 318
""",
    company="Aceites Sierra Sur S.A.",
    revenue=54310000,
    net_income=2845000,
    employees=318,
    period_end="2023-12-31",
)
_case(
    "q_en",
    _REPORT,
    """FORM 10-Q

For the quarterly period ended March 30, 2024

HARROW INSTRUMENTS CORP
(Exact name of registrant as specified in its charter)

CONDENSED CONSOLIDATED STATEMENTS OF OPERATIONS
(In thousands, except per share amounts)
| | Three Months Ended | |
| | March 30, 2024 | April 1, 2023 |
| Revenue | $ 310,455 | $ 295,002 |
| Cost of revenue | 180,100 | 176,940 |
| Net income | $ 21,337 | $ (4,120) |
| Net income per share | $ 0.42 | $ (0.08) |

As of March 30, 2024, we had 2,310 employees.
""",
    company="HARROW INSTRUMENTS CORP",
    revenue=310455000,
    net_income=21337000,
    employees=2310,
    period_end="2024-03-30",
)
_case(
    "letter",
    """class Letter(BaseModel):
    sender_email: str
    phone: Optional[str] = None
    meeting_date: date
    amount: float = Field(description='amount of the offer')
    status: Literal['accepted', 'rejected', 'pending']
    website: Optional[HttpUrl] = None
""",
    """Dear Ms Ito,

The status of your application is pending. We offer an amount of CHF 12'500.50 for the repair.
Our meeting is on 4 October 2024 at noon. Write to kim.lee@shop.example or call +41 44 555 12 34.
See https://shop.example/repair for more.
""",
    sender_email="kim.lee@shop.example",
    phone="+41 44 555 12 34",
    meeting_date="2024-10-04",
    amount=12500.5,
    status="pending",
    website="https://shop.example/repair",
)


_LEASE = """class Lease(BaseModel):
    landlord: str
    tenant: str
    monthly_rent: float = Field(description="Monthly rent")
    deposit: Optional[float] = Field(None, description="Deposit")
    start_date: date
    notice_period: Optional[str] = None
    address: Optional[str] = Field(None, description="Address of the property")
    living_area: Optional[float] = Field(None, description="Living area in square metres")
"""
_case(
    "lease_de",
    _LEASE,
    """Mietvertrag über Wohnraum

Zwischen Frau Helga Brandt (Vermieterin) und Herrn Jonas Weiß (Mieter) wird folgender Mietvertrag geschlossen.

Mietbeginn: 01.07.2024
Anschrift: Lindenallee 5, 50667 Köln
Wohnfläche: 74,5 m²
Monatliche Miete: 1.150,00 EUR
Kaution: 3.450,00 EUR
Kündigungsfrist: 3 Monate
""",
    monthly_rent=1150,
    deposit=3450,
    start_date="2024-07-01",
    notice_period="3 Monate",
    address="Lindenallee 5, 50667 Köln",
    living_area=74.5,
)
_case(
    "lease_fr",
    _LEASE,
    """BAIL D'HABITATION

Bailleur : Mme Claire Fontaine
Locataire : M. Hugo Lambert
Adresse : 8 rue des Lilas, 69003 Lyon
Date de début : 15 octobre 2023
Loyer mensuel : 890 €
Caution : 890 €
Préavis : un mois
""",
    landlord="Mme Claire Fontaine",
    tenant="M. Hugo Lambert",
    address="8 rue des Lilas, 69003 Lyon",
    start_date="2023-10-15",
    monthly_rent=890,
    deposit=890,
    notice_period="un mois",
    living_area=None,
)
_case(
    "lease_en",
    _LEASE,
    """RESIDENTIAL LEASE AGREEMENT

This lease is made between Oakview Properties LLC (the "Landlord") and Maria Delgado (the "Tenant").

Commencement date: 03/15/2024
Monthly rent: $2,350.00
Security deposit: $4,700.00
""",
    landlord="Oakview Properties LLC",
    tenant="Maria Delgado",
    start_date="2024-03-15",
    monthly_rent=2350,
    deposit=4700,
    living_area=None,
)
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
_case(
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
)
_case(
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
)
_case(
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
)
_PAYSLIP = """class Payslip(BaseModel):
    employee_name: str = Field(description="Name of the employee")
    employer: str
    period: Optional[str] = None
    gross_salary: float = Field(description="Gross salary")
    net_salary: float = Field(description="Net salary")
    iban: Optional[str] = None
"""
_case(
    "pay_de",
    _PAYSLIP,
    """Gehaltsabrechnung

Arbeitgeber: Klinikum Nord gGmbH
Mitarbeiter: Anja Krüger
Zeitraum: März 2024
Bruttogehalt: 4.320,00 €
Nettogehalt: 2.741,35 €
IBAN: DE02 1203 0000 0000 2020 51
""",
    employer="Klinikum Nord gGmbH",
    employee_name="Anja Krüger",
    period="März 2024",
    gross_salary=4320,
    net_salary=2741.35,
    iban="DE02120300000000202051",
)
_case(
    "pay_es",
    _PAYSLIP,
    """NÓMINA

Empresa: Transportes Ebro S.A.
Trabajador: Luis Ortega Ramos
Periodo: abril 2024
Salario bruto: 2.310,00 €
Salario neto: 1.845,20 €
""",
    employee_name="Luis Ortega Ramos",
    gross_salary=2310,
    net_salary=1845.2,
    iban=None,
    period="abril 2024",
)
_CERTIFICATE = """class Certificate(BaseModel):
    certificate_number: str
    holder: str
    issued_on: date = Field(description="Date of issue")
    valid_until: date = Field(description="Valid until")
    standard: Literal["ISO 9001","ISO 14001","ISO 27001"]
    is_accredited: Optional[bool] = Field(None, description="Accredited")
"""
_case(
    "cert_en",
    _CERTIFICATE,
    """CERTIFICATE OF REGISTRATION

Certificate No.: QM-20411
Holder: Bergmann Precision AG
Standard: ISO 9001
Date of issue: 11 January 2023
Valid until: 10 January 2026
Accredited: yes
""",
    certificate_number="QM-20411",
    holder="Bergmann Precision AG",
    standard="ISO 9001",
    issued_on="2023-01-11",
    valid_until="2026-01-10",
    is_accredited=True,
)
_case(
    "cert_de",
    _CERTIFICATE,
    """ZERTIFIKAT

Zertifikatsnummer: 12 100 4455
Inhaber: Fischer Optik GmbH
Norm: ISO 14001
Ausgestellt am: 02.05.2023
Gültig bis: 01.05.2026
""",
    standard="ISO 14001",
    issued_on="2023-05-02",
    valid_until="2026-05-01",
    holder="Fischer Optik GmbH",
    certificate_number="12 100 4455",
    is_accredited=None,
)
_LOAN = """class Loan(BaseModel):
    borrower: str
    lender: str
    principal: float = Field(description="Principal amount")
    interest_rate: float = Field(description="Interest rate in percent")
    maturity_date: date = Field(description="Maturity date")
    guarantor: Optional[str] = None
    prepayment_fee: Optional[float] = Field(None, description="Prepayment fee")
"""
_case(
    "loan_en",
    _LOAN,
    """LOAN AGREEMENT

Borrower: Tidewater Foods Ltd
Lender: First Coastal Bank
Principal amount: GBP 750,000
Interest rate: 5.75% per annum
Maturity date: 30 June 2029
The lender received the application on 2 May 2024.
""",
    borrower="Tidewater Foods Ltd",
    lender="First Coastal Bank",
    principal=750000,
    interest_rate=5.75,
    maturity_date="2029-06-30",
    guarantor=None,
    prepayment_fee=None,
)
_case(
    "loan_de",
    _LOAN,
    """Darlehensvertrag

Darlehensnehmer: Hofgut Lindner KG
Darlehensgeber: Volksbank Musterstadt eG
Darlehensbetrag: 180.000,00 EUR
Zinssatz: 4,1 % p. a.
Laufzeitende: 31.12.2030
""",
    interest_rate=4.1,
    guarantor=None,
    prepayment_fee=None,
)
_case(
    "q10_en",
    """class Report(BaseModel):
    company: str
    period_end: date = Field(description="Last day of the period")
    revenue: float = Field(description="Total net revenue")
    operating_income: float = Field(description="Operating income")
    net_income: float = Field(description="Net income")
    diluted_eps: float = Field(description="Diluted earnings per share")
    cash: float = Field(description="Cash and cash equivalents")
    total_assets: float = Field(description="Total assets")
    shares_outstanding: int = Field(description="Shares of common stock outstanding")
""",
    """UNITED STATES SECURITIES AND EXCHANGE COMMISSION

FORM 10-Q

For the quarterly period ended September 28, 2024

Silverlake Robotics, Inc.

(Exact name of registrant as specified in its charter)

As of October 25, 2024, 48,113,902 shares of the registrant's common stock were outstanding.

CONDENSED CONSOLIDATED STATEMENTS OF OPERATIONS

(In millions, except per share amounts)

| Three Months Ended | | Nine Months Ended |
| September 28, 2024 | September 30, 2023 | September 28, 2024 | September 30, 2023
Total net revenue | $ 842 | $ 790 | $ 2,480 | $ 2,311
Cost of revenue | 501 | 480 | 1,490 | 1,402
Operating income | 121 | 98 | 342 | 301
Net income | $ 97 | $ 71 | $ 266 | $ 233
Diluted earnings per share | $ 2.01 | $ 1.47 | $ 5.51 | $ 4.80

CONDENSED CONSOLIDATED BALANCE SHEETS

(In millions)

| September 28, 2024 | December 31, 2023
Cash and cash equivalents | $ 411 | $ 388
Total assets | $ 3,902 | $ 3,744
""",
    company="Silverlake Robotics, Inc.",
    period_end="2024-09-28",
    revenue=842e6,
    operating_income=121e6,
    net_income=97e6,
    diluted_eps=2.01,
    cash=411e6,
    total_assets=3902e6,
    shares_outstanding=48113902,
)
_MINUTES = """class Minutes(BaseModel):
    meeting_date: date
    chair: str = Field(description="Chair of the meeting")
    participants: list[str]
    next_meeting: Optional[date] = Field(None, description="Date of the next meeting")
"""
_case(
    "min_en",
    _MINUTES,
    """Minutes of the board

Meeting date: 7 February 2025
Chair: Priya Nair
Participants: Tom Abel, Ruth Okafor, Ken Sato
Next meeting: 4 April 2025
""",
    meeting_date="2025-02-07",
    chair="Priya Nair",
    participants=["Tom Abel", "Ruth Okafor", "Ken Sato"],
    next_meeting="2025-04-04",
)
_case(
    "min_fr",
    _MINUTES,
    """Procès-verbal

Date de la réunion : 3 mars 2025
Présidence : Anne Morel
Participants : Luc Petit, Sara Benali
Prochaine réunion : 5 mai 2025
""",
    meeting_date="2025-03-03",
    participants=["Luc Petit", "Sara Benali"],
    next_meeting="2025-05-05",
)
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
_case(
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
)
_case(
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
)


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
_case(
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
)
_case(
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
)
_case(
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
)
_case(
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
)
_EMPLOYMENT = """class Employment(BaseModel):
    employer: str
    employee: str
    start_date: date
    position: str = Field(description="Job title")
    annual_salary: float = Field(description="Annual gross salary")
    weekly_hours: float = Field(description="Weekly working hours")
    vacation_days: int = Field(description="Vacation days per year")
    probation: Optional[str] = Field(None, description="Probation period")
"""
_case(
    "emp_de",
    _EMPLOYMENT,
    """Arbeitsvertrag

zwischen der Solarpark Heide GmbH (Arbeitgeberin) und Frau Lena Vogt (Arbeitnehmerin)

Beginn: 01.10.2024
Position: Projektleiterin
Jahresgehalt: 62.400,00 EUR brutto
Wöchentliche Arbeitszeit: 38,5 Stunden
Urlaubstage: 30
Probezeit: sechs Monate
""",
    start_date="2024-10-01",
    position="Projektleiterin",
    annual_salary=62400,
    weekly_hours=38.5,
    vacation_days=30,
    probation="sechs Monate",
)
_case(
    "emp_en",
    _EMPLOYMENT,
    """EMPLOYMENT AGREEMENT

Employer: Quayside Logistics Ltd
Employee: Samuel Reyes
Start date: 4 November 2024
Job title: Warehouse supervisor
Annual salary: £38,500
Weekly hours: 40
Vacation days: 25
Probation period: 3 months
""",
    employer="Quayside Logistics Ltd",
    employee="Samuel Reyes",
    start_date="2024-11-04",
    position="Warehouse supervisor",
    annual_salary=38500,
    weekly_hours=40,
    vacation_days=25,
    probation="3 months",
)
_case(
    "emp_es",
    _EMPLOYMENT,
    """CONTRATO DE TRABAJO

Empleador: Bodegas Alto Duero S.L.
Trabajador: Marta Ruiz
Fecha de inicio: 2 de diciembre de 2024
Puesto: Enóloga
Salario anual: 31.200,00 €
Horas semanales: 40
Días de vacaciones: 23
Período de prueba: dos meses
""",
    employer="Bodegas Alto Duero S.L.",
    employee="Marta Ruiz",
    start_date="2024-12-02",
    position="Enóloga",
    annual_salary=31200,
    weekly_hours=40,
    vacation_days=23,
    probation="dos meses",
)
_POLICY = """class Policy(BaseModel):
    policy_number: str
    insured: str
    insurer: str
    premium: float = Field(description="Annual premium")
    coverage: float = Field(description="Sum insured")
    valid_from: date
    valid_until: date
    deductible: Optional[float] = Field(None, description="Deductible")
"""
_case(
    "pol_en",
    _POLICY,
    """INSURANCE POLICY SCHEDULE

Policy No: HP-2210-77
Insurer: Northgate Mutual plc
Insured: Willow Farm Partnership
Sum insured: £1,250,000
Annual premium: £4,310.40
Valid from: 1 January 2025
Valid until: 31 December 2025
""",
    policy_number="HP-2210-77",
    insured="Willow Farm Partnership",
    insurer="Northgate Mutual plc",
    premium=4310.4,
    coverage=1250000,
    valid_from="2025-01-01",
    valid_until="2025-12-31",
    deductible=None,
)
_case(
    "pol_de",
    _POLICY,
    """Versicherungsschein

Versicherungsscheinnummer: VS 88-1200
Versicherer: Rheinland Sach AG
Versicherungsnehmer: Holzbau Krämer GmbH
Versicherungssumme: 500.000 EUR
Jahresprämie: 1.980,00 EUR
Gültig ab: 01.01.2025
Gültig bis: 31.12.2025
Selbstbeteiligung: 500 EUR
""",
    insurer="Rheinland Sach AG",
    insured="Holzbau Krämer GmbH",
    premium=1980,
    coverage=500000,
    valid_from="2025-01-01",
    valid_until="2025-12-31",
    deductible=500,
)
_QUARTER = """class Q(BaseModel):
    company: str
    period_end: date = Field(description="Last day of the quarter")
    revenue: float = Field(description="Net sales")
    gross_profit: float = Field(description="Gross profit")
    net_income: float = Field(description="Net loss or net income")
    rd: float = Field(description="Research and development expenses")
    inventories: float = Field(description="Inventories")
    long_term_debt: float = Field(description="Long-term debt")
"""
_case(
    "q_loss",
    _QUARTER,
    """FORM 10-Q

For the quarterly period ended June 30, 2024

Kestrel Biosciences, Inc.

(Exact name of registrant as specified in its charter)

CONDENSED CONSOLIDATED STATEMENTS OF OPERATIONS

(in thousands)

| Three Months Ended June 30, |
| 2024 | 2023
Net sales | $ 45,120 | $ 41,007
Cost of sales | 20,300 | 19,800
Gross profit | 24,820 | 21,207
Research and development | 31,440 | 28,900
Selling, general and administrative | 9,870 | 9,102
Net loss | $ (16,490) | $ (16,795)

CONDENSED CONSOLIDATED BALANCE SHEETS

(in thousands)

| June 30, 2024 | December 31, 2023
Inventories | 12,204 | 11,877
Long-term debt | 75,000 | 80,000
""",
    company="Kestrel Biosciences, Inc.",
    period_end="2024-06-30",
    revenue=45120e3,
    gross_profit=24820e3,
    net_income=-16490e3,
    rd=31440e3,
    inventories=12204e3,
    long_term_debt=75000e3,
)


_case(
    "q_officer",
    _REPORT,
    """FORM 10-Q

For the quarterly period ended March 30, 2024

HARROW INSTRUMENTS CORP

(Exact name of registrant as specified in its charter)

I, Dana Cole, President and Chief Executive Officer of Harrow Instruments Corp (the "Company"), certify this report.
""",
    company="HARROW INSTRUMENTS CORP",
    period_end="2024-03-30",
)
