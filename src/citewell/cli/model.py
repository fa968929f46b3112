"""`citewell model`: what a model server can do."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from citewell.agent.models.abilities import key_of, store_abilities
from citewell.agent.models.check import Finding, check_model
from citewell.agent.models.pool import config_of
from citewell.cli.options import DataDir, load_settings
from citewell.errors import SetupError

console = Console(highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Find out what a model server can do.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command(epilog="Example: citewell model check openai/llama3")(check)
    app.add_typer(group, name="model")


def check(
    name: Annotated[str | None, typer.Argument(help='Like "openai/llama3"; without it, the server\'s model.')] = None,
    probe: Annotated[
        bool,
        typer.Option(
            help="If the server does not state the length of the context, send up to 8 long texts to find it."
        ),
    ] = True,
    data_dir: DataDir = None,
) -> None:
    """Test a model with a few small requests: whether it streams, calls tools, reasons and follows a JSON schema, how
    long its context is, and how fast it is.

    This takes less than a minute. The limits that Citewell must adapt to (no tools, a small context) are stored in the
    data folder and apply from the next start.
    """
    settings = load_settings(data_dir, None)
    config = config_of(settings, name or settings.model)
    if config.model == "extractive":
        raise SetupError("The built-in model needs no check. Name one, like: citewell model check openai/llama3")
    console.print(f"[bold]{config.model}[/] at {config.base_url or 'its own address'}")
    found = asyncio.run(check_model(config, _print, probe=probe))
    if found is None:
        raise SetupError(
            "The model does not answer: check CITEWELL_MODEL_BASE_URL, CITEWELL_MODEL_API_KEY and the name."
        )
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    store_abilities(settings.data_dir, key_of(config.model, config.base_url), found)
    console.print("Stored. A running server uses it after its next start.")


def _print(finding: Finding) -> None:
    sign = {True: "[green]yes[/]", False: "[yellow]no [/]", None: "   "}[finding.works]
    console.print(f"{sign}  [bold]{finding.subject:<22}[/] ", end="")
    console.print(finding.note, markup=False)
