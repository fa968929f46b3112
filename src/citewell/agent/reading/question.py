"""Understanding a question: what kind of thing it asks for, when, and about what."""

import re
from collections.abc import Iterator, Sequence, Set
from functools import cache

import msgspec

from citewell.agent.reading import instructions, labels, periods, phrases
from citewell.agent.reading.periods import Mention, Period, Relative
from citewell.agent.reading.stated import stated as stated_formula
from citewell.agent.reading.vocabulary import any_of, load, longest, whole_words
from citewell.agent.reading.years import is_measure
from citewell.kit.scripts import UNSPACED
from citewell.search.analyse import query_terms
from citewell.search.asking import asking_words
from citewell.search.concepts import concept, named_in, statements_in
from citewell.search.language import detect_language
from citewell.search.stopwords import STOP_WORDS

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\s,;:!?¿¡()\"“”„«»]+")
_ELIDED = re.compile(r"^(?:[dlnsjcmt]|qu)['’](?=\w{2})", re.IGNORECASE)  # "d'Amazon", "l'appartement"
_CAPITAL = re.compile(r"\b[A-ZÀ-Þ]\w+")
_NAMES = re.compile(r"(?<=\s)[A-ZÀ-Þ]\w+(?:\s(?:(?:of|for|and|the)\s){0,2}[A-ZÀ-Þ]\w+){2,5}\b")
_MAX_CONCEPTS = 4
_COMPARED = 2  # periods that a question sets side by side
_MIN_OWN = 2  # words of its own that a question needs to stand alone
_MAX_BEFORE = 3  # questions before it that it may go on from
MAX_CHARS = 4000  # of a question


class Group(msgspec.Struct, frozen=True):
    """A thing that is asked about: any of the alternatives, each a set of analysed words, stands for it. A soft one may
    be part of a label, or only say how the question is asked ("number", "amount")."""

    text: str
    alternatives: tuple[frozenset[str], ...]
    concept: str = ""
    is_name: bool = False
    is_soft: bool = False
    may_name: bool = False

    @property
    def tells_apart(self) -> bool:
        """Whether it is a name, a number or a code, which say of which thing something holds."""
        return self.is_name or any(character.isdigit() for character in self.text)


class Asked(msgspec.Struct, frozen=True):
    """`groups` are all things asked about, `concepts` those of the vocabulary in the order of the question, `words` all
    words (lower case), of which `naming` may be a name of who it is about. `fields` are the things asked about
    as labels of forms and tables name them, `statements` the kinds of statement that it names ("balance", "cash").
    `formula` is the one that it states for a measure, `measure` the name that it gives to that; `text` is without both,
    and without what only says how to answer."""

    text: str
    language: str
    kinds: frozenset[str]
    groups: tuple[Group, ...]
    concepts: tuple[str, ...]
    words: frozenset[str]
    naming: frozenset[str]
    period: Period | None = None
    others: tuple[Period, ...] = ()
    statements: frozenset[str] = frozenset()
    relative: Relative | None = None
    fields: tuple[Group, ...] = ()
    formula: str = ""
    measure: str = ""

    @property
    def values(self) -> list[re.Pattern[str]]:
        """Returns the patterns of the asked values, where all look alike: an e-mail address.

        None where the field is only a means ("by e-mail"), or where the answer is yes or no.
        """
        if "yes_no" in self.kinds:
            return []
        named = (
            labels.values(group.concept)
            for group in self.fields
            if group.concept and not labels.is_means(group.text, self.text)
        )
        return [pattern for pattern in named if pattern is not None]

    @property
    def asks_least(self) -> bool:
        """Whether a superlative asks for the lowest of several, or for the one that fell most."""
        return whole_words(load("questions")["least"]["words"]).search(self.text) is not None

    @property
    def items(self) -> list[Group]:
        """Returns what is asked about beyond the concepts: a product, a segment, a party."""
        return [group for group in self.groups if not group.concept]


def understand(text: str, before: Sequence[str] = (), owners: Set[str] = frozenset()) -> Asked:
    """The question; what it leaves open comes from the questions before it, newest last. `owners` are the words, in
    lower case, by which organisations are known: the name of one takes the place of another's, that of a thing does
    not."""
    asked = alone(text, before)
    for question in reversed(before[-_MAX_BEFORE:]):
        if not goes_on(asked):
            break
        asked = _joined(asked, _parse(shortened(question)), owners)
    return asked


