"""Encrypts secrets that the server needs again, such as the password of a mailbox, with a key outside the database."""

import base64
import contextlib
import hashlib
import os
import secrets
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

from citewell.errors import SetupError
from citewell.kit.private import private_folder

KEY_FILE = "secret.key"


class Vault:
    """Encrypts with the key of the settings, else with the key in the file `secret.key` of the data folder, which is
    made for the first secret.

    So a copy of the database alone reveals no secret.
    """

    def __init__(self, key: SecretStr | None, data_dir: Path) -> None:
        self._key = key
        self._data_dir = data_dir

    def seal(self, secret: str) -> bytes:
        """Encrypt and authenticate the secret (Fernet: AES-128-CBC with HMAC-SHA-256)."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt a secret. Raises SetupError if it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise SetupError(
                "A stored secret cannot be read with this server's key: set CITEWELL_SECRET_KEY to the same value on"
                f" every server, or restore the file {KEY_FILE} of the data folder."
            ) from None

    @cached_property
    def _fernet(self) -> Fernet:
        material = self._key.get_secret_value().encode() if self._key else _key_in(self._data_dir)
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"citewell vault\0" + material).digest()))


def _key_in(data_dir: Path) -> bytes:
    """Returns the key in the file, made if missing. Two processes that make it at once get the same key."""
    path = private_folder(data_dir) / KEY_FILE
    if not path.exists():
        made = path.with_name(f"{KEY_FILE}.{secrets.token_hex(8)}")
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_urlsafe(32).encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_bytes()
