"""Converts names from sources to what the database can store: no NUL, no lone surrogates, keys of bounded length.

Names in a source are bytes or come from strangers. One that PostgreSQL refuses would stop its source for ever.
"""

import hashlib
import os
import re
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from citewell.connectors.protocol import Item

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_LONGEST_KEY = 2000  # bytes: an entry of a B-tree index has room for 2,700
_ENCODED = "/"  # a path inside of a source never begins with it


def storable_text(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def storable(value: Any) -> Any:
    """Returns the JSON value with every text in it storable."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        return {storable_text(name): storable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable(one) for one in value]
    return value


def storable_item(item: Item) -> Item:
    """Returns the item, whose key is percent-encoded where that is needed, and whose name is one line."""
    return Item(
        _UNSTORABLE.sub(lambda found: _percent(found[0]), item.key),
        storable_text(item.mark),
        storable_text(_CONTROLS.sub(" ", item.name)),
        storable_text(_CONTROLS.sub(" ", item.folder)),
        item.size,
        storable(dict(item.data)),
    )


def row_key(key: str) -> str:
    """Returns the key of the item's row: a long one is cut, and ends with a digest of the whole."""
    data = key.encode()
    if len(data) <= _LONGEST_KEY:
        return key
    digest = hashlib.sha256(data).hexdigest()
    return f"{data[: _LONGEST_KEY - 70].decode(errors='ignore')} {digest}"


def key_of_path(path: str) -> str:
    """Returns a key for a path of a file system or of Git, which may be any bytes. `path_of_key` reverses it."""
    return _ENCODED + quote(os.fsencode(path)) if _UNSTORABLE.search(path) else path


def path_of_key(key: str) -> str:
    return os.fsdecode(unquote_to_bytes(key[len(_ENCODED) :])) if key.startswith(_ENCODED) else key


def _percent(character: str) -> str:
    is_byte = "\udc80" <= character <= "\udcff"  # of a name that is not UTF-8
    data = character.encode("utf-8", "surrogateescape" if is_byte else "surrogatepass")
    return "".join(f"%{byte:02X}" for byte in data)