def alone(text: str, before: Sequence[str]) -> Asked:
    """The question without what it leaves open; too short to tell its language, it has that of the one before it."""
    language = detect_language(before[-1]) if before else "unknown"
    return _parse(shortened(text), language if language != "unknown" else "en")


def shortened(text: str) -> str:
    """The text, of a long one its beginning and its end: who pastes a page asks in front of it or behind it."""
    half = MAX_CHARS // 2
    return text if len(text) <= MAX_CHARS else f"{text[: half - 1]}\n{text[-half:]}"


def goes_on(asked: Asked) -> bool:
    """Whether the question needs the one before it."""
    words = load("questions")["follow_up"]
    begins = re.match(rf"(?:{'|'.join(words['begins'])})\b", asked.text.strip().lower())
    back = whole_words(words["points_back"]).search(asked.text)
    few = len(asked.groups) < _MIN_OWN and not _asks_of_thing(asked)
    return bool(begins) or ((few or bool(back)) and not asked.concepts)


def _asks_of_thing(asked: Asked) -> bool:
    """Returns whether the question names a field and a thing that has it, as in "What does a suite cost?"."""
    fields = [group for group in asked.fields if not group.is_soft]
    return any(group.concept for group in fields) and any(not group.concept for group in fields)


def _joined(asked: Asked, before: Asked, owners: Set[str]) -> Asked:
    """The question with what only the one before it names."""
    own_topic = _has_own_topic(asked)
    names = tuple(group for group in asked.groups if group.is_name)
    of_owner = any(_names_owner(group, owners) for group in names)
    held = [group for group in before.groups if group.is_name and _names_owner(group, owners)]
    keeps_owner = not names or (bool(held) and not of_owner)
    gone = _replaced(asked, before)
    kept = tuple(
        group
        for group in before.groups
        if (not names or not group.is_name or (keeps_owner and group in held)) and not _is_among(group, gone)
    )
    groups = asked.groups if own_topic else (*kept, *asked.groups)
    period, relative = asked.period, asked.relative
    if period is None and before.period is not None:
        # What was named moves with "the year before"; "the latest" starts anew.
        period = (
            before.period if relative is None else None if relative.latest else periods.moved(before.period, relative)
        )
        relative = relative if period is None else None
    elif period is None and relative is None:
        relative = before.relative
    elif period is not None and period.quarter and period.year is None and before.period:
        period = msgspec.structs.replace(period, year=before.period.year)
    return msgspec.structs.replace(
        asked,
        groups=groups,
        fields=_joined_fields(asked, before, gone, own_topic=own_topic and not asked.concepts),
        concepts=asked.concepts if own_topic else before.concepts,
        kinds=asked.kinds | (frozenset() if own_topic else before.kinds),
        words=asked.words | (before.words if keeps_owner else frozenset()),
        naming=asked.naming | (before.naming if keeps_owner else frozenset()),
        period=period,
        relative=relative,
    )


def carried(asked: Asked, before: str) -> str:
    """What the search for a question that goes on needs of the question before it: only the names and numbers where
    the new one says what it is about, else all but what the new one replaces."""
    known = _parse(shortened(before))
    if _has_own_topic(asked) and not asked.concepts:
        return " ".join(group.text for group in known.groups if group.tells_apart)
    gone = _replaced(asked, known)
    return "".join(part for part in re.split(r"(\w+)", before) if part.lower() not in gone)


def _has_own_topic(asked: Asked) -> bool:
    """Whether the question says itself what it is about. A fragment such as "and in the high season?" does not."""
    if asked.concepts:
        return True
    return sum(not group.is_name for group in asked.groups) >= _MIN_OWN and not _is_fragment(asked)


def _is_fragment(asked: Asked) -> bool:
    """Whether the question only names another thing: no word asks, and nothing is asked for."""
    words = load("questions")["follow_up"]
    begins = re.match(rf"\W*(?:{'|'.join(words['begins'])})\b", asked.text.lower())
    asks = whole_words([word for of_one in words["asks"].values() for word in of_one.split()])
    return begins is not None and not asked.kinds and asks.search(asked.text, begins.end()) is None


