"""Pages of a list: `{"count", "next", "previous", "results"}` with absolute links."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_OFFSET = 2**31 - 1

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page of a list; `count` is the number of rows in the whole list."""

    count: int
    next: str | None
    previous: str | None
    results: list[T]


@dataclass(frozen=True)
class Paging:
    """Which rows to read, and the links to the next and previous page."""

    limit: int
    offset: int
    request: Request

    def page(self, count: int, results: Sequence[Any]) -> dict[str, Any]:
        ahead = self.offset + self.limit
        return {
            "count": count,
            "next": self._link(ahead) if ahead < count else None,
            "previous": self._link(max(self.offset - self.limit, 0)) if self.offset > 0 else None,
            "results": list(results),
        }

    def _link(self, offset: int) -> str:
        url = self.request.url.remove_query_params(["page", "page_size", "limit", "offset"])
        return str(url.include_query_params(limit=self.limit, offset=offset))


async def _paging(
    request: Request,
    limit: Annotated[int | None, Query(ge=1, description="Rows in the page, 1 to 1000.")] = None,
    offset: Annotated[int | None, Query(ge=0, le=MAX_OFFSET, description="Rows to skip.")] = None,
    page_size: Annotated[int | None, Query(ge=1, description="Another name for limit.")] = None,
    page: Annotated[int | None, Query(ge=1, le=MAX_OFFSET, description="Number of the page, from 1.")] = None,
) -> Paging:
    # A larger limit is lowered, not refused: the reference client asks for page_size=100000.
    size = min(limit or page_size or DEFAULT_LIMIT, MAX_LIMIT)
    start = offset if offset is not None else size * ((page or 1) - 1)
    return Paging(limit=size, offset=min(start, MAX_OFFSET), request=request)


PagingParams = Annotated[Paging, Depends(_paging)]
