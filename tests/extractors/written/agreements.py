"""Contracts, leases, loans, terms of employment and policies, with the class that is read and what a reader finds."""

from tests.extractors.written.case import Case, case

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

_LOAN = """class Loan(BaseModel):
    borrower: str
    lender: str
    principal: float = Field(description="Principal amount")
    interest_rate: float = Field(description="Interest rate in percent")
    maturity_date: date = Field(description="Maturity date")
    guarantor: Optional[str] = None
    prepayment_fee: Optional[float] = Field(None, description="Prepayment fee")
"""

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

CASES: list[Case] = [
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
    case(
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
    ),
]
