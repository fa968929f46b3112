"""Which field answers: what the question names is the label of its row, the head of its column, or stands around it."""

import re
from collections.abc import Sequence
from functools import cache

import msgspec

from citewell.agent.reading import labels, over_years, periods, ranges
from citewell.agent.reading.cells import counts, is_of_each
from citewell.agent.reading.choosing import is_of_other_years
from citewell.agent.reading.document import Opened
from citewell.agent.reading.entities import other_rows
from citewell.agent.reading.fields import ASKS, Field
from citewell.agent.reading.kinds import asks_figure, has_frequency, has_length, is_frequency, says_money
from citewell.agent.reading.quantities import is_of_another
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.tables import is_value
from citewell.agent.reading.weights import share, weights
from citewell.search.analyse import analyse, query_terms

_KEY_SHARE = 0.95  # weight of a word that is only in another cell of the row
_STEM_SHARE, _STEM_CHARS = 0.8, 5  # weight of a word that shares this many first letters with a word of the label
_SAID_SHARE = 0.8  # weight of a word that is only in the value
_CONTEXT_SHARE = 0.85  # weight of a word that is only around the table or form
_OPENING_SHARE = 0.6  # weight of a word that is only at the beginning of the document
_LIKE_LABEL = 0.8  # score of a label that contains the known label and further words
_IMPLIED = 0.85  # for a price, of an amount of money whose label does not say "price"
_MORE = 0.1  # less for each further word
_NAMED_BY_ROW = 0.8  # a cell of the row that the question names is worth this share of a label
_SOFT_WEIGHT = 0.35  # weight of a word that may only describe the question
_UNKNOWN_WEIGHT = 0.1  # weight of such a word that is found nowhere
_LEAST_OWN = 0.2  # share of the question that label, header and row must contain
_PRECISION = 0.3  # weight of the share of the label that the question names
_WHOLE_LABEL = 0.7  # share of the label that a question must name if it names only one thing
_FITS, _FITS_NOT = 0.05, -0.2  # added for a value of the requested kind, and of another kind
_WHOLE_ROW = -0.02
_OF_ONE = -0.1  # for the price of one thing, where the question asks for that of a number of them
_OTHER_NUMBER = -0.04
_ALIKE = 0.97  # share of the best score from which a field answers as well
_IN_LIST = 0.85  # for another row of a list
_NAMES_MORE = 0.02  # share of the question by which a row with named cells must be better
_MOST, _MOST_ROWS = 3, 12  # fields, and rows of a list, that are shown at most
ENOUGH = 0.6  # the least score of a field that is an answer

_FIGURE_BEGINS = (
    12  # characters of a value in which its figure begins: "about EUR 5" is one, "Office 365" in a text not
)

_HOW_MUCH = re.compile(r"(?:how much|wie viel|wieviel|cuánto|combien|quanto|hoeveel)\b", re.IGNORECASE)
_CODE = re.compile(r"^(?:Nr|No|N[º°])\.?\s|^[^\W\d]+-\d|^\d+-\d+-\d|^\d{4}-\d{3,}")  # of an order, an invoice
_IN_CENTS = re.compile(r"\d{1,3}(?:[.,'’\u00a0 ]?\d{3})*[.,]\d\d")
_FULL_NAME = re.compile(r"\b[A-ZÀ-Þ][^\W\d]+ [A-ZÀ-Þ][^\W\d]+")
_NAME = re.compile(r"[^\W\d_]{2}")
_PRICE = re.compile(r"[$€£¥₹]|\b(?:EUR|USD|GBP|CHF|JPY)\b")


class FoundField(msgspec.Struct, frozen=True):
    """`document` is the index of its document; `own` is the share of the question that its label, head and row have,
    `cover` with its value and what stands around. `fits` is False for a value of another kind than was asked. `then` is
    the same in an earlier year, where a change is asked for."""

    document: int
    field: Field
    own: float
    cover: float
    score: float
    fits: bool = True
    then: Field | None = None