def _names_owner(group: Group, owners: Set[str]) -> bool:
    return bool(set(_name_parts(group.text)) & owners)


def _replaced(asked: Asked, before: Asked) -> frozenset[str]:
    """The words of the question before that plain words of this one replace; in German also those that names replace,
    since a name alone looks like any noun."""
    if before.language != "de" and all(group.concept or group.tells_apart for group in asked.groups):
        return frozenset()
    replaced = phrases.replaced(asked.text, before.text, before.language, asked.language)
    return replaced or (phrases.told_apart(asked.text, before.text) if _is_fragment(asked) else frozenset())


def _is_among(group: Group, words: Set[str]) -> bool:
    return not group.concept and not group.tells_apart and group.text.lower() in words


def _joined_fields(asked: Asked, before: Asked, gone: Set[str], *, own_topic: bool) -> tuple[Group, ...]:
    """The fields of a question that goes on: its own in place of what they replace, a name for a name, a number or code
    for one, a field for another, and what stands behind a preposition for what stood there. One that says itself what
    it is about takes only names and numbers."""
    own = [group for group in asked.fields if not group.is_soft]
    held = {_sort(group) for group in own}
    texts = {group.text.lower() for group in own}
    kept = (
        group
        for group in before.fields
        if _sort(group) not in held and group.text.lower() not in texts and (group.tells_apart or not own_topic)
    )
    return (*(group for group in kept if not _is_among(group, gone)), *own)


def _sort(group: Group) -> object:
    """Returns the sort that another group must have to replace this one; words of no sort are never replaced."""
    if group.concept:
        return "field"
    if any(character.isdigit() for character in group.text):
        return "code"
    return "name" if group.is_name else group.text


def _parse(whole: str, usual: str = "en") -> Asked:
    stated = stated_formula(whole)
    whole = stated.rest if stated else whole
    text = instructions.without(whole)
    language = detect_language(text)
    language = language if language != "unknown" else usual
    mentions = [mention for mention in periods.find(text) if not _is_measure(text, mention)]
    blanked = _without(text, [(mention.start, mention.end) for mention in mentions])
    blanked = _without(blanked, list(periods.relative_spans(blanked)))
    blanked = _without(blanked, [(start, end) for start, end, _ in statements_in(blanked)])
    concepts, rest = _concepts(blanked)
    dated = [mention for mention in mentions if mention.period.is_known or mention.period.quarter]
    named = _newest_first(_in_one_year([mention.period for mention in dated]))
    until_now = len(dated) == 1 and periods.is_beginning(text, dated[0])
    kinds = _kinds_of(whole.lower(), rest.lower())
    words = _words(rest, language, text)
    return Asked(
        text=text,
        language=language,
        kinds=kinds,
        groups=(*concepts, *(_without_lengths(words, language) if "duration" in kinds else words)),
        concepts=tuple(group.concept for group in concepts),
        words=_parts(_WORD.findall(blanked)),
        naming=_parts(_naming(_WORD.findall(blanked), language)),
        period=named[0] if named and not until_now else None,
        others=tuple(named if until_now else named[1:]),
        statements=frozenset(kind for _, _, kind in statements_in(whole)),
        relative=periods.Relative(latest=True) if until_now else periods.find_relative(text),
        fields=_fields(blanked, language, text),
        formula=stated.formula if stated else "",
        measure=stated.title if stated else "",
    )


def _naming(words: Sequence[str], language: str) -> list[str]:
    """The words that may name somebody: those with a capital, if the question writes names with capitals. German writes
    all nouns with them."""
    capitals = [word for word in words if not word[0].islower()]
    writes_names = language != "de" and any(word[0].isupper() for word in words[1:])
    return capitals if writes_names else list(words)


def _parts(words: Sequence[str]) -> frozenset[str]:
    return frozenset(part for word in words for part in _name_parts(word))


def _is_measure(text: str, mention: Mention) -> bool:
    """Whether what may be a year alone is so many of a unit: 2000 kg."""
    year_alone = mention.period == Period(year=mention.period.year)
    return year_alone and is_measure(text, mention.start, mention.end)


