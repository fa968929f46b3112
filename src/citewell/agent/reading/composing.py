"""Putting the answer together: cells, what was worked out from them, sentences; or a refusal with what is closest."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from citewell.agent.knowledge import ChunkText, Hit
from citewell.agent.reading import amounts, breakdowns, lists, lookup, quoting, shown, working
from citewell.agent.reading.cells import Found
from citewell.agent.reading.choosing import Choice, Chosen
from citewell.agent.reading.document import Opened
from citewell.agent.reading.kinds import OF_FIGURES
from citewell.agent.reading.lines import holding
from citewell.agent.reading.lookup import FoundField
from citewell.agent.reading.over_years import CHANGES
from citewell.agent.reading.passages import ANSWERS, Prose, Scored, is_lead_in, stating, weighed
from citewell.agent.reading.periods import Period
from citewell.agent.reading.question import Asked
from citewell.agent.reading.shown import Label
from citewell.agent.reading.targets import Answer
from citewell.agent.reading.vocabulary import phrases
from citewell.agent.reading.weights import share
from citewell.kit.scripts import UNSPACED
from citewell.search.concepts import concept

RELATED = 0.25  # least score of a sentence beside cells, or from a document that the question names
_CLOSE_TO_BEST = 0.75
_LISTED = 0.6  # the score of a list
_EXACT = 0.3  # score of lines with all words of the question and no other sign of an answer
_WELL_NAMED = 0.9  # score of a field whose label says what is asked for
_SAYS_MORE = 0.05  # share of the question by which a sentence must be better than a field or list
_NO_FIELD = frozenset({"reason", "relation", "risks", "condition"})
_QUOTES = 3
_RELATED_QUOTES = 4
_STATED = 2  # quotes that state amounts on the last day of the period
_CLOSEST = 3
_TWO = 2  # documents that are compared
_PROSE_KINDS = frozenset({"reason", "relation", "presence", "list", "definition", "change", "further"})


class Draft(msgspec.Struct, frozen=True):
    """All that was found for a question."""

    asked: Asked
    choice: Choice
    tables: list[tuple[Chosen, Opened, list[Answer]]]
    prose: Prose
    hits: list[Hit]
    fields: list[FoundField] = []


def compose(draft: Draft, label: Label) -> tuple[bool, float, str]:
    """(answered, score, text with citation markers)."""
    words = phrases(draft.asked.language)
    table_lines, score = _table_lines(draft, words, label)
    if (said := quoting.in_words(draft.asked, draft.choice, draft.tables)) is not None:
        quote = _quoted(said.sentence, said.document, label)
        parts = [words["quotes"], quote]
        if not said.instead:
            parts += [words["cells"], "\n".join(table_lines)]
        return True, score, "\n\n".join(parts)
    field_lines = [] if table_lines else _field_lines(draft, label)
    if field_lines:
        return True, draft.fields[0].score, "\n\n".join([words["cells"], "\n".join(field_lines)])
    if not table_lines and (items := _list_lines(draft, label)):
        return True, _LISTED, "\n\n".join([words["quotes"], "\n".join(items)])
    if not table_lines and (parts := _part_lines(draft, label)):
        return True, _LISTED, "\n\n".join([words["cells"], "\n".join(parts)])
    sentences = _sentences(draft, bool(table_lines))
    quotes = list(dict.fromkeys(_quoted(one, draft.prose.documents[one.document], label) for one in sentences))
    if table_lines:
        parts = [words["cells"], "\n".join(table_lines)]
        if quotes:
            parts += [words["related"], "\n".join(quotes)]
        return True, score, "\n\n".join(parts)
    if quotes:
        quotes += _against_lines(draft, sentences, label)
        return True, sentences[0].score, "\n\n".join([words["quotes"], "\n".join(quotes)])
    if lines := _exact_lines(draft, label):
        return True, _EXACT, "\n\n".join([words["quotes"], "\n".join(lines)])
    return False, 0.0, _refusal(draft, words)


def _quoted(one: Scored, document: Opened, label: Label) -> str:
    return shown.field(one.field, document, label) if one.field else shown.quote(one.sentence, document, label)


def _exact_lines(draft: Draft, label: Label) -> list[str]:
    documents = draft.prose.documents
    return [shown.quote(one.sentence, documents[one.document], label) for one in holding(draft.asked, documents)]


def _list_lines(draft: Draft, label: Label) -> list[str]:
    """The items of a list, where no sentence has more of what is asked about than the line above them."""
    documents, ranked = draft.prose.documents, draft.prose.ranked
    found = lists.answering(draft.asked, documents)
    if found is None or (ranked and ranked[0].score >= ANSWERS and ranked[0].own > found.score + _SAYS_MORE):
        return []
    return [shown.quote(item, documents[found.document], label) for item in found.items[: lists.MOST]]


def _part_lines(draft: Draft, label: Label) -> list[str]:
    """The parts that a table is broken down by, where no sentence lists them."""
    ranked = draft.prose.ranked
    if any(one.enumerates and one.score >= ANSWERS for one in ranked):
        return []
    documents = [document for _, document, _ in draft.tables] or draft.prose.documents
    found = breakdowns.answering(draft.asked, documents)
    if found is None:
        return []
    index, parts = found
    return [shown.name(part.chunk, part.start, part.end, documents[index], label) for part in parts]


def _field_lines(draft: Draft, label: Label) -> list[str]:
    """Fields of forms and tables, where no sentence says more of what is asked about."""
    if not draft.fields or draft.asked.kinds & _NO_FIELD:
        return []
    best, ranked = draft.fields[0], draft.prose.ranked
    if ranked and ranked[0].score >= ANSWERS and _says_more(draft.asked, ranked[0], best):
        return []
    documents = draft.prose.documents
    pairs = [(one, field) for one in draft.fields for field in (one.field, one.then) if field is not None]
    lines = [shown.field(field, documents[one.document], label) for one, field in pairs]
    return list(dict.fromkeys([*lines, *_growth_lines(draft, label), *_gap_lines(draft, label)]))


def _growth_lines(draft: Draft, label: Label) -> list[str]:
    """What changed from the earlier field to the later one."""
    lines = []
    for one in draft.fields:
        document = draft.prose.documents[one.document]
        pair = [amounts.read(field.value, document.language) for field in (one.field, one.then) if field is not None]
        if one.then is None or pair[0] is None or pair[1] is None or pair[0].unit != pair[1].unit:
            continue
        text = working.growth(pair[0], pair[1], phrases(draft.asked.language))
        marks = [shown.field_mark(field, document, label) for field in (one.field, one.then)]
        lines += _computed(text, marks, document)
    return lines


def _gap_lines(draft: Draft, label: Label) -> list[str]:
    """By how much one of two fields is more than the other, where that is asked for."""
    values = [one.field.value for one in draft.fields]
    if len(draft.fields) == 1:
        values = lookup.named_parts(draft.asked, draft.fields[0].field)
    if "gap" not in draft.asked.kinds or len(values) != _TWO:
        return []
    documents = draft.prose.documents
    document = documents[draft.fields[0].document]
    text = working.gap(values[0], values[1], document.language, phrases(draft.asked.language))
    marks = [shown.field_mark(each.field, documents[each.document], label) for each in draft.fields]
    return _computed(text, marks, document)


def _against_lines(draft: Draft, found: Sequence[Scored], label: Label) -> list[str]:
    """What changed by two amounts that the best sentence sets against each other, where that is asked for."""
    if not draft.asked.kinds & CHANGES or not found or found[0].field:
        return []
    document = draft.prose.documents[found[0].document]
    pair = amounts.set_against(found[0].sentence.text, document.language)
    if pair is None:
        return []
    text = working.growth(*pair, phrases(draft.asked.language))
    return _computed(text, [shown.quote_mark(found[0].sentence, document, label)], document)


def _says_more(asked: Asked, sentence: Scored, field: FoundField) -> bool:
    """Whether a sentence has more of what is asked about than a field: where a figure is asked for, it has one, and
    the field has none or lacks something of the sentence."""
    if not field.fits and sentence.kind:
        return True
    if sentence.own <= field.cover + _SAYS_MORE or (sentence.lacks_figure and _has_digit(field.field.value)):
        return False
    return field.score < _WELL_NAMED or any(
        share(group, sentence.sentence.words) > 0 and not lookup.has(field.field, group) for group in asked.groups
    )


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _table_lines(draft: Draft, words: Mapping[str, str], label: Label) -> tuple[list[str], float]:
    lines: list[str] = []
    best = 0.0
    for _, document, found in draft.tables:
        for answer in found:
            best = max(best, answer.score)
            lines += _answer_lines(answer, document, words, label)
    lines += _changes_between_reports(draft, words, label)
    return list(dict.fromkeys(lines)), best


def _changes_between_reports(draft: Draft, words: Mapping[str, str], label: Label) -> list[str]:
    """Returns lines about what changed from one report of an organisation to another, where both state one figure
    of the same kind.
    """
    held = [
        (one, document, found[0])
        for one, document, found in draft.tables
        if len(found) == 1 and len(found[0].found) == 1
    ]
    if len(held) != _TWO or len(draft.tables) != _TWO or held[0][0].profile.names != held[1][0].profile.names:
        return []
    held.sort(key=lambda one: one[2].found[0].period.end or date.min)
    (_, early, then), (_, late, now) = held
    if not now.name or now.name != then.name or now.found[0].period.months != then.found[0].period.months:
        return []
    text = working.change(now.found[0], then.found[0], words)
    marks = [shown.row_mark(now.found[0], late, label), shown.row_mark(then.found[0], early, label)]
    return _computed(text, marks, late)


def _answer_lines(answer: Answer, document: Opened, words: Mapping[str, str], label: Label) -> list[str]:
    lines = []

    def work_out(text: str, of: Sequence[Found]) -> list[str]:
        return _computed(text, [shown.row_mark(one, document, label) for one in of], document)

    for found, then in zip(answer.found, answer.then, strict=True):
        lines.append(shown.cell(found, document, label))
        if then is not None:
            lines.append(shown.cell(then, document, label))
            lines += work_out(working.change(found, then, words), [found, then])
    if answer.whole is not None:
        lines.append(shown.cell(answer.whole, document, label))
        text = working.share(answer.name, answer.found[0], answer.whole, words)
        lines += work_out(text, [answer.found[0], answer.whole])
    if answer.worked_from:
        by_name = dict(zip(answer.worked_from, answer.found, strict=True))
        text = working.measure(answer.name, answer.formula, answer.title, by_name, words)
        lines += work_out(text, answer.found)
    if answer.parts:
        lines += work_out(working.total(answer.found, answer.name.replace("_", " "), words), answer.found)
    return lines


def _computed(text: str, marks: Sequence[str], document: Opened) -> list[str]:
    """A computed line, its numbers written as in the document that they are from; none without a text."""
    return [f"- {working.localised(text, document.language)} {' '.join(marks)}"] if text else []


def wants_prose(asked: Asked, beside_cells: bool) -> bool:
    """Whether sentences are wanted: always without cells; with them, where the question asks for more than figures."""
    textual = any(not concept(name)["rows"] or concept(name).get("in_text") for name in asked.concepts)
    return not beside_cells or textual or bool(asked.kinds & _PROSE_KINDS)


def _sentences(draft: Draft, beside_cells: bool) -> list[Scored]:
    """The sentences to quote: those that answer, and with cells those that say more about them."""
    ranked = draft.prose.ranked
    if not ranked or not wants_prose(draft.asked, beside_cells):
        return []
    if not draft.choice.narrowed:
        floor = max(ANSWERS, _CLOSE_TO_BEST * ranked[0].score)
        chosen = [one for one in ranked if one.score >= floor and not is_lead_in(one)][:_QUOTES]
        if chosen and _says_all(draft, chosen[0]):
            return _of_same_verb(draft.asked, [one for one in chosen if _says_all(draft, one)])
        return chosen + _completing(draft, chosen)
    ends = [one.end for one in draft.choice.documents if one.end]
    quarters = frozenset(
        label.quarter for one in draft.choice.documents for label in one.profile.labels if label.quarter
    )
    enough = [one for one in ranked if one.score >= (RELATED if one.kind or beside_cells else ANSWERS)]
    enough = [one for one in enough if not is_lead_in(one)]
    if not beside_cells:
        enough = quoting.answering(draft.asked, draft.choice, enough)
    enough.sort(key=lambda one: weighed(one, ends, quarters), reverse=True)
    if not beside_cells and not quarters and enough and _says_all(draft, enough[0]):
        return _of_same_verb(draft.asked, [one for one in enough if _says_all(draft, one)])[:_RELATED_QUOTES]
    stated = stating(draft.asked, draft.prose.documents, ends)[:_STATED] if beside_cells else []
    texts = {one.sentence.text for one in stated}
    return [*stated, *(one for one in enough if one.sentence.text not in texts)][:_RELATED_QUOTES]


def _says_all(draft: Draft, one: Scored) -> bool:
    """Whether a sentence has a figure that is asked for and all words of the question, names also above it: figures of
    other sentences would only confuse. In scripts without spaces common pairs of characters are taken for words."""
    asked, document = draft.asked, draft.prose.documents[one.document]
    if not asked.kinds & OF_FIGURES or not one.kind or UNSPACED.search(asked.text):
        return False
    over = one.sentence.words | one.sentence.context | document.opening
    return all(
        share(group, over if group.tells_apart or group.may_name else one.sentence.words) == 1
        for group in asked.groups
        if group.alternatives
    )


def _of_same_verb(asked: Asked, found: Sequence[Scored]) -> list[Scored]:
    """The sentences; where the first has the verb of the question, only those that have it: how long something lasts
    is not how long its notice is."""
    verbs = [group for group in asked.fields if group.is_soft and share(group, found[0].sentence.words) == 1]
    return [one for one in found if all(share(group, one.sentence.words) == 1 for group in verbs)]


def _completing(draft: Draft, chosen: Sequence[Scored]) -> list[Scored]:
    """A sentence beside the best one with what is asked about and no chosen one has."""
    held = frozenset().union(*(one.sentence.words for one in chosen))
    missing = [group for group in draft.asked.groups if not any(words <= held for words in group.alternatives)]
    for one in draft.prose.ranked if chosen else ():
        near = (one.document, one.sentence.chunk) == (chosen[0].document, chosen[0].sentence.chunk)
        if near and any(words <= one.sentence.words for group in missing for words in group.alternatives):
            return [one]
    return []


def _refusal(draft: Draft, words: Mapping[str, str]) -> str:
    asked, choice = draft.asked, draft.choice
    text = words["nothing"]
    if choice.narrowed and choice.documents and asked.period is not None and asked.concepts:
        names = ", ".join(one.profile.name for one in choice.documents[:2])
        text = words["no_cell"].format(name=names, period=shown.period_text(asked.period))
    near = [draft.prose.documents[one.document].chunks[one.sentence.chunk] for one in draft.prose.ranked[:_CLOSEST]]
    links = list(dict.fromkeys(shown.link(chunk) for chunk in near)) or _hit_links(draft.hits)
    return f"{text}\n\n{words['closest']} {', '.join(links)}" if links else text


def _hit_links(hits: Sequence[Hit]) -> list[str]:
    return list(dict.fromkeys(f"[{hit.document_name}]({hit.reference_url})" for hit in hits[:_CLOSEST]))


def refuse_period(asked: Asked, period: Period, closest: Sequence[ChunkText]) -> str:
    words = phrases(asked.language)
    text = words["no_period"].format(period=shown.period_text(period))
    links = ", ".join(shown.link(chunk) for chunk in closest)
    return f"{text}\n\n{words['closest']} {links}" if links else text
