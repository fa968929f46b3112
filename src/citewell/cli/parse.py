"""`citewell parse`: what is read in a file, without a server."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer

from citewell.ingestion.blocks import Block, ParsedDocument
from citewell.ingestion.parsing import DEFAULT, ParseFailed, parse
from citewell.ingestion.sniff import UnsupportedFile, sniff_file
from citewell.search.language import detect_language


def add_to(app: typer.Typer) -> None:
    app.command("parse", epilog="Example: citewell parse report.pdf --json")(parse_file)


def parse_file(
    file: Annotated[Path, typer.Argument(help="The file to read.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is read in a file: its blocks of text, their places, and warnings. Needs no server."""
    try:
        document = asyncio.run(_parsed(file))
    except (UnsupportedFile, ParseFailed) as failure:
        _fail(failure.code, failure.message, as_json)
    except FileNotFoundError:
        _fail("not_found", f"There is no file {file}.", as_json)
    except OSError as error:
        _fail("unreadable", f"Cannot read {file}: {error.strerror}.", as_json)
    typer.echo(msgspec.json.encode(shown(document)).decode() if as_json else "\n".join(_lines(document)))


async def _parsed(path: Path) -> ParsedDocument:
    sniffed = sniff_file(path, path.name)
    languages = os.environ.get("CITEWELL_RECOGNITION_LANGUAGES", DEFAULT.languages)
    document = await parse(path, sniffed.kind, limits=msgspec.structs.replace(DEFAULT, languages=languages))
    return sniffed.warned(document)


def shown(document: ParsedDocument) -> dict[str, Any]:
    """Returns the document as `citewell parse --json` prints it. Boxes are points from the page's top left."""
    return {
        "text": document.text,
        "language": detect_language(document.text),
        "warnings": document.warnings,
        "blocks": [_block(block) for block in document.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    return {
        "type": block.type,
        "text": block.text,
        "page": block.page,
        "place": block.place,
        "bbox": block.bbox,
        "level": block.level,
        "rows": block.rows,
    }


def _lines(document: ParsedDocument) -> list[str]:
    lines = [f"Warning: {warning}" for warning in document.warnings]
    for block in document.blocks:
        lines.append(f"--- {block.type}{f', {block.place}' if block.place else ''}\n{block.text}")
    return lines


def _fail(code: str, message: str, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(msgspec.json.encode({"code": code, "message": message}).decode())
    else:
        typer.echo(f"citewell: {message}", err=True)
    raise SystemExit(1)
