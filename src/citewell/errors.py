"""The errors that clients may see, each with its HTTP status and stable code."""

from collections.abc import Mapping, Sequence


class CitewellError(Exception):
    """Base of every error whose message is written for the person who reads it.

    `status` is the HTTP status, `code` a stable name for programs. The command line prints `message` alone.
    """

    status = 500
    code = "internal"

    def __init__(self, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """Returns the JSON body of the HTTP answer."""
        return {"error": self.message, "code": self.code}


class BadRequest(CitewellError):
    status = 400
    code = "bad_request"


class InvalidFields(CitewellError):
    """Fields of the request are wrong: `{field: [message, ...]}`."""

    status = 400
    code = "invalid_fields"

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(texts)}" for name, texts in fields.items()))
        self.fields = {name: list(texts) for name, texts in fields.items()}

    def body(self) -> dict[str, object]:
        return dict(self.fields)


class NotAuthenticated(CitewellError):
    status = 401
    code = "not_authenticated"

    def __init__(self, message: str = "Authentication credentials were not provided.") -> None:
        super().__init__(message, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(CitewellError):
    status = 403
    code = "forbidden"


class NotFound(CitewellError):
    status = 404
    code = "not_found"


class Conflict(CitewellError):
    status = 409
    code = "conflict"


class MethodNotAllowed(CitewellError):
    status = 405
    code = "method_not_allowed"


class TooLarge(CitewellError):
    status = 413
    code = "too_large"


class UnsupportedMediaType(CitewellError):
    status = 415
    code = "unsupported_media_type"


class TooManyRequests(CitewellError):
    status = 429
    code = "too_many_requests"


class Unavailable(CitewellError):
    """The request may succeed later; the header Retry-After says when to try again."""

    status = 503
    code = "unavailable"


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"


class CommitUnconfirmed(Unavailable):
    """Stored on the database's primary alone. There is no header Retry-After: sent again, it would be done twice."""

    code = "commit_unconfirmed"

    def __init__(self) -> None:
        super().__init__(
            "What you sent is stored, but the database's standby has not confirmed it, so it could still be lost: look"
            " whether it is there before you send it again."
        )


class CellUnavailable(Unavailable):
    """The cell that holds a project does not answer; other projects are not affected. The body names the cell."""

    code = "cell_unavailable"

    def __init__(self, cell: str) -> None:
        text = f'The database cell "{cell}", which this project is in, does not answer: try again shortly.'
        super().__init__(text, headers={"Retry-After": "5"})
        self.cell = cell

    def body(self) -> dict[str, object]:
        return super().body() | {"cell": self.cell}


class ProjectMoving(Unavailable):
    """The project changes its cell, which takes seconds. Nothing was stored."""

    code = "project_moving"

    def __init__(self) -> None:
        super().__init__("The project is moving to another cell: send again in a moment.", headers={"Retry-After": "2"})


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"


class Overloaded(Unavailable):
    code = "overloaded"


class TooSlow(Unavailable):
    code = "timeout"


class StorageDenied(CitewellError):
    """The server lacks a permission on its own files; an administrator must grant it."""

    status = 500
    code = "storage_denied"


class FileMissing(CitewellError):
    """A row names a file that is no longer in the store."""

    status = 404
    code = "file_missing"


class StorageFull(CitewellError):
    status = 507
    code = "storage_full"


class SetupError(CitewellError):
    """The installation cannot be used as it is; the message says what to change."""

    status = 503
    code = "setup"


def error_codes() -> list[str]:
    """Returns all codes that error responses may carry beside `error`."""
    found, kinds = set[str](), [CitewellError]
    while kinds:
        kind = kinds.pop()
        found.add(kind.code)
        kinds += kind.__subclasses__()
    return sorted(found - {InvalidFields.code})  # its body names the fields
