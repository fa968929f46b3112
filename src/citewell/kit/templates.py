"""Renders HTML templates. Every value is escaped, and a missing value is an error."""

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
    """Render a template of `citewell/templates`."""
    return _environment.get_template(name).render(**values)
