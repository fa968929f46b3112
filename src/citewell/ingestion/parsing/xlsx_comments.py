"""Comments of cells: notes, and the threads of newer programs."""

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.ooxml import Package, S
from citewell.ingestion.parsing.sheet import Range, range_of

_THREADED = "{http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments}"
_STAND_IN = "[Threaded comment]"  # what old programs show in the place of a thread


def comments_of(package: Package, part: str) -> list[tuple[Range, str]]:
    """Cell and text of each comment of a sheet, in the order of the rows."""
    threads = _threads(package, part)
    found = threads + _notes(package, part, with_stand_ins=not threads)
    return sorted(found, key=lambda comment: (comment[0].top, comment[0].left))


def _notes(package: Package, part: str, *, with_stand_ins: bool) -> list[tuple[Range, str]]:
    """Notes. What stands in for a thread holds its words behind a hint, and counts where the thread is not there."""
    root = package.optional_xml(package.related(part, "comments"))
    if root is None:
        return []
    authors = [author.text or "" for author in root.iterfind(f"{S}authors/{S}author")]
    notes = []
    for comment in root.iter(f"{S}comment"):
        text = "".join(piece.text or "" for piece in comment.iter(f"{S}t") if not _is_phonetic(piece)).strip()
        cell = range_of(comment.get("ref") or "")
        if cell is None or not text or (text.startswith(_STAND_IN) and not with_stand_ins):
            continue
        if text.startswith(_STAND_IN):
            words = text.partition("Comment:")[2] or text.removeprefix(_STAND_IN)
            notes.append((cell, _shown(comment.get("ref") or "", "", " ".join(words.split()))))
            continue
        index = comment.get("authorId") or ""
        author = authors[int(index)].strip() if index.isdigit() and int(index) < len(authors) else ""
        notes.append((cell, _shown(comment.get("ref") or "", author, text.removeprefix(f"{author}:").strip())))
    return notes


def _threads(package: Package, part: str) -> list[tuple[Range, str]]:
    people: dict[str, str] = {}
    for target in package.all_related(package.main, "person"):
        root = package.optional_xml(target)
        for person in root.iter(f"{_THREADED}person") if root is not None else ():
            people[person.get("id") or ""] = person.get("displayName") or ""
    comments = []
    for target in package.all_related(part, "threadedComment"):
        root = package.optional_xml(target)
        for comment in root.iter(f"{_THREADED}threadedComment") if root is not None else ():
            cell = range_of(comment.get("ref") or "")
            text = (comment.findtext(f"{_THREADED}text") or "").strip()
            if cell is not None and text:
                author = people.get(comment.get("personId") or "", "")
                comments.append((cell, _shown(comment.get("ref") or "", author, text)))
    return comments


def _is_phonetic(piece: Element) -> bool:
    parent = piece.getparent()
    return parent is not None and parent.tag == f"{S}rPh"


def _shown(reference: str, author: str, text: str) -> str:
    named = author and author.lower() not in ("", "author", "none", "openpyxl", "unknown author")
    return f"Comment on {reference} by {author}: {text}" if named else f"Comment on {reference}: {text}"
