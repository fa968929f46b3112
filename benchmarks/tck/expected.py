"""The values that scenarios expect, and results in the same form."""

import re
from typing import Any

_WORDS = {"true": True, "false": False, "null": None}


class Reader:
    """Reads a value such as `(:A {n: 1})`, `[:R]`, `<(:A)-[:R]->(:B)>` or `{a: [1, null]}`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def value(self) -> Any:
        self._skip()
        rest = self._text[self._at :]
        if rest.startswith("[:"):
            return self._relation()
        for start, read in (
            ("[", self._list),
            ("{", self._map),
            ("(", self._node),
            ("<", self._path),
            ("'", self._string),
        ):
            if rest.startswith(start):
                return read()
        if match := re.match(r"(true|false|null|NaN|-?Inf(?:inity)?)\b", rest):
            self._at += match.end()
            return _WORDS.get(match[0])  # NaN and infinity are null in JSON
        match = re.match(r"-?(?:\d*\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)", rest)
        if match:
            self._at += match.end()
            return float(match[0])
        whole = re.match(r"-?\d+", rest)
        assert whole is not None, self._text
        self._at += whole.end()
        return int(whole[0])

    def _skip(self) -> None:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1

    def _take(self, text: str) -> bool:
        self._skip()
        if not self._text.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def _name(self) -> str:
        self._skip()
        match = re.match(r"`([^`]*)`|(\w+)", self._text[self._at :])
        assert match is not None, self._text
        self._at += match.end()
        return match[1] or match[2]

    def _list(self) -> Any:
        self._take("[")
        found: list[Any] = []
        while not self._take("]"):
            self._take(",")
            found.append(self.value())
        return found

    def _map(self) -> dict[str, Any]:
        self._take("{")
        found: dict[str, Any] = {}
        while not self._take("}"):
            self._take(",")
            name = self._name()
            self._take(":")
            found[name] = self.value()
        return found

    def _string(self) -> str:
        self._at += 1
        made = ""
        while self._text[self._at] != "'":
            if self._text[self._at] == "\\":
                self._at += 1
                made += {"n": "\n", "t": "\t"}.get(self._text[self._at], self._text[self._at])
            else:
                made += self._text[self._at]
            self._at += 1
        self._at += 1
        return made

    def _properties(self) -> dict[str, Any]:
        self._skip()
        return self._map() if self._text.startswith("{", self._at) else {}

    def _node(self) -> Any:
        self._take("(")
        labels: list[str] = []
        while self._take(":"):
            labels.append(self._name())
        properties = self._properties()
        self._take(")")
        return ("node", *sorted(labels), comparable(properties))

    def _relation(self) -> Any:
        self._take("[:")
        kind = self._name()
        properties = self._properties()
        self._take("]")
        return ("relation", kind, comparable(properties))

    def _path(self) -> Any:
        self._take("<")
        parts = [self._node()]
        while not self._take(">"):
            backwards = self._take("<")
            self._take("-")
            relation = self._relation()
            self._take("-")
            self._take(">")
            parts += [(relation, backwards), self._node()]
        return ("path", *parts)


def comparable(value: Any, *, unordered: bool = False) -> Any:
    """A value as what equals it alone: 1 is not 1.0 and not true. With `unordered`, the order of lists is nothing."""
    match value:
        case tuple():
            return value
        case list():
            inner = [comparable(one, unordered=unordered) for one in value]
            return ("list", *(sorted(inner, key=repr) if unordered else inner))
        case {"_labels": labels, "_id": _, **properties}:
            return ("node", *sorted(labels), comparable(properties))
        case {"_type": kind, "_id": _, "_start": _, "_end": _, **properties}:
            return ("relation", kind, comparable(properties))
        case {"nodes": list(nodes), "relations": list(relations)}:
            return _path(nodes, relations)
        case dict():
            return ("map", *sorted((key, comparable(one, unordered=unordered)) for key, one in value.items()))
        case float():
            return ("float", repr(value))
        case _:
            return (type(value).__name__, value)


def _path(nodes: list[Any], relations: list[Any]) -> Any:
    parts = [comparable(nodes[0])]
    for node, relation, after in zip(nodes, relations, nodes[1:], strict=False):
        parts += [(comparable(relation), relation["_start"] != node["_id"]), comparable(after)]
    return ("path", *parts)
