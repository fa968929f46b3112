"""The commands that README, manual and `--help` show: each is one that the command line or the API takes."""

import itertools
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pytest
from jsonschema import Draft202012Validator
from typer.main import get_command

from citewell.cli import app
from citewell.cli.lazy import COMMANDS, load
from citewell.jobs.lanes import QUEUES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOME_ID = "01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71"
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_COMMENT = re.compile(r"(^|\s)#\s.*$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"<[a-z ]*id>|\$\{?[A-Z_]+\}?")
_ADDRESS = re.compile(r"^(\w+)=(https?://\S+)$", re.MULTILINE)
# Of pages that do not set these themselves.
_ADDRESSES = {"P": "http://here/api/v1/projects/$PROJECT", "BASE": "http://here", "CITEWELL_URL": "http://here"}
_BODY = ("-d", "--json")


def blocks() -> Iterator[tuple[str, str]]:
    """The shell examples of all pages, with where they stand."""
    for page in PAGES:
        for found in _BLOCK.finditer(page.read_text()):
            yield page.relative_to(ROOT).as_posix(), found[1].replace("\\\n", " ")


def commands(text: str, *programs: str) -> Iterator[list[str]]:
    """The words of each call of one of the programs, also inside of pipes and `$(...)`."""
    lexer = shlex.shlex(_COMMENT.sub("", text), posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    words: list[str] = []
    for word in [*lexer, "\n"]:
        if set(word) <= set("();<>|&\n"):
            call = list(itertools.dropwhile(lambda one: re.fullmatch(r"\w+=.*", one), words))
            if call and call[0].rpartition("/")[2] in programs:
                yield call
            words = []
        else:
            words.append(word)


def examples_of_help() -> Iterator[tuple[str, str]]:
    """What stands behind "Example:" at the end of each command's help."""
    for known in COMMANDS:
        command = load(known)
        under = command.commands.values() if isinstance(command, click.Group) else [command]
        for one in under:
            for text in re.findall(
                r"(?:^Example: |or |then )(?:\w+=\$\()?(citewell .*?)(?:\)?$|, (?=or |then ))", one.epilog or ""
            ):
                yield f"citewell {known.name} --help", text


def shown_commands() -> list[Any]:
    found = [(place, words) for place, text in blocks() for words in commands(text, "citewell")]
    found += [(place, shlex.split(text)) for place, text in examples_of_help()]
    return [pytest.param(words[1:], id=f"{place}: {' '.join(words[1:4])}") for place, words in found]


@pytest.mark.parametrize("words", shown_commands())
def test_the_command_line_takes_it(words: list[str]) -> None:
    """Command, options and the kinds of its arguments; nothing runs."""
    command: Any = get_command(app)
    arguments = [SOME_ID if re.fullmatch(r"[A-Z]{2,}|\$[A-Z]+", word) else word for word in words]
    context = None
    name = "citewell"
    while True:
        context = command.make_context(name, list(arguments), parent=context)
        if not isinstance(command, click.Group):
            return
        name, command, arguments = command.resolve_command(context, [*context._protected_args, *context.args])


def test_examples_are_found() -> None:
    """Else the tests above and below say nothing."""
    assert len(shown_commands()) > 35
    assert len(list(requests())) > 20


def test_workers_that_share_the_queues_leave_none_out() -> None:
    text = (ROOT / "docs" / "scaling.md").read_text()
    named = [name for found in re.findall(r"worker --queues (\S+)", text) for name in found.split(",")]
    assert sorted(named) == sorted(QUEUES)


def requests() -> Iterator[tuple[str, str, str, Any]]:
    """Page, method, path and JSON body of each curl to the API."""
    for place, text in blocks():
        addresses = _ADDRESSES | dict(_ADDRESS.findall((ROOT / place).read_text()))
        for words in commands(text, "curl", "api"):
            urls = (_opened(word, addresses) for word in words[1:])
            url = next((one for one in urls if re.match(r"https?://[^/]+/api/v1/", one)), None)
            if url is None:
                continue
            sent = next((words[at + 1] for at, word in enumerate(words) if word in _BODY), None)
            method = words[words.index("-X") + 1] if "-X" in words else "POST" if sent or "-F" in words else "GET"
            body = json.loads(_PLACEHOLDER.sub(SOME_ID, sent)) if sent else None
            yield place, method, _PLACEHOLDER.sub(SOME_ID, urlsplit(url).path), body


def _opened(word: str, addresses: dict[str, str]) -> str:
    """With the address in place of the variable that it begins with."""
    return re.sub(r"^\$(\w+)", lambda name: addresses.get(name[1], name[0]), word)


def test_the_api_takes_each_request(document: dict[str, Any]) -> None:
    wrong = [
        (place, method, path, why)
        for place, method, path, body in requests()
        if (why := _fault(document, method, path, body))
    ]
    assert wrong == []


def _fault(document: dict[str, Any], method: str, path: str, body: Any) -> str:
    patterns = {known: re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(known)) for known in document["paths"]}
    fits = [known for known, pattern in patterns.items() if re.fullmatch(pattern, path)]
    operation = next(
        (document["paths"][known].get(method.lower()) for known in sorted(fits, key=lambda one: one.count("{"))), None
    )
    if operation is None:
        return "there is no such operation"
    if body is None:
        return ""
    schema = operation["requestBody"]["content"]["application/json"]["schema"] | {"components": document["components"]}
    first = next(Draft202012Validator(schema).iter_errors(body), None)
    return first.message if first else ""
