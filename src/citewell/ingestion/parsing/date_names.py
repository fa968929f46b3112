"""Names of months and days in the languages that date formats ask for by a Windows code, like `[$-407]mmmm`."""

_ENGLISH = (
    "January February March April May June July August September October November December",
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
)
_NAMES = {
    "de": (
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    ),
    "fr": (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunes martes miércoles jueves viernes sábado domingo",
    ),
    "it": (
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    ),
    "pt": (
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    ),
    "nl": (
        "januari februari maart april mei juni juli augustus september oktober november december",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    ),
    "da": (
        "januar februar marts april maj juni juli august september oktober november december",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    ),
    "sv": (
        "januari februari mars april maj juni juli augusti september oktober november december",
        "måndag tisdag onsdag torsdag fredag lördag söndag",
    ),
    "cs": (
        "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
        "pondělí úterý středa čtvrtek pátek sobota neděle",
    ),
    "pl": (
        "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
        "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    ),
    "ru": (
        "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
        "понедельник вторник среда четверг пятница суббота воскресенье",
    ),
    "tr": (
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
    ),
    "ja": (" ".join(f"{month}月" for month in range(1, 13)), "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日"),
    "zh": (
        "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
        "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
    ),
    "ko": (" ".join(f"{month}월" for month in range(1, 13)), "월요일 화요일 수요일 목요일 금요일 토요일 일요일"),
}  # fmt: skip
# The lower ten bits of a Windows code are the language, the others the country.
_LANGUAGES = {
    0x04: "zh", 0x05: "cs", 0x06: "da", 0x07: "de", 0x09: "en", 0x0A: "es", 0x0C: "fr", 0x10: "it", 0x11: "ja",
    0x12: "ko", 0x13: "nl", 0x15: "pl", 0x16: "pt", 0x19: "ru", 0x1D: "sv", 0x1F: "tr",
}  # fmt: skip
# In these, a short name is no beginning of the long one.
_SHORT_DAYS = {"ja": 1, "ko": 1, "de": 2, "nl": 2, "ru": 2, "cs": 2}


def language_of(code: str) -> str:
    """Two letters for a Windows code like 407 or a name like de-DE; "en" for languages that are not known here."""
    lowered = code.lower()
    if lowered[:2] in _NAMES and not lowered[:3].isalnum():
        return lowered[:2]
    try:
        return _LANGUAGES.get(int(lowered[-4:], 16) & 0x3FF, "en")
    except ValueError:
        return "en"


def month_name(language: str, month: int) -> tuple[str, str]:
    """The long and the short name of a month from 1 to 12."""
    name = _NAMES.get(language, _ENGLISH)[0].split()[month - 1]
    return name, name if language in ("ja", "ko", "zh") else name[:3]


def day_name(language: str, day: int) -> tuple[str, str]:
    """The long and the short name of a day; 0 is Monday."""
    name = _NAMES.get(language, _ENGLISH)[1].split()[day]
    return name, f"周{name[-1]}" if language == "zh" else name[: _SHORT_DAYS.get(language, 3)]
