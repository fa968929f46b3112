"""Opens a file store by URL: a local folder, or a bucket of S3, Google Cloud Storage or Azure."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from citewell.errors import SetupError

if TYPE_CHECKING:  # they exist for type checkers alone
    from obstore.store import ClientConfig, RetryConfig

_BUCKETS = ("s3", "gs", "az")
_ENDPOINTS = (
    *("endpoint", "endpoint_url", "aws_endpoint", "aws_endpoint_url", "azure_storage_endpoint"),
    *("azure_endpoint", "base_url", "google_base_url"),
)
# Callers wait for as long. A whole request has no limit, because a file may be large; a silent connection has one.
_RETRIES: "RetryConfig" = {
    "max_retries": 6,
    "retry_timeout": timedelta(seconds=25),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=3), "base": 2},
}
_LONGEST = timedelta(hours=6)
_SILENCE = timedelta(seconds=20)


def is_folder(url: str) -> bool:
    """Whether the URL means a local folder: a path, or `file://`."""
    return urlsplit(url).scheme in ("", "file")


def folder_of(url: str) -> Path:
    """Returns the folder of a local URL, absolute."""
    parts = urlsplit(url)
    return Path(unquote(parts.path) if parts.scheme else url).expanduser().resolve()


def open_folder(folder: Path) -> LocalStore:
    """Returns the folder as a store, made if missing, closed to other users of the machine. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)  # an older installation's, too
    return LocalStore(folder, mkdir=True)


def open_bucket(url: str, options: Mapping[str, str]) -> ObjectStore:
    """Returns the bucket of `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.

    `options` are named as in obstore, like `endpoint` and `region`; the environment (AWS_ACCESS_KEY_ID, ...) gives
    what they leave out. Raises SetupError for a URL or an option that cannot be used.
    """
    parts = urlsplit(url)
    if parts.scheme not in _BUCKETS or not parts.netloc:
        raise SetupError(
            "CITEWELL_FILES_URL is a folder, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix."
        )
    client: ClientConfig = {"timeout": _LONGEST, "read_timeout": _SILENCE, "connect_timeout": timedelta(seconds=5)}
    if any(options.get(name, "").startswith("http://") for name in _ENDPOINTS):
        client["allow_http"] = True
    config: Any = dict(options)  # each kind of store has a type of its own for them
    try:
        store: ObjectStore = from_url(url, config=config, client_options=client, retry_config=_RETRIES)
    except (BaseError, ValueError, TypeError) as error:
        raise SetupError(f"CITEWELL_FILES_URL or CITEWELL_FILES_OPTIONS cannot be used: {error}") from error
    return store
