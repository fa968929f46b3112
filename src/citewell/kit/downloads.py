"""Downloads that end with the right to read them."""

import time
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Send

from citewell.errors import CitewellError
from citewell.kit.outages import outage

log = structlog.get_logger(__name__)

CONFIRM_SECONDS = 2.0

# Raises CitewellError if the reader may not read the file any more, or if it is gone.
Confirm = Callable[[], Awaitable[object]]


class Download(StreamingResponse):
    """A file in pieces. After every two seconds `confirm` is asked before the next piece.

    If it raises CitewellError, the connection is closed without the rest, so that the client does not take the part
    for the whole.
    """

    def __init__(
        self, content: AsyncIterable[bytes], confirm: Confirm, media_type: str, headers: Mapping[str, str]
    ) -> None:
        super().__init__(content, media_type=media_type, headers=headers)
        self._confirm = confirm

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        asked = time.monotonic()
        async for piece in self.body_iterator:
            if time.monotonic() - asked >= CONFIRM_SECONDS:
                if not await self._may_go_on():
                    return
                asked = time.monotonic()
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _may_go_on(self) -> bool:
        try:
            await self._confirm()
        except CitewellError as error:
            log.info("download_ended", reason=error.message)
            return error.status >= 500  # the server cannot tell at the moment
        except Exception as error:
            if outage(error) is None:
                raise
        return True
