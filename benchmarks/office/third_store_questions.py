"""Questions over three more documents of a team, written and asked after all mending with the first two sets."""

from benchmarks.office.questions import of

THIRD_STORE_QUESTIONS = [
    *of(
        "fee-schedule-lindale.pdf",
        ("amount", "How much is a scale and polish for an adult at Lindale?", "62.00", "30.00"),
        ("follow-up", "And for a child?", "30.00", "62.00", "How much is a scale and polish for an adult at Lindale?"),
        ("amount", "What happens if I cancel an appointment at Lindale Dental too late?", "35"),
        ("difference", "How much more does a white filling cost for an adult than for a child?", "40"),
        ("yes/no", "Is it possible to pay in instalments at the dentist's?", "six monthly instalments"),
        ("duration", "How long does a filling last?", "seven and ten years"),
        ("difference", "By how many percentage points did the rise of the fees at Lindale fall?", "2"),
        ("name", "Who manages the Lindale practice?", "Bronwen Castell"),
        ("german", "Was kostet eine Krone in der Zahnarztpraxis Lindale?", "690.00"),
        ("refusal", "How much is a root canal treatment at Lindale?"),
        ("refusal", "Who owns the Lindale practice?"),
    ),
    *of(
        "gewerbemietvertrag-hafenstrasse.docx",
        ("amount", "Wie hoch ist die Grundmiete für den Lagerraum in der Hafenstraße 14?", "216,00", "2.414"),
        ("amount", "Wie groß ist der Keller in der Hafenstraße 14?", "36 Quadratmeter"),
        ("date", "Wann endet der Mietvertrag der Rösterei Blaufuß?", "30. September 2031"),
        ("duration", "Wie oft wird die Lüftungsanlage in der Hafenstraße gewartet?", "einmal im Jahr"),
        ("yes/no", "Darf die Rösterei Blaufuß untervermieten?", "ausgeschlossen"),
        ("name", "Wer zahlt kleine Reparaturen in der Hafenstraße 14?", "der Mieter"),
        ("english", "By how much does the rent of the Blaufuß roastery rise each year?", "2,5 %"),
        (
            "follow-up",
            "And who represents it?",
            "Lasse Brockmann",
            (),
            "Wann beginnt der Mietvertrag der Rösterei Blaufuß?",
        ),
        ("refusal", "Wie viele Parkplätze gehören zur Hafenstraße 14?"),
        ("refusal", "Wie hoch ist die Maklerprovision für die Hafenstraße 14?"),
    ),
    *of(
        "informe-consejo.md",
        ("amount", "¿Cuántas toneladas de arbequina se recogieron en la campaña 2025?", "1.840", "1.520"),
        ("difference", "¿Cuánto bajó la cosecha de picual entre 2024 y 2025?", "155"),
        ("difference", "¿En cuánto bajó el precio medio del aceite respecto a la campaña anterior?", "1,6"),
        ("name", "¿Quién debe renovar el seguro de cosecha?", "Carme Solé", "Jordi Palau"),
        ("follow-up", "And until when?", "30 de junio de 2026", (), "¿Quién debe renovar el seguro de cosecha?"),
        ("reason", "¿Por qué se rechazó la fusión con Balaguer?", "demasiada deuda"),
        ("list", "¿Qué encargos tiene Jordi Palau?", ("subvención", "depósitos")),
        ("english", "How much does the Olivar del Segre cooperative pay for the new oil mill?", "312.000"),
        ("refusal", "¿Cuántas toneladas de arbequina se recogieron en la campaña 2022?"),
        ("refusal", "¿Cuántos socios tiene la cooperativa Olivar del Segre?"),
    ),
]
