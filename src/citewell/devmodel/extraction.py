"""The scripted model's results of extraction: values for the properties of a schema, and replies in interviews."""

import re
from typing import Any

import msgspec

_SCHEMA = re.compile(r"^Schema of an object[^\n]*\n(\{.*\})$", re.MULTILINE)
_INTERVIEW = re.compile(r"Passages:\n(.*)\n\n(?:The expert said:\n(.*)|Begin: .*)", re.DOTALL)
_PASSAGE = re.compile(r"^\[(\d+)\] [^\n]*?: ([^\n]+)", re.MULTILINE)
_TAGGING = re.compile(r"^Tags:\n([^\n]*)\n.*?Passages:\n\n(.*)", re.DOTALL)
_ALERTING = re.compile(r"^Instructions:\n(.*?)\n\nRows:\n\n(.*)", re.DOTALL)
_NUMBERED = re.compile(r"^\[(\d+)\] (.*?)(?=^\[\d+\] |\Z)", re.DOTALL | re.MULTILINE)
_OUTLINE = "Outline of the document:"
_INVENTED = "Nowhere 4711-XYZ"


def is_interview(question: str) -> bool:
    return _INTERVIEW.search(question) is not None


def looks_up(question: str) -> bool:
    """Whether the question shows the outline of a document in which things can be looked up."""
    return _OUTLINE in question


def look(question: str) -> str:
    """A request for the parts that hold the names of the schema's properties."""
    found = _SCHEMA.search(question)
    names = msgspec.json.decode(found[1].encode()).get("properties", {}) if found else {}
    return msgspec.json.encode({"look": [{"find": name.replace("_", " ")} for name in list(names)[:4]]}).decode()


def answer(question: str, *, broken: bool, invent: bool) -> str:
    """An answer as an obliging model gives it; `broken` ends too early, `invent` adds a value that no text has."""
    if (talk := _INTERVIEW.search(question)) is not None:
        said = _interview(talk[1], talk[2] or "", invent=invent)
        return said[: len(said) // 2] if broken else said
    for pattern, make in ((_TAGGING, _tags), (_ALERTING, _alerts)):
        if (match := pattern.search(question)) is not None:
            said = make(match[1], match[2], invent=invent)
            return said[: len(said) // 2] if broken else said
    found = _SCHEMA.search(question)
    if found is None:
        return '{"objects": []}'
    properties = msgspec.json.decode(found[1].encode()).get("properties", {})
    text = question[found.end() :]
    values: dict[str, Any] = {}
    quotes: dict[str, str] = {}
    for name, schema in properties.items():
        label = re.escape(name.replace("_", " "))
        line = re.search(rf"^(?:\[\d+\])?\W*({label}\s*[:|]\s*(.+?))\s*$", text, re.IGNORECASE | re.MULTILINE)
        if line is not None:
            values[name], quotes[f"/{name}"] = _typed(line[2], schema), line[1]
        elif invent:
            values[name], quotes[f"/{name}"] = _INVENTED, _INVENTED
    said = msgspec.json.encode({"objects": [{"values": values, "quotes": quotes}] if values else []}).decode()
    return said[: len(said) // 2] if broken else f"```json\n{said}\n```"


def _interview(passages: str, answer: str, *, invent: bool) -> str:
    """Learns the first line of an answer, and says that it contradicts the first passage; `invent` adds words that
    nobody said."""
    line = answer.strip().split("\n")[0]
    learned = [{"artifact": "general_knowledge", "statement": line, "quote": line}] if line else []
    first = _PASSAGE.search(passages)
    against = [{"said": line, "passage": int(first[1]), "quote": first[2]}] if first and line else []
    if invent:
        learned.append({"artifact": "general_knowledge", "statement": _INVENTED, "quote": _INVENTED})
        against.append({"said": line, "passage": 1, "quote": _INVENTED})
    reply = "Which of the two holds?" if against else "What else should I know?" if line else "What do you know?"
    made = {"reply": reply, "asks": "general_knowledge", "contradictions": against, "learned": learned}
    return msgspec.json.encode(made | {"finished": False}).decode()


def _tags(tags: str, passages: str, *, invent: bool) -> str:
    """A tag for each line that holds its name or one of its values; `invent` adds one whose words nobody wrote."""
    found: list[dict[str, Any]] = []
    for tag in msgspec.json.decode(tags.encode()):
        key = tag.get("id") or tag["name"]
        for value in tag.get("possible_values") or [tag["name"]]:
            for number, text in _NUMBERED.findall(passages):
                line = next((line for line in text.splitlines() if str(value).lower() in line.lower()), None)
                if line is not None:
                    one = {"passage": int(number), "tag": key, "value": value, "reason": f"It speaks of {value}."}
                    found.append(one | {"quote": line})
        if invent:
            found.append({"passage": 1, "tag": key, "value": _INVENTED, "reason": "Why not?", "quote": _INVENTED})
    return msgspec.json.encode({"tags": found}).decode()


def _alerts(instructions: str, rows: str, *, invent: bool) -> str:
    """An alert for each row that holds a word that the instructions put in quotation marks."""
    found: list[dict[str, Any]] = []
    for number, text in _NUMBERED.findall(rows):
        for word in [*re.findall(r'"([^"]+)"', instructions), *([_INVENTED] if invent else [])]:
            if word in text or word == _INVENTED:
                one = {"row": int(number), "field": "", "message": f"It says {word}.", "severity": "high"}
                found.append(one | {"quote": word})
    return msgspec.json.encode({"alerts": found}).decode()


def _typed(text: str, schema: dict[str, Any]) -> Any:
    if schema.get("type") in ("number", "integer"):
        digits = re.sub(r"[^\d.-]", "", text.replace(",", ""))
        try:
            return int(digits) if schema["type"] == "integer" else float(digits)
        except ValueError:
            return text
    return text.lower() in ("yes", "true") if schema.get("type") == "boolean" else text
