"""A number as a list shows it: "iv", "C", "03", "third". The names of the formats are those of ECMA-376 (17.18.59)."""

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_LATIN = "abcdefghijklmnopqrstuvwxyz"
# Letters (or signs) that count one after the other; behind the last one Word doubles them.
_ALPHABETS = {
    "lowerLetter": _LATIN,
    "upperLetter": _LATIN.upper(),
    "russianLower": "абвгдежзиклмнопрстуфхцчшщыэюя",
    "russianUpper": "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ",
    "arabicAlpha": "أبتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "arabicAbjad": "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ",
    "hebrew2": "אבגדהוזחטיכלמנסעפצקרשת",
    "thaiLetters": "กขคงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ",
    "aiueo": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "iroha": "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン",
    "ganada": "가나다라마바사아자차카타파하",
    "chosung": "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥",
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedCircleChinese": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
    "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
    "chicago": "*†‡§",
}
_CHINESE = (
    "chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseCounting",
    "ideographDigital", "koreanCounting", "japaneseDigitalTenThousand", "taiwaneseDigital", "koreanDigital2",
)  # fmt: skip
_DIGITS = {
    "hindiNumbers": "٠١٢٣٤٥٦٧٨٩",
    "thaiNumbers": "๐๑๒๓๔๕๖๗๘๙",
    "decimalFullWidth": "０１２３４５６７８９",
    "decimalFullWidth2": "０１２３４５６７８９",
}
_HAN = "〇一二三四五六七八九"


def written(number: int, kind: str) -> str:
    """The number in this format; plain digits for formats that are not known, nothing for "none"."""
    kind = kind.removesuffix("FullWidth") if kind.startswith(("aiueo", "iroha")) else kind
    if kind in ("none", "bullet"):
        return ""
    if kind in _ALPHABETS and number > 0:
        return _letters(number, _ALPHABETS[kind])
    if kind in ("lowerRoman", "upperRoman") and 0 < number < 32_768:
        roman = _roman(number)
        return roman if kind == "lowerRoman" else roman.upper()
    if kind in _CHINESE and 0 < number < 10_000:
        return _chinese(number)
    if kind in _DIGITS:
        return str(number).translate(str.maketrans("0123456789", _DIGITS[kind]))
    if kind in ("cardinalText", "ordinalText") and 0 < number < 1000:
        words = _words(number)
        return (words if kind == "cardinalText" else _ordinal(words)).capitalize()
    if kind == "ordinal":
        return f"{number}{_ending(number)}"
    if kind == "decimalZero":
        return f"{number:02}"
    if kind == "numberInDash":
        return f"- {number} -"
    return str(number)


def _letters(number: int, alphabet: str) -> str:
    """a, b, ... z, aa, bb, ...; signs that are numbers themselves go on as digits."""
    times, index = divmod(number - 1, len(alphabet))
    if times and not alphabet[0].isalpha() and alphabet[0] != "*":
        return str(number)
    return alphabet[index] * min(times + 1, 50)


def _roman(number: int) -> str:
    parts = []
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        parts.append(letters * count)
    return "".join(parts)


def _chinese(number: int) -> str:
    parts: list[str] = []
    for value, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, value)
        if digit:
            parts.append(("" if value == 10 and digit == 1 and not parts else _HAN[digit]) + unit)
        elif parts and number and value > 1 and parts[-1] != "零":
            parts.append("零")
    return "".join(parts)


def _words(number: int) -> str:
    if number < 20:
        return _ONES[number]
    if number < 100:
        ten, one = divmod(number, 10)
        return _TENS[ten] + (f"-{_ONES[one]}" if one else "")
    hundred, rest = divmod(number, 100)
    return f"{_ONES[hundred]} hundred" + (f" {_words(rest)}" if rest else "")


def _ordinal(words: str) -> str:
    start = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[start:]
    return words[:start] + (_ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th"))


def _ending(number: int) -> str:
    return "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
