"""Secrets that are kept for use."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from citewell.errors import SetupError
from citewell.kit.vault import KEY_FILE, Vault


def test_two_processes_of_one_folder_share_the_key(tmp_path: Path) -> None:
    sealed = Vault(None, tmp_path).seal("a password")
    assert Vault(None, tmp_path).open(sealed) == "a password"
    assert b"a password" not in sealed
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_servers_with_the_same_key_and_with_another(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    sealed = Vault(SecretStr("the same"), one).seal("a password")
    assert Vault(SecretStr("the same"), other).open(sealed) == "a password"
    with pytest.raises(SetupError, match="CITEWELL_SECRET_KEY"):
        Vault(SecretStr("another"), other).open(sealed)
