"""Questions over four more documents, written after the reader was improved with the others, and asked once."""

from benchmarks.office.questions import of

LAST_QUESTIONS = [
    *of(
        "invoice-brightway.pdf",
        ("amount", "How much does Thornbury Library Trust still have to pay Brightway Catering?", "1,077.60", "1,477"),
        ("amount", "What is the VAT on invoice BC-26-0915?", "231.60"),
        ("date", "When did the event at Thornbury Library take place?", "11 September 2026", "15 September"),
        ("amount", "How many glasses were hired from Brightway?", "80"),
        ("percent", "What VAT rate applies to the fruit baskets?", "0 %", "20 %"),
        ("amount", "What does a broken glass cost?", "2.40"),
        ("name", "Who answers questions about the Brightway invoice?", "Samina Rowe"),
        ("refusal", "What is the bank account number of Brightway Catering?"),
    ),
    *of(
        "water-test-report.md",
        ("amount", "What is the limit for nitrate in the water test of Hollins Farm?", "50", "38"),
        ("amount", "How much iron was found in the water of Hollins Farm?", "0.31", "0.20"),
        ("name", "Who took the sample at Hollins Farm Cottages?", "Petra Lindqvist"),
        ("yes/no", "Is the iron in the water at Hollins Farm dangerous?", "no danger"),
        ("duration", "How long are samples kept by Averill Analytical?", "30 days"),
        ("difference", "By how much is the iron result above the limit at Hollins Farm?", "0.11"),
        ("follow-up", "And for lead?", "0.010", "50", "What is the limit for nitrate at Hollins Farm?"),
        ("refusal", "What is the result for uranium in the water of Hollins Farm?"),
    ),
    *of(
        "biblioteca-reglamento.docx",
        ("amount", "¿Cuántos libros se pueden llevar en préstamo de la biblioteca?", "6", "21"),
        ("duration", "¿Cuánto tiempo se pueden tener las películas?", "5 días", "21 días"),
        ("amount", "¿Cuánto cuesta el duplicado del carné?", "3,50", "12"),
        ("yes/no", "¿Se puede comer en las salas de estudio?", "No se permite"),
        ("name", "¿Quién dirige la biblioteca de Arvela?", "Inés Corrales"),
        ("follow-up", "¿Y de las revistas?", "7", "21", "¿Cuál es la duración del préstamo de los libros?"),
        ("english", "What is charged per day of delay at the library of Arvela?", "0,20"),
        ("refusal", "¿Cuánto cuesta imprimir una página en la biblioteca?"),
    ),
    *of(
        "angebot-druckerei.txt",
        ("amount", "Was kosten 1.000 Programmhefte bei der Druckerei Falk?", "845,00", "612,00"),
        ("date", "Bis wann gilt das Angebot der Druckerei Falk?", "15. Oktober 2026", "25. September"),
        ("percent", "Wie viel Skonto gibt die Druckerei Falk?", "2 %", "7 %"),
        ("duration", "Wie lang ist die Lieferzeit der Programmhefte?", "acht Werktage"),
        ("english", "How much is express shipping in the offer of Falk & Söhne?", "48"),
        ("refusal", "Was kosten 5.000 Programmhefte bei der Druckerei Falk?"),
    ),
]
