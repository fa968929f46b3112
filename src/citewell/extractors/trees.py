"""Checks and walks tagging trees: an object with children, or a list of such objects."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_NODES, MAX_DEPTH, MAX_ID = 5000, 20, 200


@dataclass(frozen=True)
class Node:
    """A tag. `path` are the ids from its hierarchy down to it."""

    id: str
    name: str
    description: str
    instruction: str
    path: tuple[str, ...]


def check_tree(tree: Any) -> None:
    """Raises ValueError that names the place of what is wrong: no id, an id twice, too many tags, too deep."""
    seen: set[str] = set()
    for place, node, depth in _walk(tree):
        if not isinstance(node, dict):
            raise ValueError(f"{place}: a tag is an object with id, name and children")
        identifier = node.get("id")
        if not isinstance(identifier, str) or not 0 < len(identifier) <= MAX_ID or "\x00" in identifier:
            raise ValueError(f"{place}.id: a text of 1 to {MAX_ID} characters")
        if identifier in seen:
            raise ValueError(f"{place}.id: {identifier!r} appears twice")
        if depth > MAX_DEPTH:
            raise ValueError(f"{place}: a tree may be at most {MAX_DEPTH} levels deep")
        children = node.get("children")
        if children is not None and not isinstance(children, list):
            raise ValueError(f"{place}.children: a list of tags")
        seen.add(identifier)
        if len(seen) > MAX_NODES:
            raise ValueError(f"{place}: a tree may have at most {MAX_NODES:,} tags")


def nodes_of(tree: Any) -> list[Node]:
    """Returns every tag below the roots, which name hierarchies; a root without children is a tag itself."""
    roots = tree if isinstance(tree, list) else [tree] if tree else []
    found: list[Node] = []
    for root in roots:
        found += _below(root, ()) if root.get("children") else [_node(root, ())]
    return found


def _below(parent: dict[str, Any], path: tuple[str, ...]) -> Iterator[Node]:
    path = (*path, str(parent["id"]))
    for child in parent.get("children") or ():
        yield _node(child, path)
        yield from _below(child, path)


def _node(node: dict[str, Any], path: tuple[str, ...]) -> Node:
    texts = {key: str(node.get(key) or "") for key in ("name", "description", "extraction_instruction")}
    return Node(
        str(node["id"]),
        texts["name"] or str(node["id"]),
        texts["description"],
        texts["extraction_instruction"],
        path,
    )


def _walk(tree: Any) -> Iterator[tuple[str, Any, int]]:
    roots = tree if isinstance(tree, list) else [tree]
    waiting = [(f"[{number}]" if isinstance(tree, list) else "tree", root, 1) for number, root in enumerate(roots)]
    while waiting:
        place, node, depth = waiting.pop()
        yield place, node, depth
        children = node.get("children") if isinstance(node, dict) else None
        if isinstance(children, list):
            waiting += [(f"{place}.children[{number}]", child, depth + 1) for number, child in enumerate(children)]
