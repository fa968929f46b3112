"""The results of `citewell model check`, kept in a file of the data folder."""

from pathlib import Path

import msgspec

from citewell.agent.models.check import Abilities

_FILE = "model-checks.json"


def read_abilities(data_dir: Path) -> dict[str, Abilities]:
    """Returns what is known, by the key of `key_of`; empty if there is no file, or none that can be read."""
    try:
        return msgspec.json.decode((data_dir / _FILE).read_bytes(), type=dict[str, Abilities])
    except (OSError, msgspec.MsgspecError):
        return {}


def store_abilities(data_dir: Path, key: str, found: Abilities) -> None:
    """Replaces what was known of this model; what is known of others stays."""
    known = read_abilities(data_dir) | {key: found}
    beside = data_dir / f"{_FILE}.new"
    beside.write_bytes(msgspec.json.encode(known))
    beside.replace(data_dir / _FILE)


def key_of(model: str, base_url: str | None) -> str:
    """The key under which the abilities of a model at an address are kept."""
    return f"{model} {base_url or ''}".strip()
