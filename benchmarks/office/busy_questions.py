"""Questions as busy employees type them, written before the reader was asked any of them; the last ones were written
after the first mending, and asked once before the next."""

from benchmarks.office.questions import of

BUSY_QUESTIONS = [
    *of(
        "returns-policy.html",
        ("can i", "can i send cut flowers back", "cannot be returned"),
        ("story", "my fern arrived with broken leaves what do i do now", "photograph"),
    ),
    *of(
        "travel-policy.docx",
        ("need", "do i need approval for a 3000 euro trip", "head of department"),
        ("can i", "can i fly business to tokyo, its 11 hours", "more than six hours"),
        ("fragment", "hotel limit paris", "190"),
        ("story", "lost the receipt of a 12 euro taxi, do i get the money back", "up to EUR 15"),
    ),
    *of(
        "leave-policy.html",
        ("story", "im ill since monday, when do i need a doctors certificate", "fourth day"),
        ("typo", "how many days off for moveing house", ("Moving house", "1")),
        ("what if", "what happens to unused leave days at the end of the year", "31 March"),
    ),
    *of(
        "security-policy.pdf",
        ("what if", "what happens if i loose my laptop", "one hour"),
        ("fragment", "backups how long kept", "90 days"),
    ),
    *of(
        "lease-14-mill-lane.pdf",
        ("can i", "can i keep a dog in the flat at mill lane", "consent of the landlord"),
        ("two", "rent and deposit mill lane", ("1,150", "1,725")),
        ("two", "when does the lease at mill lane start and how long does it run?", ("1 May 2026", "twelve months")),
    ),
    *of(
        "stacker-manual.md",
        ("fragment", "ks 14 rated load and lift height", ("1,400 kg", "3,600 mm")),
        ("fragment", "error f07 stacker", "Charge the battery"),
        ("can i", "can a 17 year old drive the stacker", "18 years"),
    ),
    *of(
        "leaflet-nevorin.md",
        ("story", "forgot to take my nevorin this morning what now", "leave it out"),
        ("fragment", "nevorin and grapefruit juice ok", "Do not drink grapefruit juice"),
    ),
    *of(
        "service-agreement.docx",
        (
            "what if",
            "what happens if wrenfield misses the availability target three months running",
            "terminate at once",
        ),
        ("fragment", "wrenfield notice period", "ninety days"),
    ),
    *of(
        "insurance-schedule-halden.pdf",
        ("need", "are we covered for flood damage at halden", "excluded"),
        ("typo", "halden polcy number", "BI-7402-19"),
    ),
    *of(
        "board-minutes.docx",
        (
            "story",
            "Hi, we are on site at Brook Street and a tenant asked me this morning about the parking charge "
            "that was discussed last spring. I could not attend the meeting myself because of the train "
            "strike. Did the board agree to charge for parking?",
            "rejected a proposal to charge for parking",
        ),
        ("two", "who chairs the alder board and when do they meet next", ("Philippa Okoro", "19 May 2026")),
    ),
    *of(
        "equipment-lease-orbell.pdf",
        (
            "story",
            "Our excavator from Orbell came back two days late because the A40 was flooded, and it was dirty "
            "as well. What will they charge us per day for the delay?",
            "75.00",
        ),
    ),
    *of("pump-manual.md", ("fragment", "pump E2 meaning", "Impeller blocked")),
    *of(
        "",
        ("refusal", "can i bring my kids to the office"),
        ("refusal", "do i need a visa for china"),
        ("refusal", "what happens if i crash the company car"),
        ("refusal", "otter 300 pump price"),
        ("refusal", "nevorin and alcohol ok"),
        ("refusal", "guest wifi password"),
        ("refusal", "halden earthquake limit"),
        ("refusal", "whats the parking space number for the flat at mill lane"),
    ),
]

MORE_BUSY_QUESTIONS = [
    *of(
        "conditions-banque-merle.html",
        ("what if", "que se passe-t-il en cas de perte de la carte à la Banque du Merle", "appelez le 01 70 00 45 12"),
        ("two", "Combien coûte la Carte Horizon et quel est son plafond de retrait ?", ("129,00", "1 500")),
    ),
    *of(
        "mietvertrag-lindenweg.docx",
        (
            "story",
            "Wir ziehen im Juni in die Wohnung am Lindenweg ein und unsere Tochter wünscht sich seit Jahren "
            "ein Haustier. Bedarf die Haltung eines Hundes der Zustimmung?",
            "bedarf der Zustimmung der Vermieterin",
        ),
        (
            "two",
            "wann beginnt das mietverhältnis am lindenweg und wie hoch ist die kaution",
            ("15. Juni 2026", "2.535,00"),
        ),
    ),
    *of(
        "employment-contract.docx",
        (
            "condition",
            "Unter welchen Bedingungen ist bei Lindgrün eine Nebentätigkeit möglich?",
            "Zustimmung des Arbeitgebers",
        ),
    ),
    *of(
        "tender-winter-service.docx",
        (
            "condition",
            "Under what circumstances are offers for the winter service excluded?",
            "Offers by post or e-mail are excluded",
        ),
        (
            "two",
            "who is the contact for the winter service tender and when is the site visit",
            ("Leonie Baptiste", "20 May 2026"),
        ),
        (
            "story",
            "I work for a small contractor in Ashcombe and my boss is away until Monday. He left me a note "
            "about the paperwork for the winter service. How long do offers stay valid?",
            "90 days",
        ),
    ),
    *of(
        "stacker-manual.md",
        ("two", "ks 10 turning radius and travel speed", ("1,410 mm", "5.0 km/h")),
        ("condition", "Under which conditions must the battery of the Kestrel stacker not be charged?", "below 0 °C"),
        ("fragment", "stacker fault f12 what to do", "Move the tiller"),
    ),
    *of("heizung-anleitung.md", ("two", "Nordlicht 12 Gewicht und Füllmenge", ("146 kg", "1,3 kg"))),
    *of(
        "statement-of-work.docx",
        ("what if", "what happens if pixelforge is late", "0.5 %"),
        ("besides", "Who is on the Pixelforge team besides Orla Brennan?", ("Wei Zhang", "Mateus Rocha")),
    ),
    *of(
        "meeting.eml",
        (
            "story",
            "Sorry to bother you, I just came back from holiday and have three hundred unread mails. "
            "Somebody said that the move was postponed. When is the move to the warehouse in Venlo planned?",
            "22 June 2026",
        ),
    ),
    *of(
        "politica-teletrabajo.html",
        ("condition", "¿En qué condiciones se puede teletrabajar?", "seis meses de antigüedad"),
    ),
    *of(
        "",
        (
            "refusal",
            "We had water in the cellar again on Sunday and the plumber never came. My neighbour says that "
            "the landlord must pay. What is the plumber's phone number?",
        ),
        ("refusal", "who painted the flat at mill lane and when was it painted"),
        ("refusal", "what happens if the ashcombe grit runs out"),
        ("refusal", "otter 500 noise level and price"),
        ("refusal", "Under which conditions may Wrenfield sell the client's data?"),
    ),
]