def _in_one_year(named: list[Period]) -> list[Period]:
    """Quarters without a year are those of the only one that is named: "in which quarter of 2023, Q1 or Q2"."""
    bare = [one for one in named if one.quarter and one.year is None and one.end is None]
    years = {one.year for one in named if one.year}
    if not bare or len(years) != 1:
        return named
    (year,) = years
    dated = [msgspec.structs.replace(one, year=year) if one in bare else one for one in named]
    return list(dict.fromkeys(one for one in dated if one != Period(year=year)))


def _newest_first(named: list[Period]) -> list[Period]:
    """Sorts two compared periods: the later one is asked for, the other one is shown beside it."""
    return (
        sorted(named, key=periods.order, reverse=True)
        if len(named) == _COMPARED and all(map(periods.order, named))
        else named
    )


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _kinds_of(text: str, rest: str) -> frozenset[str]:
    """Returns the kinds of thing that are asked for.

    `rest` is the text without concepts: research and development is no change.
    """
    return frozenset(kind for kind, pattern in _kinds() if pattern.search(rest if kind == "change" else text))


@cache
def _kinds() -> list[tuple[str, re.Pattern[str]]]:
    return [(kind, whole_words(words)) for kind, words in load("questions")["kinds"].items()]


@cache
def alternatives(name: str) -> tuple[frozenset[str], ...]:
    """The analysed words of each phrase that documents use for a concept."""
    known = concept(name)
    phrases = [*known["rows"], *known.get("words", [])]
    return tuple(dict.fromkeys(terms for phrase in phrases if (terms := frozenset(query_terms(phrase, ["en"])))))


def _concepts(text: str) -> tuple[list[Group], str]:
    """The concepts that a text names, in its order, the longest phrases first; and the text without them."""
    taken = named_in(text)
    groups: dict[str, Group] = {}
    for start, end, name in taken:
        own = frozenset(query_terms(text[start:end], ["en"]))
        groups.setdefault(name, Group(text[start:end], (own, *alternatives(name)), name))
    return list(groups.values())[:_MAX_CONCEPTS], _without(text, [(start, end) for start, end, _ in taken])


def _fields(text: str, language: str, whole: str) -> tuple[Group, ...]:
    """Returns what a question asks for, as labels name it: fields of the vocabulary, then all other words."""
    taken = longest(labels.patterns(), text)
    named = {
        name: Group(
            text[start:end],
            (frozenset(query_terms(text[start:end], [language])), *labels.analysed(name)),
            name,
            is_soft=labels.is_soft(name),
        )
        for start, end, name in taken
    }
    rest = _without(text, [(start, end) for start, end, _ in taken])
    return (*named.values(), *_words(rest, language, whole, soft=True))


def _words(text: str, language: str, whole: str, *, soft: bool = False) -> list[Group]:
    """The other words that carry meaning, each a group of its own; with `soft` those as well that may carry none.
    `whole` is the text before anything was taken out, with all words in their places."""
    generic = asking_words(language) | asking_words("en")
    groups: dict[frozenset[str], Group] = {}
    names = _capitals_side_by_side(text) if language == "de" else frozenset()
    initials = _initials(whole)
    for start, found in _split(text):
        word = _ELIDED.sub("", re.sub(r"['’]s?$", "", found.strip(".'’-")))
        is_soft = word.lower() in generic or (soft and word.lower() in labels.verbs())
        if not word or (is_soft and not soft):
            continue
        terms = query_terms(word, [language])
        if not terms or all(map(_is_one_letter, terms)) or _is_stop(word, language):
            continue
        first = not text[:start].strip()
        is_name = start in names or (language != "de" and ((word[0].isupper() and not first) or _is_mixed(word)))
        known = (
            frozenset(terms),
            *labels.other_forms(word, language),
            *(labels.alternatives(word) if soft else ()),
            *(frozenset(query_terms(form, ["en"])) for form in _as_names(word, initials.get(start, ""), language)),
        )
        may_name = is_name or (word[0].isupper() and _before_name(language).search(text[:start]) is not None)
        groups.setdefault(frozenset(terms), Group(word, known, is_name=is_name, is_soft=is_soft, may_name=may_name))
    return _with_particle(list(groups.values()), whole) if language == "de" else list(groups.values())


