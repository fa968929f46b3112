"""The settings by name, with defaults and meanings, as `citewell serve --help` lists them."""

from pydantic_core import PydanticUndefined
from rich.markup import escape

from citewell.settings import Settings


def settings_help() -> str:
    """Returns a paragraph for each setting, in rich's markup: environment variable, default and meaning."""
    lines = ["[bold]Settings[/], from the environment or citewell.toml (docs/settings.md):"]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        is_empty = default is None or default is PydanticUndefined or default in ("", [], {})
        shown = "" if is_empty else str(default).lower() if isinstance(default, bool) else str(default)
        lines.append(f"[cyan]CITEWELL_{name.upper()}[/]={escape(shown)}  {escape(field.description or '')}")
    return "\n\n".join(lines)
