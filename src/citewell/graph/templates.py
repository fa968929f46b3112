"""Templates of queries, with placeholders for values: `$name`, or `{name}` as in Python's `str.format`."""

import re
from collections.abc import Mapping
from typing import Any

from citewell.errors import InvalidFields

_PLACE = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[:|]\s*\{(?P<label>\w+)\}|\{(?P<value>\w+)\}", re.DOTALL)
_NAMED = re.compile(r"\$(\w+)|(?<!\w)(?<!\w\s)\{(\w+)\}")
_INSIDE = re.compile(r"\{(\w+)\}")


def places_of(template: str) -> list[str]:
    """Returns the names of the placeholders: `$name`, and `{name}` without anything else in the braces."""
    if "{{" in template:
        template = template.replace("{{", "").replace("}}", "")
    return list(dict.fromkeys(one for pair in _NAMED.findall(template) for one in pair if one))


def filled(template: str, variables: Mapping[str, Any]) -> str:
    """Returns the query with a parameter in place of each placeholder, so that no value can change the syntax.

    `{name}` after a colon is a label or type, and inserted as a quoted name. Inside quotation marks it is joined to the
    text. Braces that name no variable are left as Cypher's own. Raises InvalidFields for a label that is not a text.
    """
    if "{{" in template:
        template = template.replace("{{", "{").replace("}}", "}")

    def substitute(match: re.Match[str]) -> str:
        if (label := match["label"]) is not None and label in variables:
            return f"{match[0][0]}{_quoted(label, variables[label])}"
        if (name := match["value"]) is not None and name in variables:
            return f"${name}"
        if match[0][0] in "'\"":
            return _inside(match[0], variables)
        return match[0]

    return _PLACE.sub(substitute, template)


def _quoted(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidFields({f"template_variables.{name}": ["Stands for a label, so it must be text."]})
    return "`" + value.replace("`", "``") + "`"


def _inside(quoted: str, variables: Mapping[str, Any]) -> str:
    """Returns an expression that joins the parts of a quoted text with the parameters in it."""
    names = [name for name in _INSIDE.findall(quoted) if name in variables]
    if not names:
        return quoted
    mark, parts, rest = quoted[0], list[str](), quoted[1:-1]
    for name in names:
        before, _, rest = rest.partition("{" + name + "}")
        parts += [f"{mark}{before}{mark}", f"toString(${name})"]
    return "(" + " + ".join([*parts, f"{mark}{rest}{mark}"]) + ")"