def _without_lengths(groups: list[Group], language: str) -> list[Group]:
    """The groups without "life" in "how long is the battery life": a text that tells how long something lasts seldom
    says the word. All of them where there is nothing else."""
    lengths = load("questions")["lengths"].get(language, [])
    return [group for group in groups if group.text.lower() not in lengths] or groups


def _with_particle(groups: list[Group], text: str) -> list[Group]:
    """The groups; a verb whose first part stands at the end of the question also with this part before it."""
    words = text.rstrip(" ?!.").split()
    if len(words) < _MIN_OWN or words[-1] not in load("questions")["separable"]["de"]:
        return groups
    verb = next((place for place, group in enumerate(groups) if group.text.islower()), None)
    if verb is None:
        return groups
    group = groups[verb]
    joined = frozenset(query_terms(f"{words[-1]}{group.text}", ["de"]))
    groups[verb] = msgspec.structs.replace(group, alternatives=(joined, *group.alternatives))
    return groups


def _as_names(word: str, initials: str, language: str) -> list[str]:
    """Returns the forms of a name in labels: as it is written, whatever the language of the question, and its
    initials.
    """
    own = [word] if language != "en" and word[0].isupper() else []
    return [*own, initials] if initials else own


def _initials(text: str) -> dict[int, str]:
    """The initials of three words and more with capitals side by side, by where each of the words begins: documents
    say IMF for the International Monetary Fund."""
    found: dict[int, str] = {}
    for run in _NAMES.finditer(text):
        words = [(run.start() + word.start(), word[0][0]) for word in _CAPITAL.finditer(run[0])]
        initials = "".join(letter for _, letter in words)
        found |= {start: initials for start, _ in words}
    return found


@cache
def _before_name(language: str) -> re.Pattern[str]:
    """Finds the end of a text behind which a word with a capital is likely a name."""
    words = load("questions")["before_name"].get(language)
    return re.compile(rf"\b{any_of(words)}\s+$", re.IGNORECASE) if words else re.compile(r"(?!)")


def _is_mixed(word: str) -> bool:
    """Whether a word that begins small has capitals: "iPad"."""
    return word[0].islower() and any(character.isupper() for character in word)


def _capitals_side_by_side(text: str) -> frozenset[int]:
    """Returns where the words of names begin in a language that capitalises all nouns: "von Jonas Weber"."""
    pairs = re.finditer(r"(?<=\s)(?=([A-ZÀ-Þ][^\W\d]+)[ ]([A-ZÀ-Þ][^\W\d]+)\b)", text)
    return frozenset(place for pair in pairs for place in (pair.start(1), pair.start(2)))


def _split(text: str) -> Iterator[tuple[int, str]]:
    """(start, word) of each word. In scripts without spaces these are the parts between the words that ask and link."""
    for match in _WORD.finditer(text):
        if not UNSPACED.search(match[0]):
            yield match.start(), match[0]
            continue
        place = 0
        for link in [*_linking().finditer(match[0]), None]:
            end = link.start() if link else len(match[0])
            if end - place > 1:  # one character alone is found nowhere: texts are looked up by pairs
                yield match.start() + place, match[0][place:end]
            place = link.end() if link else end


@cache
def _linking() -> re.Pattern[str]:
    return re.compile("|".join(load("questions")["unspaced"]["links"]))


def _is_one_letter(term: str) -> bool:
    return len(term) == 1 and term.isascii() and not term.isdigit()


def _is_stop(word: str, language: str) -> bool:
    """Whether a word carries no meaning, or is joined of such words: "a-t-il", "ont-elles"."""
    known = STOP_WORDS.get(language, frozenset())
    parts = word.lower().split("-")
    return word.lower() in known or (len(parts) > 1 and all(part in known or len(part) == 1 for part in parts))


def _name_parts(word: str) -> list[str]:
    """The word as a name may have it: without the genitive, and its parts."""
    plain = _ELIDED.sub("", re.sub(r"['’]s?$", "", word.strip(".'’"))).lower()
    return [plain, *re.split(r"[.-]", plain)]