def find(asked: Asked, documents: Sequence[Opened]) -> list[FoundField]:
    """The fields with most of what is asked about, best first, one for each row. Those of documents in another language
    come in where none in that of the question answers: there, words that are missing count less."""
    groups = _with_topic(asked.fields)
    held = [
        (index, field)
        for index, document in enumerate(documents)
        for field in over_years.of_years(asked, document.fields)
        if field is not None
    ]
    own = [[_share_in_field(group, field, asked) for group in groups] for _, field in held]
    around = [[_share_around(group, field, documents[index].opening) for group in groups] for index, field in held]
    weighed = _weights(own, around, groups)
    abroad = _weights(own, around, groups, is_foreign=True)
    hard = [group for group in groups if not group.is_soft]
    topics = [group for group in hard if not group.is_name and not _has_digit(group.text)]
    of_topics = [place for place, group in enumerate(groups) if group in topics]
    of_names = bool(topics) and len(topics) < len(hard)
    of_one_word = len(topics) == 1 and not topics[0].concept
    asked_words = frozenset[str]().union(*(words for group in groups for words in group.alternatives))
    elsewhere = other_rows(held, [group for group in hard if not group.concept])
    found = []
    for number, (index, field) in enumerate(held):
        if is_of_other_years(asked, documents[index]) or elsewhere[number] or not _may_hold(asked, field):
            continue
        if not field.parts and field.said and field.said <= asked_words:
            continue  # it says no more than the question
        shares = [max(pair) for pair in zip(own[number], around[number], strict=True)]
        opening = documents[index].opening
        if any(_lacks(field, group, value, opening, asked) for value, group in zip(shares, groups, strict=True)):
            continue
        if of_names and not any(shares[place] for place in of_topics):
            continue  # it has the name of the thing, and nothing of what is asked about it
        of_groups = weighed if documents[index].language == asked.language else abroad
        if any(own[number][place] for place in of_topics):
            shares = [value or _share_at_beginning(group, opening) for value, group in zip(shares, groups, strict=True)]
        named, cover = _mean(of_groups, own[number]), _mean(of_groups, shares)
        if named < _LEAST_OWN:
            continue
        precision = _precision(field, groups)
        if precision < _NAMED_BY_ROW and _names_row(field, hard):
            precision = _NAMED_BY_ROW
        if of_one_word and max(precision, _precision_of(field.label, groups, documents[index])) < _WHOLE_LABEL:
            continue
        score = cover * (1 - _PRECISION + _PRECISION * precision)
        kind = _kind(asked, field) + _number_apart(field, asked_words)
        found.append(FoundField(index, field, named, cover, score + kind, fits=kind > _FITS_NOT / 2))
    found.sort(key=lambda one: one.score, reverse=True)
    own_language = [one for one in found if documents[one.document].language == asked.language]
    enough = bool(own_language) and own_language[0].score >= ENOUGH
    return _one_of_each_row(own_language if enough else found, hard)


def _with_topic(groups: Sequence[Group]) -> list[Group]:
    """The groups; a soft field of the vocabulary is what is asked for where all else are names, numbers and codes."""
    if all(group.is_soft or (group.tells_apart and not group.concept) for group in groups):
        return [msgspec.structs.replace(group, is_soft=group.is_soft and not group.concept) for group in groups]
    return list(groups)


def answering(asked: Asked, found: Sequence[FoundField]) -> list[FoundField]:
    """Returns the fields that answer: the best, those as good, and where a list is asked for, the other rows of its
    table.
    """
    if not found or found[0].score < ENOUGH:
        return []
    best = found[0]
    close = [one for one in found if one.score >= _ALIKE * best.score and one.score >= ENOUGH]
    if "list" in asked.kinds:
        beside = [one for one in found if _is_beside(one, best) and one.score >= _IN_LIST * best.score]
        if len(beside) > 1:
            return sorted(beside, key=lambda one: one.field.row)[:_MOST_ROWS]
    return close[:_MOST]


def has(field: Field, group: Group) -> bool:
    """Whether a field has a thing that is asked about, in its label, its head, its row or around it."""
    over = field.named | field.headed | field.key | field.said | field.context
    return share(group, over) == 1 or bool(_begins_alike(group, over))


def named_parts(asked: Asked, field: Field) -> list[str]:
    """The values of a row whose heads the question names."""
    words = frozenset[str]().union(*(held for group in asked.fields for held in group.alternatives))
    heads = ((frozenset(query_terms(head, [asked.language])), value) for head, value in field.parts)
    return [value for head, value in heads if head and head <= words]


def _may_hold(asked: Asked, field: Field) -> bool:
    """False for a field without a telephone number where one is asked for, and the like. A tax rate may stand in the
    label: "VAT at 5 %"."""
    values = [field.label, *([value for _, value in field.parts] or [field.value])]
    return all(any(map(pattern.search, values)) for pattern in asked.values)


def _is_beside(one: FoundField, other: FoundField) -> bool:
    return (one.document, one.field.chunk, one.field.table) == (other.document, other.field.chunk, other.field.table)


def _mean(weighed: Sequence[float], shares: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weighed, shares, strict=True)) / (sum(weighed) or 1.0)


