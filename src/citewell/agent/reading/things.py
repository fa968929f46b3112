"""The things that a question is about beside the lines that it names, such as a segment or a product, and whether a row
is about them."""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from citewell.agent.reading.cells import Found
from citewell.agent.reading.choosing import Chosen
from citewell.agent.reading.document import Opened
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.rows import heads_of, is_light, terms
from citewell.agent.reading.weights import share
from citewell.search.analyse import analyse, query_terms

_CALLED_OFTEN = 3  # times a document names a thing together with its owner


def things_of(asked: Asked, document: Opened, chosen: Chosen, beside: Sequence[Chosen]) -> list[Group]:
    """Returns the things that rows are searched for: without names of documents and words of little weight."""
    items = [item for item in asked.items if not any(_is_name_of(item, one) for one in (chosen, *beside))]
    items = [
        _as_in_tables(item) for item in items if not is_light(item) and not _stands_in_title(item, document, chosen)
    ]
    return _with_owner(asked, items, document)


def _is_name_of(item: Group, chosen: Chosen) -> bool:
    """Whether a word names the document or whose it is, and so nothing in it."""
    words = set(item.text.lower().replace("’", "'").removesuffix("'s").replace(".", " ").replace("-", " ").split())
    return bool(words & (chosen.profile.names | chosen.profile.title))


def _stands_in_title(item: Group, document: Opened, chosen: Chosen) -> bool:
    """Whether the title of a document that is no periodic report has a name: then all of its tables are about it."""
    path = document.chunks[0].heading_path
    if chosen.profile.months or not path or not (item.tells_apart or item.may_name):
        return False
    return share(item, frozenset(analyse(path[0], document.language))) == 1


def _as_in_tables(item: Group) -> Group:
    """The item with the forms that it has in the labels of tables, which are analysed alike in all languages."""
    plain = frozenset(query_terms(item.text, ["en"]))
    if item.concept or not plain or plain in item.alternatives:
        return item
    return msgspec.structs.replace(item, alternatives=(*item.alternatives, plain))


def _with_owner(asked: Asked, items: Sequence[Group], document: Opened) -> list[Group]:
    """Returns the items; one behind the name of its owner is called by both where the document does so: "Microsoft
    Cloud" is more than a cloud of Microsoft's."""
    found = []
    for item in items:
        owner = re.search(rf"(?<![\w-])([A-ZÀ-Þ][\w.&-]+) {re.escape(item.text)}(?!\w)", asked.text)
        if item.is_name and len(item.alternatives) == 1 and owner and _is_called(owner[0], document):
            words = frozenset(query_terms(owner[0], ["en"]))
            item = Group(owner[0], (words,), is_name=True)
        found.append(item)
    return found


def _is_called(name: str, document: Opened) -> bool:
    return sum(chunk.content.count(name) for chunk in document.chunks) >= _CALLED_OFTEN


def whole_names(items: Sequence[Group]) -> list[Group]:
    """The items, with words of one name as one of them, where its initials say that they are one: "Web Services" (AWS)
    is not services."""
    shared = Counter(words for item in items if item.is_name for words in frozenset(item.alternatives))
    found = list(items)
    for initials, count in shared.items():
        parts = [item for item in found if item.is_name and initials in item.alternatives]
        if count > 1 and len(parts) > 1:
            whole = frozenset().union(*(part.alternatives[0] for part in parts))
            name = Group(" ".join(part.text for part in parts), (whole, initials), is_name=True)
            found = [*(item for item in found if item not in parts), name]
    return found


def has_item(found: Found, items: Sequence[Group]) -> bool:
    """Whether one of the items is in the row's label, its section or the head of its table."""
    held = terms(f"{found.row.label} {found.row.section}") | heads_of(found.table)
    return any(words <= held for item in items for words in item.alternatives)


def lacks_name(found: Found, items: Sequence[Group]) -> bool:
    """Whether the question names something that neither the row nor what stands over it has."""
    named = [item for item in items if item.is_name]
    if any(" " in item.text and not has_item(found, [item]) for item in named):
        return True
    if is_by_item(found, items):
        return False
    over = terms(f"{found.row.label} {found.row.section} {found.table.caption} {found.table.heading}")
    over |= heads_of(found.table)
    return bool(named) and not any(words <= over for item in named for words in item.alternatives)


def is_by_item(found: Found, items: Sequence[Group]) -> bool:
    """Whether the row's label has a word of an item: then the table has a row for each such thing."""
    own = terms(found.row.label)
    return any(words & own for item in items for words in item.alternatives)
