"""Questions about lists, counts, conditions and the order of steps, written before the reader was asked any."""

from benchmarks.office.questions import of

LISTS_QUESTIONS = [
    *of(
        "tender-winter-service.docx",
        ("count", "How many lots does the winter service tender have?", ("North", "Centre", "Cycle paths")),
        ("most", "Which of the lots of the winter service tender is the longest?", ("North", "88 km"), "72 km"),
        ("order", "What comes after the site visit in the tender timetable?", "29 May 2026"),
        ("order", "What is the last step of the tender timetable?", "10 July 2026"),
        ("count", "For how many lots may a bidder submit offers?", "at most two lots"),
    ),
    *of(
        "board-minutes.docx",
        (
            "besides",
            "Who besides Philippa Okoro was present at the board meeting of Alder?",
            ("David Mensah", "Jo Penrose"),
        ),
        ("count", "How many bids were received for the repairs contract of Alder?", "Three bids"),
    ),
    *of(
        "minutes.txt",
        ("besides", "Who was not at the project meeting on 5 May?", "Greta Holm"),
        (
            "list",
            "Name all actions of the project meeting on 5 May.",
            ("training material", "mends the export", "works council"),
        ),
    ),
    *of(
        "insurance-schedule-halden.pdf",
        ("condition", "Under which condition does Halden's insurance cover theft?", "forced entry"),
        (
            "which",
            "Which sections of Halden's insurance have an excess of GBP 250?",
            ("Machinery and contents", "Public liability"),
            "Buildings",
        ),
    ),
    *of(
        "equipment-lease-orbell.pdf",
        ("condition", "In which case does Orbell not pay for repairs?", "misuse"),
    ),
    *of(
        "service-agreement.docx",
        ("condition", "Is there any exception to the limit of Wrenfield's liability?", "death or personal injury"),
        (
            "condition",
            "What is not counted in the 99.5 % availability of the Wrenfield service?",
            "planned maintenance",
        ),
    ),
    *of(
        "pump-manual.md",
        (
            "order",
            "What is the second step of the installation of the Otter pump?",
            "Lower the pump by its handle",
            "Fasten the hose",
        ),
        ("order", "In what order is the Otter 300 installed?", ("Fasten the hose", "Lower the pump", "float switch")),
        ("order", "What must be done before any work on the Otter pump?", "Disconnect the pump"),
    ),
    *of(
        "leaflet-nevorin.md",
        (
            "list",
            "Which ingredients does a Nevorin tablet contain besides pralexin?",
            ("lactose", "maize starch", "magnesium stearate"),
        ),
    ),
    *of(
        "statement-of-work.docx",
        (
            "order",
            "Which milestones come before the launch of the ticketing website?",
            ("Design approved", "Beta version"),
        ),
        ("count", "How many people are on the Pixelforge team?", ("Orla Brennan", "Wei Zhang", "Mateus Rocha")),
        ("most", "Which role of Pixelforge has the lowest day rate?", ("Designer", "580"), "Orla Brennan"),
    ),
    *of(
        "leave-policy.html",
        ("most", "Which occasion gives the most days of special leave?", ("Death of a close relative", "4")),
    ),
    *of(
        "reiserichtlinie-quellwerk.html",
        (
            "german",
            "In welchem Fall darf bei der Quellwerk AG die erste Klasse gebucht werden?",
            "mehr als drei Stunden",
        ),
    ),
    *of(
        "mitarbeiterhandbuch.html",
        (
            "german",
            "Welche Zuschüsse gibt es bei Sonnfeld?",
            ("Deutschlandticket", "Kantine", "Fitnessstudio", "Kinderbetreuung"),
        ),
        ("german", "Welchen Zuschuss gibt es bei Sonnfeld erst nach der Probezeit?", "Fitnessstudio", "Kantine"),
    ),
    *of(
        "contrat-maintenance.docx",
        ("french", "Combien d'ascenseurs la société Boréal entretient-elle ?", "trois ascenseurs"),
    ),
    *of(
        "conditions-banque-merle.html",
        ("french", "Dans quel cas la cotisation de la Carte Essentielle est-elle réduite ?", "moins de 26 ans"),
    ),
    *of(
        "biblioteca-reglamento.docx",
        ("spanish", "¿En qué caso se puede renovar un préstamo en la biblioteca de Arvela?", "si nadie ha reservado"),
        ("spanish", "¿Qué no se presta en la biblioteca de Arvela?", "diccionarios"),
    ),
    *of(
        "",
        ("refusal", "How many employees does Wrenfield have?"),
        ("refusal", "Who besides Leonie Baptiste evaluates the offers for the winter service?"),
        ("refusal", "Which colours is the Otter 300 sold in?"),
        ("refusal", "Wie viele Überstunden sind bei Sonnfeld im Monat höchstens erlaubt?"),
        ("refusal", "¿Cuántos empleados tiene la biblioteca de Arvela?"),
        ("refusal", "Name all subcontractors of Pixelforge."),
        ("refusal", "Combien de cartes un client peut-il avoir à la Banque du Merle ?"),
        ("refusal", "Unless what happens may Lucas Ferreira end the lease early?"),
        ("refusal", "What is the fourth step of the installation of the Otter pump?"),
    ),
]