def _weights(
    own: Sequence[Sequence[float]],
    around: Sequence[Sequence[float]],
    groups: Sequence[Group],
    *,
    is_foreign: bool = False,
) -> list[float]:
    """Weighs words as for sentences, with two exceptions.

    A word that stands nowhere may be a verb that no label has, and weighs as others do. In a document of another
    language it may stand there in that language, and hardly counts.
    """
    weighed = weights(own, around, groups)
    known = [
        any(one[place] or two[place] for one, two in zip(own, around, strict=True)) for place in range(len(groups))
    ]
    of_known = [weight for weight, is_known in zip(weighed, known, strict=True) if is_known]
    usual = sum(of_known) / len(of_known) if of_known else 1.0
    found = [weight if is_known else max(usual, 0.5 * weight) for weight, is_known in zip(weighed, known, strict=True)]
    return [
        min(weight, usual) * (_SOFT_WEIGHT if is_known or not group.is_soft else _UNKNOWN_WEIGHT)
        if group.is_soft or (is_foreign and not is_known)
        else weight
        for weight, group, is_known in zip(found, groups, known, strict=True)
    ]


def _share_in_field(group: Group, field: Field, asked: Asked) -> float:
    """Returns the share of the group that the label, the head and the other cells of the row have."""
    if group.text[:1].isdigit() and ranges.holds(field.label, group.text, asked.text, asked.language):
        return 1.0
    if group.concept == "price" and _is_money(field):
        return _IMPLIED
    if group.concept and not field.label.endswith(ASKS):
        return max(_like_label(group, field.named), _like_label(group, field.headed))
    over = field.named | field.headed
    same = max(share(group, over), _KEY_SHARE * share(group, over | field.key))
    return same or _STEM_SHARE * _begins_alike(group, over)


def _is_money(field: Field) -> bool:
    """Whether the value is an amount of money that no label needs to call a price."""
    if _like_label(_price(), field.headed) or counts(field.head):
        return False
    return bool(_PRICE.search(f"{field.value} {field.head}") or _IN_CENTS.fullmatch(field.value))


@cache
def _price() -> Group:
    return Group("price", labels.analysed("price"), "price")


def _begins_alike(group: Group, words: frozenset[str]) -> bool:
    """Whether a word of the label goes on from that of the question, or the other way: "depart" and "departure"."""
    terms = [term for term in group.alternatives[0] if len(term) >= _STEM_CHARS and term.isalpha()]
    return any(
        word.startswith(term) or (len(word) >= _STEM_CHARS and term.startswith(word))
        for term in terms
        for word in words
    )


def _like_label(group: Group, words: frozenset[str]) -> float:
    """1 for a label that is one of the field's own, the first ones before the last; less for one that holds it."""
    if not words:
        return 0.0
    best = 0.0
    plain = {word for word in words - labels.linking_terms() if not word.isdigit()}  # "VAT at 20 %"
    for index, label in enumerate(group.alternatives):
        if label in (words, plain):
            best = max(best, 1 - 0.005 * index)
        elif label and label <= words and len(label) == labels.longest_in(words):
            more = sum(not _has_digit(word) for word in plain - label)
            best = max(best, _LIKE_LABEL - _MORE * more)
    return best


def _share_around(group: Group, field: Field, opening: frozenset[str]) -> float:
    if group.concept:
        return 0.0
    if (group.tells_apart or group.may_name) and share(group, opening) == 1:
        return _CONTEXT_SHARE
    return max(_SAID_SHARE * share(group, field.said), _CONTEXT_SHARE * share(group, field.context))


def _share_at_beginning(group: Group, opening: frozenset[str]) -> float:
    """The share of a word that is only at the beginning of a short document: all of it is about that thing."""
    return 0.0 if group.concept else _OPENING_SHARE * share(group, opening)


def _lacks(field: Field, group: Group, value: float, opening: frozenset[str], asked: Asked) -> bool:
    """Whether the group is a name, a number or a code, which tell one thing from another, and the field is about
    another one."""
    if group.concept or group.is_soft:
        return False
    if group.text[:1].isdigit() and ranges.find(field.label, asked.language) is not None:
        return not ranges.holds(field.label, group.text, asked.text, asked.language)
    numbers = {word for word in group.alternatives[0] if word.isdigit()}
    if numbers:
        return not numbers <= field.named | field.headed | field.key | field.said | field.context | opening
    return not value and (group.is_name or _has_digit(group.text))


def _names_row(field: Field, groups: Sequence[Group]) -> bool:
    """Whether the question names the row by another cell than its first: it has all words of one, or its names and
    numbers stand in the row."""
    asked = frozenset[str]().union(*(words for group in groups if not group.concept for words in group.alternatives))
    if any(words <= asked for words in field.keys):
        return True
    named = [group for group in groups if not group.concept and (group.is_name or _has_digit(group.text))]
    return bool(named) and all(share(group, field.named | field.key) == 1 for group in named)


