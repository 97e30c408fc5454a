"""Rows of all pages of a list, one after the other."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Protocol, TypeVar

PlaceT = TypeVar("PlaceT")
PageT = TypeVar("PageT")
RowT = TypeVar("RowT")
PlaceT_contra = TypeVar("PlaceT_contra", contravariant=True)
PageT_co = TypeVar("PageT_co", covariant=True)


class AsyncReadPage(Protocol[PlaceT_contra, PageT_co]):
    """Reads the page at a place; None is the first."""

    async def __call__(self, place: PlaceT_contra | None, /) -> PageT_co:
        """The page."""
        ...


async def rows_of_pages(
    read: AsyncReadPage[PlaceT, PageT],
    rows: Callable[[PageT], Iterable[RowT]],
    following: Callable[[PageT], PlaceT | None],
) -> AsyncIterator[RowT]:
    """Every row; a page is read when the rows before it were taken.

    Args:
        read: Reads one page.
        rows: The rows of a page.
        following: Where the next page is; None after the last.
    """
    place: PlaceT | None = None
    while True:
        page = await read(place)
        for row in rows(page):
            yield row
        place = following(page)
        if place is None:
            return
