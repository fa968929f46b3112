"""Language detection: what decides how a text is stemmed and whether it gets vectors."""

import time

import pytest

from citewell.search.language import detect_language

TEXTS = {
    "en": "The committee has not yet decided which of the proposals it will support.",
    "de": "Der Ausschuss hat noch nicht entschieden, welche der Vorschläge er unterstützen wird.",
    "fr": "Le comité n'a pas encore décidé quelles propositions seront soutenues par les membres.",
    "es": "El comité todavía no ha decidido cuáles de las propuestas va a apoyar este año.",
    "it": "Il comitato non ha ancora deciso quali delle proposte saranno sostenute quest'anno.",
    "pt": "O comité ainda não decidiu quais das propostas vai apoiar este ano, mas são muitas.",
    "nl": "De commissie heeft nog niet besloten welke van de voorstellen zij zal steunen.",
    "sv": "Kommittén har inte beslutat vilka av förslagen som den vill stödja och när det blir.",
    "da": "Udvalget har ikke besluttet, hvilke af forslagene det vil støtte, og hvornår det bliver.",
    "pl": "Komisja jeszcze nie zdecydowała, które z propozycji poprze, ale jest ich już dużo.",
    "fi": "Valiokunta ei ole vielä päättänyt, mitkä ehdotukset se hyväksyy, mutta niitä on paljon.",
    "tr": "Komite hangi önerileri destekleyeceğine henüz karar vermedi, ama çok öneri var.",
    "hu": "A bizottság még nem döntötte el, hogy melyik javaslatot támogatja, de ez nem baj.",
    "cs": "Výbor se ještě nerozhodl, které z návrhů podpoří, ale jsou už na stole.",
    "ru": "Комитет ещё не решил, какие из предложений он поддержит, но их было много.",
    "uk": "Комітет ще не вирішив, які з пропозицій він підтримає, але їх було багато.",
    "el": "Η επιτροπή δεν έχει αποφασίσει ακόμη ποιες από τις προτάσεις θα υποστηρίξει.",
    "ar": "لم تقرر اللجنة بعد أي من المقترحات التي سوف تدعمها في هذا العام",
    "hi": "समिति ने अभी तक यह तय नहीं किया है कि वह किन प्रस्तावों का समर्थन करेगी",
    "zh": "委员会尚未决定将支持哪些提案。",
    "ja": "委員会はどの提案を支持するかまだ決めていない。",
    "ko": "위원회는 어떤 제안을 지지할지 아직 결정하지 않았다.",
    "th": "คณะกรรมการยังไม่ได้ตัดสินใจว่าจะสนับสนุนข้อเสนอใด",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_sentence_is_enough(language: str) -> None:
    assert detect_language(TEXTS[language]) == language


@pytest.mark.parametrize("text", ["", "   ", "42", "AAPL 10-Q 2023", "xyzzy qwert", "BAT recruitment", "\x00\ud800"])
def test_too_little_to_tell(text: str) -> None:
    assert detect_language(text) == "unknown"


def test_names_from_elsewhere_do_not_decide() -> None:
    text = "The teams of Los Angeles, Los Gatos and Los Altos met in El Segundo, and the fans of Los Lobos were there."
    assert detect_language(text) == "en"
    assert detect_language("The Great Wall (长城) is in the north of the country and was built long ago.") == "en"


def test_a_long_text_costs_no_more_than_its_beginning() -> None:
    started = time.thread_time()
    assert detect_language(TEXTS["de"] * 100_000) == "de"
    assert time.thread_time() - started < 1
