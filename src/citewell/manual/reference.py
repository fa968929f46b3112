"""The API reference as one page: each operation of the OpenAPI document with what it takes, gives and needs."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from citewell.kit.html import page
from citewell.manual.pages import page_list
from citewell.manual.shapes import Document, describe, example_of, fields, resolved, type_of

_METHODS = ("get", "post", "put", "patch", "delete", "head")
_CODE = re.compile(r"`([^`]+)`")

Operation = Mapping[str, Any]


def reference_page(document: Document, base: str) -> str:
    """`base` is the address of this server, for the examples."""
    by_tag: dict[str, list[str]] = defaultdict(list)
    ids: dict[str, list[str]] = defaultdict(list)
    for path, method, operation in _operations(document):
        tag = operation.get("tags", ["Other"])[0]
        by_tag[tag].append(_operation(document, path, method, operation))
        ids[tag].append(escape(operation["operationId"], quote=True))
    links = "".join(_links(tag, identities) for tag, identities in ids.items())
    body = f"""
<h1>Citewell {escape(document["info"]["version"])}</h1>
<p>Ask your documents; every claim in an answer is tied to the passage that supports it. <a href="/docs/api">The
conventions of the API</a> are the same everywhere: signing in, errors, pages of lists, limits.</p>
<h2>Pages</h2>{page_list()}
<h2>Operations</h2>
<p>The same for programs: <a href="/api/v1/openapi.json">openapi.json</a>. The examples take the address and a
<a href="/api/v1/get-token/">token</a> from the environment:</p>
<pre>export CITEWELL_URL={escape(base)}
export CITEWELL_TOKEN=cw_...</pre>
<nav aria-label="Operations"><ul>{links}</ul></nav>
"""
    body += "".join(
        f'<section><h2 id="{_slug(tag)}">{escape(tag)}</h2>{"".join(shown)}</section>' for tag, shown in by_tag.items()
    )
    return page("API", body)


def _links(tag: str, identities: Iterable[str]) -> str:
    links = ", ".join(f'<a href="#{identity}">{identity}</a>' for identity in identities)
    return f'<li><a href="#{_slug(tag)}"><b>{escape(tag)}</b></a>: {links}</li>'


def _operations(document: Document) -> Iterator[tuple[str, str, Operation]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _operation(document: Document, path: str, method: str, operation: Operation) -> str:
    identity = escape(operation["operationId"], quote=True)
    sections = (
        f'<h3 id="{identity}"><code><span class="method">{method.upper()}</span> {escape(path)}</code></h3>',
        _paragraphs(operation.get("description") or operation.get("summary", "")),
        f'<p class="quiet">{identity}. {_needs(operation)}</p>',
        _parameters(document, operation),
        _body(document, operation),
        _answers(document, operation),
        f"<pre>{escape(curl(document, path, method, operation))}</pre>",
    )
    return f"<article>{''.join(sections)}</article>"


def _needs(operation: Operation) -> str:
    if "x-permission" in operation:
        return f"Needs <code>{escape(operation['x-permission'])}</code> in the project."
    return "Needs no credentials." if operation.get("security") == [] else "For every user."


def _parameters(document: Document, operation: Operation) -> str:
    rows = []
    for parameter in operation.get("parameters", ()):
        node = resolved(document, parameter)
        schema = {"description": node.get("description", ""), **node.get("schema", {})}
        kind = f"{node['in']}{', required' if node.get('required') else ''}"
        # In an address there is no null: it stands for a parameter that is left out.
        type_ = escape(type_of(document, schema).removesuffix(" or null"))
        rows.append((f"<code>{escape(node['name'])}</code>", kind, type_, _text(describe(schema))))
    return _table("Parameters", ("Name", "In", "Type", ""), rows)


def _body(document: Document, operation: Operation) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    shown = []
    for kind, media in content.items():
        rows = _field_rows(document, media.get("schema", {}))
        shown.append(_table(f"Body ({kind})", ("Field", "", "Type", ""), rows))
    return "".join(shown)


def _answers(document: Document, operation: Operation) -> str:
    shown = "".join(
        _answer(document, status, resolved(document, node))
        for status, node in operation["responses"].items()
        if status < "400"
    )
    errors = ", ".join(sorted(escape(status) for status in operation["responses"] if status >= "400"))
    return f"<p><b>Answers</b></p><ul>{shown}<li>Errors: {errors}</li></ul>"


def _answer(document: Document, status: str, answer: Mapping[str, Any]) -> str:
    content: Mapping[str, Any] = answer.get("content") or {"nothing": {}}
    kind, media = next(iter(content.items()))
    schema = media.get("schema", {})
    table = _table("", ("Field", "", "Type", ""), _field_rows(document, schema))
    details = f"<details><summary>Fields</summary>{table}</details>" if table else ""
    shape = f"{kind}: {type_of(document, schema)}" if schema else kind
    return f"<li>{escape(status)} {escape(shape)}{details}</li>"


def _field_rows(document: Document, schema: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            f"<code>{escape(field.name)}</code>",
            "required" if field.is_required else "",
            escape(field.type),
            _text(field.text),
        )
        for field in fields(document, schema)
    ]


def _table(title: str, head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """Cells are HTML."""
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    if not lines:
        return ""
    heads = "".join(f'<th scope="col">{name}</th>' for name in head)
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"


def curl(document: Document, path: str, method: str, operation: Operation) -> str:
    """A command line that sends the operation, with names of variables where values go."""
    address = re.sub(r"\{(\w+)\}", lambda found: f"${found[1].upper()}", path)
    required = [
        resolved(document, parameter)
        for parameter in operation.get("parameters", ())
        if resolved(document, parameter).get("required") and resolved(document, parameter)["in"] == "query"
    ]
    query = "&".join(f"{each['name']}=..." for each in required)
    content = operation.get("requestBody", {}).get("content", {})
    streams = any("text/event-stream" in answer.get("content", {}) for answer in operation["responses"].values())
    lines = [
        f'curl {"-N " if streams else ""}-X {method.upper()} "$CITEWELL_URL{address}{"?" + query if query else ""}"'
    ]
    if operation.get("security") != []:
        lines.append('-H "Authorization: Bearer $CITEWELL_TOKEN"')
    if "application/json" in content:
        media = content["application/json"]
        body = media["example"] if "example" in media else example_of(document, media.get("schema", {}))
        quoted = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
        lines += ['-H "Content-Type: application/json"', f"-d '{quoted}'"]
    elif "multipart/form-data" in content:
        names = [
            field.name for field in fields(document, content["multipart/form-data"]["schema"]) if field.is_required
        ]
        lines += [f'-F "{name}=@report.pdf"' for name in names or ["file"]]
    return " \\\n  ".join(lines)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_text(part)}</p>" for part in text.split("\n\n"))


def _text(text: str) -> str:
    """Escaped, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
