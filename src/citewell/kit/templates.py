"""HTML from templates: every value is escaped, and a value that a template misses is an error."""

from typing import Any

import jinja2

_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("citewell", "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(name: str, **values: Any) -> str:
    """The template of this name below `citewell/templates`, filled in."""
    return _environment.get_template(name).render(**values)
