"""The API reference as one page: each operation of the OpenAPI document with what it takes, gives and needs."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from citewell.kit.html import page
from citewell.kit.templates import render
from citewell.manual.pages import pages
from citewell.manual.shapes import Document, describe, example_of, fields, resolved, type_of

_METHODS = ("get", "post", "put", "patch", "delete", "head")
_CODE = re.compile(r"`([^`]+)`")

Operation = Mapping[str, Any]
Shown = dict[str, Any]  # what a template shows of something


def reference_page(document: Document, base: str) -> str:
    """`base` is the address of this server, for the examples."""
    by_tag: dict[str, list[Shown]] = defaultdict(list)
    for path, method, operation in _operations(document):
        tag = operation.get("tags", ["Other"])[0]
        by_tag[tag].append(_operation(document, path, method, operation))
    sections = [{"tag": tag, "slug": _slug(tag), "operations": shown} for tag, shown in by_tag.items()]
    version = document["info"]["version"]
    return page("API", render("manual/reference.html", version=version, base=base, pages=pages(), sections=sections))


def _operations(document: Document) -> Iterator[tuple[str, str, Operation]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _operation(document: Document, path: str, method: str, operation: Operation) -> Shown:
    description = operation.get("description") or operation.get("summary", "")
    contents = operation.get("requestBody", {}).get("content", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "description": [_parts(paragraph) for paragraph in description.split("\n\n")],
        "permission": operation.get("x-permission"),
        "is_open": operation.get("security") == [],
        "parameters": [_parameter(document, each) for each in operation.get("parameters", ())],
        "bodies": {kind: _rows(document, media.get("schema", {})) for kind, media in contents.items()},
        "answers": [
            _answer(document, status, resolved(document, node))
            for status, node in operation["responses"].items()
            if status < "400"
        ],
        "errors": sorted(status for status in operation["responses"] if status >= "400"),
        "curl": curl(document, path, method, operation),
    }


def _parameter(document: Document, parameter: Mapping[str, Any]) -> Shown:
    node = resolved(document, parameter)
    schema = {"description": node.get("description", ""), **node.get("schema", {})}
    return {
        "name": node["name"],
        "kind": f"{node['in']}{', required' if node.get('required') else ''}",
        # In an address there is no null: it stands for a parameter that is left out.
        "type": type_of(document, schema).removesuffix(" or null"),
        "text": _parts(describe(schema)),
    }


def _answer(document: Document, status: str, answer: Mapping[str, Any]) -> Shown:
    content: Mapping[str, Any] = answer.get("content") or {"nothing": {}}
    kind, media = next(iter(content.items()))
    schema = media.get("schema", {})
    shape = f"{kind}: {type_of(document, schema)}" if schema else kind
    return {"status": status, "shape": shape, "rows": _rows(document, schema)}


def _rows(document: Document, schema: Mapping[str, Any]) -> list[Shown]:
    return [
        {
            "name": field.name,
            "kind": "required" if field.is_required else "",
            "type": field.type,
            "text": _parts(field.text),
        }
        for field in fields(document, schema)
    ]


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


def _parts(text: str) -> list[str]:
    """Text and code by turns: what stands between backticks is code."""
    return _CODE.split(text)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
