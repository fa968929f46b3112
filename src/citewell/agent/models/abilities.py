"""The results of `citewell model check`, kept in a file of the data folder."""

from pathlib import Path

import msgspec

from citewell.agent.models.check import Abilities

_FILE = "model-checks.json"


def read_abilities(data_dir: Path) -> dict[str, Abilities]:
    """Returns the stored results by `key_of`; empty if the file does not exist or cannot be read."""
    try:
        return msgspec.json.decode((data_dir / _FILE).read_bytes(), type=dict[str, Abilities])
    except (OSError, msgspec.MsgspecError):
        return {}


def store_abilities(data_dir: Path, key: str, found: Abilities) -> None:
    """Stores the results of one model; those of others stay."""
    known = read_abilities(data_dir) | {key: found}
    beside = data_dir / f"{_FILE}.new"
    beside.write_bytes(msgspec.json.encode(known))
    beside.replace(data_dir / _FILE)


def key_of(model: str, base_url: str | None) -> str:
    """Returns the key of a model at a base URL."""
    return f"{model} {base_url or ''}".strip()
