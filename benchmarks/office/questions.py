"""Questions over the office documents, as people ask them, with what a right answer holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """`holds` must all stand in the answer, `lacks` must not; the first citation is from `document` where one is named.
    Without `holds` the right answer is a refusal. `before` are the questions of the conversation."""

    text: str
    document: str = ""
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    kind: str = ""


Texts = str | tuple[str, ...]


def _of(document: str, *rows: tuple[Texts, ...]) -> list[Question]:
    """Rows of (kind, question, what the answer holds, what it lacks, the questions before it)."""
    made = []
    for row in rows:
        kind, text, holds, lacks, before = (_texts(value) for value in (*row, (), (), ())[:5])
        made.append(Question(text[0], document, holds, lacks, before, kind[0]))
    return made


def _texts(value: Texts) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


QUESTIONS = [
    *_of(
        "invoice-2041.pdf",
        ("amount", "What is the total of invoice INV-2041?", "420.00", "855.00"),
        ("amount", "How much is the VAT on invoice INV-2041?", "70.00"),
        ("date", "When was invoice INV-2041 issued?", "3 March 2026", "17 March"),
        ("name", "Who is invoice INV-2041 billed to?", "Marlow Printing", "Tamar"),
        ("amount", "What is the unit price of the ink set?", "50.00"),
        ("date", "What are the payment terms of invoice 2041?", "30 days net"),
    ),
    *_of(
        "invoice-2042.pdf",
        ("follow-up", "And of INV-2042?", "855.00", "420.00", "What is the total of invoice INV-2041?"),
        ("amount", "What is the total of invoice INV-2042?", "855.00", "420.00"),
        ("date", "When is invoice INV-2042 due?", "16 April 2026"),
        ("name", "Who is the contact person at Tamar Ceramics?", "Ines Duarte"),
        ("percent", "What discount did Tamar Ceramics get?", "45.00"),
        ("amount", "How many hours did the kiln inspection take?", "6", "570"),
        ("name", "Which purchase order does invoice INV-2042 belong to?", "PO-88-119"),
    ),
    *_of(
        "rechnung-7731.pdf",
        ("amount", "Wie hoch ist der Gesamtbetrag der Rechnung 7731?", "652,70"),
        ("date", "Bis wann ist die Rechnung 7731 zu zahlen?", "11.04.2026"),
        ("amount", "What is the total of invoice 7731?", "652,70"),
        ("amount", "Was kostet Dinkelmehl?", "24,00"),
        ("name", "Wer ist der Kunde der Rechnung 7731?", "Holm"),
    ),
    *_of(
        "purchase-order-5510.txt",
        ("amount", "What is the grand total of purchase order 5510?", "2,922.00"),
        ("name", "Who ordered the timber of order 5510?", "Priya Nair"),
        ("date", "When is order 5510 delivered?", "20 February 2026"),
        ("amount", "How many spruce beams were ordered?", "40"),
    ),
    *_of(
        "service-agreement.docx",
        ("amount", "What is the monthly fee in the service agreement with Wrenfield Systems?", "12,400"),
        ("date", "When does the service agreement start?", "1 January 2026"),
        ("date", "How long is the notice period for terminating the service agreement?", "ninety days"),
        ("amount", "To how much is the liability of each party limited?", "250,000"),
        ("percent", "What availability does the provider guarantee?", "99.5 %"),
        ("yes/no", "May the provider use subcontractors?", "prior written consent"),
        ("definition", "What does Confidential Information mean?", "marks as confidential"),
        ("name", "Who signed the service agreement for the provider?", "Tomasz Wolski"),
        ("amount", "What is the response time for critical incidents?", "30 minutes", "1 Business Day"),
        ("name", "Which law governs the service agreement?", "England and Wales"),
        ("spanish", "¿Cuál es la tarifa mensual del contrato de servicio?", "12,400"),
        ("german", "Wie lang ist die Kündigungsfrist des Service Agreement?", "ninety days"),
        ("refusal", "Does the service agreement say where data is hosted?"),
    ),
    *_of(
        "lease-14-mill-lane.pdf",
        ("amount", "How much is the monthly rent for 14 Mill Lane?", "1,150", "1,725"),
        ("amount", "What deposit does Lucas Ferreira pay?", "1,725"),
        ("name", "Who is the landlord of 14 Mill Lane?", "Adaeze Obi"),
        ("yes/no", "Are pets allowed in the flat?", "not allowed"),
        ("date", "When does the lease of Mill Lane begin?", "1 May 2026"),
        ("german", "Wie hoch ist die Miete für 14 Mill Lane?", "1,150"),
        ("refusal", "What is the council tax band of 14 Mill Lane?"),
    ),
    *_of(
        "pump-manual.md",
        ("amount", "What is the maximum flow of the Otter 500?", "18,500", "12,000"),
        ("comparison", "Compare the weight of the Otter 300 and the Otter 500.", ("6.4", "8.9")),
        ("definition", "What does fault code E2 mean?", "Impeller blocked"),
        ("date", "How often must the suction strainer be cleaned?", "every month"),
        ("date", "When must the shaft seal be replaced?", "2,000 hours"),
        ("yes/no", "Can I pump petrol with the Otter 300?", "flammable"),
        ("german", "Wie lang ist die Garantie der Pumpe Otter 300?", "24 months"),
        ("follow-up", "And of the Otter 500?", "8.9", (), "What is the weight of the Otter 300?"),
        ("refusal", "What is the noise level of the Otter 300 in decibels?"),
    ),
    *_of(
        "travel-policy.docx",
        ("amount", "What is the hotel limit in Paris?", "190"),
        ("amount", "How much is the meal allowance for a full day in France?", "36", "28"),
        ("follow-up", "And in Germany?", "28", "36", "How much is the meal allowance for a full day in France?"),
        ("yes/no", "Is alcohol refunded?", "not refunded"),
        ("date", "How long after a trip must receipts be handed in?", "30 days"),
        ("amount", "How much is paid per kilometre for private cars?", "0.30"),
        ("name", "Who approves trips of more than EUR 2,000?", "head of department"),
        ("spanish", "¿Cuánto es el límite de hotel en Londres?", "190"),
    ),
    *_of(
        "leave-policy.html",
        ("amount", "How many days of annual leave do full-time employees have?", "28"),
        ("amount", "How many days of special leave are there for moving house?", "1", "4"),
        ("date", "From which day is a doctor's certificate needed?", "fourth day"),
        ("percent", "At what percentage of the salary is parental leave paid?", "70 %"),
        ("german", "Wie viele Urlaubstage können ins nächste Jahr übertragen werden?", "five unused days"),
        ("list", "Which occasions give special leave?", ("wedding", "Birth", "Moving")),
    ),
    *_of(
        "security-policy.pdf",
        ("amount", "How many characters must a password have?", "14"),
        ("date", "How long are backups kept?", "90 days", "12 months"),
        ("yes/no", "Is multi-factor authentication mandatory?", "mandatory"),
        ("definition", "What is personal data?", "identified or identifiable"),
        ("list", "How is data classified?", "public, internal, confidential"),
        ("name", "Who reviews the security policy?", "Mareike Lund"),
        ("refusal", "Which antivirus software must be installed?"),
    ),
    *_of(
        "price-list.csv",
        ("amount", "What does the filter housing 80 mm cost?", "71.50", "48.00"),
        ("date", "What is the lead time of the HS-050?", "2 weeks", "4 weeks"),
    ),
    *_of(
        "meeting.eml",
        ("date", "When is the move to the warehouse in Venlo?", "22 June 2026"),
        ("amount", "How much does Van Dijk ask for the move?", "18,600"),
        ("name", "Who is responsible for the labels?", "Katarina"),
        ("amount", "How many pallets do the racks hold?", "1,400"),
    ),
    *_of(
        "minutes.txt",
        ("name", "Who chaired the project meeting on 5 May?", "Amara Diallo"),
        ("amount", "How much of the project budget has been spent?", "214,000"),
        ("reason", "Why was the rollout to Lyon postponed?", "export must be mended"),
        ("date", "Until when does Felix mend the export?", "15 May"),
        ("refusal", "What did the committee decide about the office in Madrid?"),
    ),
    *_of(
        "datasheet-lumen.pdf",
        ("amount", "What is the power consumption of the Lumen S2?", "62 W"),
        ("name", "What is the housing of the Lumen S2 made of?", "Die-cast aluminium"),
        ("name", "Which degree of protection does the Lumen S2 street light have?", "IP66"),
        ("spanish", "¿Cuál es la vida útil de la farola Lumen S2?", "100,000 hours"),
    ),
    *_of(
        "insurance-letter.pdf",
        ("amount", "What is the annual premium of Siobhan Kelleher's household insurance?", "148.20", "65,000"),
        ("yes/no", "Is damage by flood covered?", "not covered"),
        ("date", "Within how many days must a claim be reported?", "seven days"),
        ("name", "What is the policy number of the household insurance?", "HH-3390-17"),
        ("amount", "How much of each claim do I bear myself?", "250"),
        ("refusal", "What does the module Elements cost?"),
    ),
    *_of(
        "",
        ("refusal", "What is the total of invoice INV-2099?"),
        ("refusal", "What is the meal allowance for a full day in Spain?"),
        ("refusal", "What does the HS-100 cost?"),
        ("refusal", "What does fault code E9 mean?"),
        ("refusal", "What is the phone number of the landlord?"),
        ("refusal", "How heavy is the Otter 700?"),
        ("refusal", "What colour is the Lumen S2?"),
        ("refusal", "Wie hoch ist die Kaution für das Lager in Venlo?"),
        ("refusal", "Who is the chief executive of Marlow Printing?"),
        ("refusal", "How many days of special leave are there for a divorce?"),
        ("refusal", "When does the warranty of the kiln burner end?"),
        ("refusal", "What is the interest rate of the company loan?"),
    ),
    *_of(
        "booking-confirmation.pdf",
        ("name", "What is the confirmation number of the hotel booking?", "AB-77341"),
        ("date", "When is check-in at Hotel Alpenblick?", "4 July 2026"),
        ("amount", "How much does a night at the Hotel Alpenblick cost?", "189"),
        ("amount", "How much is parking at the hotel?", "18"),
        ("date", "Until when can the booking be cancelled free of charge?", "27 June 2026"),
        ("amount", "Wie hoch ist die Kurtaxe im Hotel Alpenblick?", "4.50"),
    ),
    *_of(
        "payslip-march.pdf",
        ("amount", "Wie hoch ist der Auszahlungsbetrag von Jonas Weber?", "2.931,84"),
        ("amount", "What is the gross pay of Jonas Weber?", "4.622,50"),
        ("name", "Welche Personalnummer hat Jonas Weber?", "20417"),
        ("amount", "Wie viel Lohnsteuer wurde abgezogen?", "702,16"),
        ("date", "Wann ist Jonas Weber eingetreten?", "01.09.2021"),
    ),
    *_of(
        "lab-report.docx",
        ("amount", "What is the ferritin of Ewa Kowalczyk?", "18"),
        ("name", "Which reference range has vitamin D?", "30 - 100"),
        ("name", "Who requested the laboratory report?", "Hannah Stein"),
        ("date", "When was the sample taken?", "11 May 2026"),
        ("yes/no", "Are the leukocytes above the reference range?", "above"),
    ),
    *_of(
        "router-manual.md",
        ("amount", "What is the maximum throughput of the Pinecone R4?", "940"),
        ("definition", "What does a red Internet LED mean?", "no connection"),
        ("definition", "How do I reset the router?", "ten seconds"),
        ("name", "Which wireless standard does the router support?", "Wi-Fi 6"),
        ("spanish", "¿A qué hora se actualiza el firmware?", "3 a.m."),
    ),
    *_of(
        "employment-contract.docx",
        ("amount", "Wie lange dauert die Probezeit von Aylin Demir?", "sechs Monate"),
        ("amount", "How many days of vacation does Aylin Demir have?", "30"),
        ("amount", "What is the monthly salary in the employment contract of Aylin Demir?", "3.480"),
        ("yes/no", "Darf Aylin Demir eine Nebentätigkeit ausüben?", "Zustimmung"),
    ),
    *_of(
        "fleet.csv",
        ("name", "Who drives the Renault Zoe?", "Paul Adeyemi"),
        ("amount", "What is the mileage of the VW Caddy?", "41,870"),
        ("date", "When is the next inspection of HH-LG 210?", "2026-09"),
    ),
    *_of(
        "",
        ("refusal", "What is the mileage of the Opel Corsa?"),
        ("refusal", "What is the cholesterol of Ewa Kowalczyk?"),
        ("refusal", "What is the price of the Pinecone R4?"),
        ("refusal", "Welche Steuernummer hat Jonas Weber?"),
        ("refusal", "How many guests does the conference room of the hotel hold?"),
        ("refusal", "Who is the landlord of Aylin Demir?"),
    ),
    *_of(
        "foerderbescheid.docx",
        ("amount", "Wie hoch ist die Zuwendung an den Verein Hafenklang?", "36.800"),
        ("date", "Bis wann muss der Verwendungsnachweis vorgelegt werden?", "31. März 2027"),
        ("amount", "Wie viel Geld ist für Material vorgesehen?", "5.400", "9.600"),
        ("date", "Wann endet der Bewilligungszeitraum?", "31. Dezember 2026"),
        ("name", "Welches Aktenzeichen hat der Zuwendungsbescheid?", "KU-2026-0417"),
        ("yes/no", "Dürfen Ausgaben für Bewirtung abgerechnet werden?", "nicht zuwendungsfähig"),
        ("amount", "How much is the first instalment of the Hafenklang grant?", "20.000"),
        ("refusal", "Wie hoch sind die Zinsen bei verspäteter Rückzahlung der Zuwendung?"),
    ),
    *_of(
        "acta-comunidad.txt",
        ("amount", "¿A cuánto ascendieron los gastos de 2025 de la comunidad?", "23.460"),
        ("name", "¿Qué empresa repara el ascensor?", "Elevadores Ebro"),
        ("date", "¿Cuándo es la próxima junta de propietarios?", "14 de septiembre"),
        ("amount", "¿Cuánto es la cuota mensual a partir de abril?", "68"),
        ("reason", "¿Por qué sube la cuota mensual?", "electricidad"),
        ("yes/no", "¿Se pueden guardar bicicletas en el portal?", "No se permite"),
        ("name", "Who presided over the owners' meeting in Calle Olmo?", "Marta Ibáñez"),
        ("refusal", "¿Cuánto cuesta pintar la fachada?"),
    ),
    *_of(
        "caigou-hetong.docx",
        ("amount", "采购合同的总金额是多少？", "413,000"),
        ("name", "合同的卖方是谁？", "苏州恒远机械有限公司"),
        ("date", "乙方什么时候交货？", "5月30日"),
        ("amount", "数控车床的单价是多少？", "186,000"),
        ("date", "设备的质保期有多久？", "二十四个月"),
        ("name", "运费由谁承担？", "乙方承担"),
        ("refusal", "合同规定的保密期限是多久？"),
    ),
    *_of(
        "kaoqin-zhidu.md",
        ("amount", "婚假有几天？", "三天"),
        ("amount", "工龄满十年的员工有多少天年休假？", "10"),
        ("name", "加班须经谁批准？", "部门经理"),
        ("yes/no", "员工可以远程办公吗？", "两天远程办公"),
        ("refusal", "公司提供住房补贴吗？"),
    ),
    *_of(
        "water-bill.pdf",
        ("amount", "How much does Mrs Blythe have to pay for water?", "240.70"),
        ("date", "By when must the water bill be paid?", "13 May 2026"),
        ("amount", "What was the present meter reading?", "1,268", "1,204"),
        ("amount", "What is the standing charge on the water bill?", "16.38"),
        ("name", "What is the account number of the water bill?", "60-4471-882"),
        ("date", "When is the amount collected by direct debit?", "6 May 2026"),
        ("amount", "How much water was used?", "64"),
        ("refusal", "What is the water hardness in Porthlow?"),
    ),
    *_of(
        "manual-cafetera.md",
        ("amount", "¿Qué potencia tiene la Brisa 40?", "1.200 W", "850 W"),
        ("definition", "¿Qué significa la luz roja intermitente?", "Cal en el circuito"),
        ("date", "¿Cada cuánto hay que descalcificar la cafetera?", "tres meses"),
        ("amount", "How heavy is the Brisa 20 coffee maker?", "2,9 kg", "3,7"),
        ("date", "¿Cuántos meses de garantía tiene la cafetera?", "36 meses"),
        ("refusal", "¿De qué color es la cafetera Brisa 20?"),
    ),
    *_of(
        "board-minutes.docx",
        ("name", "Who won the repairs contract of Alder Housing?", "Harwell Maintenance"),
        ("percent", "By how much do the rents of Alder Housing rise?", "2.7 %"),
        ("amount", "What was the rental income in the third quarter?", "1.94 million"),
        ("reason", "Why is Brook Street delayed?", "asbestos"),
        ("name", "Who declared an interest in the repairs contract?", "Imran Sheikh"),
        ("date", "When is the next board meeting of Alder Housing?", "19 May 2026"),
        ("refusal", "How much will the homes at Brook Street cost?"),
    ),
    *_of(
        "heizung-anleitung.md",
        ("amount", "Wie laut ist die Nordlicht 12?", "53 dB", "49"),
        ("definition", "Was bedeutet der Störungscode F23?", "Druck zu hoch"),
        ("amount", "Wie viele Jahre Garantie gibt es auf den Verdichter?", "zehn Jahre"),
        ("date", "Wie oft muss der Luftfilter gereinigt werden?", "sechs Monate"),
        ("amount", "Auf welche Temperatur wird das Warmwasser erwärmt?", "50 °C"),
        ("follow-up", "Und die Nordlicht 8?", "118 kg", "146", "Wie schwer ist die Nordlicht 12?"),
        ("refusal", "Was kostet die Nordlicht 8?"),
    ),
    *_of(
        "model-stock.csv",
        ("amount", "What is the price of the walnut schooner?", "282.48"),
        ("name", "walnut schooner", "282.48"),
        ("name", "Which supplier delivers the larch hourglass?", "Moreau"),
        ("amount", "How many teak sextant cases are in stock?", "45"),
        ("name", "Where is MM-2729 stored?", "E-30"),
        ("german", "Was kostet der cherry brig?", "214.00"),
        ("refusal", "What is the price of the walnut submarine?"),
        ("refusal", "mahogany schooner"),
    ),
    *_of(
        "",
        ("refusal", "What does fault code F77 of the Nordlicht mean?"),
        ("refusal", "Who is the treasurer of Alder Housing Association?"),
        ("refusal", "¿Cuál es el teléfono de Elevadores Ebro?"),
        ("refusal", "What is the email address of Philippa Okoro?"),
        ("refusal", "Wie viele Mitglieder hat der Verein Hafenklang?"),
        ("refusal", "What was the water usage of Mrs Blythe in 2024?"),
    ),
]