def _number_apart(field: Field, asked_words: frozenset[str]) -> float:
    """Less for a label that has another number beside one of the question: "8 to 12 m" where 8 m are asked for."""
    numbers = {word for word in field.named if word.isdigit()}
    return _OTHER_NUMBER if numbers & asked_words and numbers - asked_words else 0.0


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _precision(field: Field, groups: Sequence[Group]) -> float:
    """Returns the share of the label that the question names."""
    if any(group.concept and _like_label(group, field.named) > _LIKE_LABEL for group in groups):
        return 1.0
    asked = frozenset[str]().union(*(words for group in groups for words in group.alternatives))
    named = {word for word in field.named - labels.linking_terms() if word in asked or not word.isdigit()}
    return len(named & asked) / len(named) if named else 0.0


def _precision_of(label: str, groups: Sequence[Group], document: Opened) -> float:
    """The same without the head of the column of labels and without words that only say what kind of value it is."""
    words = frozenset(analyse(label, document.language)) - labels.kinds() - labels.linking_terms()
    asked = frozenset[str]().union(*(held for group in groups for held in group.alternatives))
    named = sum(word in asked or any(_begins_alike(group, frozenset([word])) for group in groups) for word in words)
    return named / len(words) if words else 0.0


def _kind(asked: Asked, field: Field) -> float:
    """Whether the value is of the kind that is asked for."""
    if field.parts:
        return _WHOLE_ROW if any(_is_wanted(asked, value) for _, value in field.parts) else _FITS_NOT
    kinds, value = asked.kinds, field.value
    has_digit = _has_digit(value)
    if is_of_another(asked.text, f"{value} {field.head}") or ("frequency" in kinds and not has_frequency(value)):
        return _FITS_NOT
    if ("price" in kinds and counts(field.head)) or (asks_figure(asked) and not _has_digit(value[:_FIGURE_BEGINS])):
        return _FITS_NOT
    if "price" in kinds and has_digit and not (is_value(value) or says_money(f"{value} {field.head} {field.label}")):
        return _FITS_NOT
    if "price" in kinds and is_of_each(field.head) and _is_of_many(asked, field):
        return _OF_ONE
    if "amount" in kinds and not has_digit:
        return _FITS_NOT
    if _HOW_MUCH.match(asked.text) and (is_frequency(value) or _CODE.search(value)):
        return _FITS_NOT
    if _HOW_MUCH.match(asked.text) and _PRICE.search(f"{value} {field.head}"):
        return 2 * _FITS
    if kinds & {"date", "duration"} and has_digit and not has_length(value):
        return _FITS_NOT
    if "duration" in kinds and has_digit and not has_length(periods.without(value)):
        return _FITS_NOT  # a day is no time that something takes
    if "date" in kinds or "duration" in kinds:
        return _FITS if has_digit or periods.find(value) else _FITS_NOT
    if kinds & {"amount", "percent", "share", "price"}:
        return _FITS if has_digit else _FITS_NOT
    if "person" in kinds:
        is_name = re.match(r"[^\W\d]", value) and not has_digit and "@" not in value
        return _FITS if is_name or _FULL_NAME.search(value) else _FITS_NOT
    return 0.0


def _is_of_many(asked: Asked, field: Field) -> bool:
    """Whether the row is that of a number of things which the question names: "1,000 copies"."""
    numbers = (group.alternatives[0] for group in asked.fields if group.text[0].isdigit())
    return is_value(field.label) and any(words and words <= field.named for words in numbers)


def _is_wanted(asked: Asked, value: str) -> bool:
    """Whether a cell of a row may be what is asked for."""
    if "person" in asked.kinds:
        return _NAME.match(value) is not None
    if "duration" in asked.kinds:
        return has_length(value)
    return _has_digit(value) if asked.kinds & {"amount", "count"} else bool(value)


def _one_of_each_row(found: Sequence[FoundField], groups: Sequence[Group]) -> list[FoundField]:
    """The best cell of each row; the whole row where nothing tells its cells apart, or where neither label nor head of
    the cell say what was found."""
    asked = frozenset[str]().union(*(words for group in groups for words in group.alternatives))
    rows: dict[tuple[int, int, int], list[FoundField]] = {}
    for one in found:
        rows.setdefault((one.document, one.field.chunk, one.field.row), []).append(one)
    chosen = []
    for held in rows.values():
        cells = [one for one in held if not one.field.parts]
        whole = [one for one in held if one.field.parts]
        alike = len(cells) > 1 and cells[0].score - cells[1].score < 1e-9
        best = (whole or cells)[0] if alike or not cells else cells[0]
        if whole and (whole[0].score > best.score or whole[0].own > best.own + _NAMES_MORE):
            best = whole[0]
        if whole and not best.field.head and not best.field.named & asked:
            best = whole[0]
        chosen.append(best)
    return sorted(chosen, key=lambda one: one.score, reverse=True)
