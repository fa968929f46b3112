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
    for path, method, operation in _operations(document):
        by_tag[operation.get("tags", ["Other"])[0]].append(_operation(document, path, method, operation))
    links = "".join(f'<li><a href="#{_slug(tag)}">{escape(tag)}</a></li>' for tag in by_tag)
    body = f"""
<h1>Citewell {escape(document["info"]["version"])}</h1>
<p>{_text(document["info"]["description"])}</p>
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


def _operations(document: Document) -> Iterator[tuple[str, str, Operation]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _operation(document: Document, path: str, method: str, operation: Operation) -> str:
    identity = escape(operation["operationId"], quote=True)
    sections = (
        f'<h3 id="{identity}"><code><span class="method">{method.upper()}</span> {escape(path)}</code></h3>',
        f"<p>{_text(operation.get('description') or operation.get('summary', ''))}</p>",
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
        rows.append((f"<code>{escape(node['name'])}</code>", kind, _type(document, schema), _text(describe(schema))))
    return _table("Parameters", ("Name", "In", "Type", ""), rows)


def _body(document: Document, operation: Operation) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    shown = []
    for kind, media in content.items():
        rows = _field_rows(document, media.get("schema", {}))
        shown.append(_table(f"Body ({kind})", ("Field", "", "Type", ""), rows))
    return "".join(shown)


def _answers(document: Document, operation: Operation) -> str:
    shown = []
    for status, node in operation["responses"].items():
        answer = resolved(document, node)
        media = next(iter(answer.get("content", {}).items()), None)
        if media is None or not status.startswith("2"):
            shown.append(f"<li><b>{escape(status)}</b> {escape(answer.get('description', ''))}</li>")
            continue
        kind, schema = media[0], media[1].get("schema", {})
        rows = _field_rows(document, schema)
        table = _table("", ("Field", "", "Type", ""), rows)
        details = f"<details><summary>Fields</summary>{table}</details>" if table else ""
        shape = f"{kind}: {type_of(document, schema)}" if schema else kind
        shown.append(f"<li><b>{escape(status)}</b> {escape(shape)}{details}</li>")
    return f"<p>Answers</p><ul>{''.join(shown)}</ul>"


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


def _type(document: Document, schema: Mapping[str, Any]) -> str:
    return escape(type_of(document, schema))


def _text(text: str) -> str:
    """Escaped, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
