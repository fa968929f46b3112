"""Reports, minutes, payslips, certificates and letters, with the class that is read and what a reader finds."""

from tests.extractors.written.case import Case, case

_REPORT = """class Report(BaseModel):
    company: str
    fiscal_year: int
    revenue: float = Field(description="Revenue")
    net_income: float = Field(description="Net income")
    employees: int = Field(description="Number of employees")
    period_end: date = Field(description="End of the period")
"""

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

_MINUTES = """class Minutes(BaseModel):
    meeting_date: date
    chair: str = Field(description="Chair of the meeting")
    participants: list[str]
    next_meeting: Optional[date] = Field(None, description="Date of the next meeting")
"""

_PAYSLIP = """class Payslip(BaseModel):
    employee_name: str = Field(description="Name of the employee")
    employer: str
    period: Optional[str] = None
    gross_salary: float = Field(description="Gross salary")
    net_salary: float = Field(description="Net salary")
    iban: Optional[str] = None
"""

_CERTIFICATE = """class Certificate(BaseModel):
    certificate_number: str
    holder: str
    issued_on: date = Field(description="Date of issue")
    valid_until: date = Field(description="Valid until")
    standard: Literal["ISO 9001","ISO 14001","ISO 27001"]
    is_accredited: Optional[bool] = Field(None, description="Accredited")
"""

CASES: list[Case] = [
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
]
