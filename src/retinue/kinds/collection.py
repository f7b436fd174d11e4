"""Objects under one path that a list page shows whole: how nearly all of them are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from retinue.kinds.api import Api, Object
from retinue.kinds.base import Live, ResourceType
from retinue.kinds.values import Values

PAGE = 100
"""Objects a list page: as many as the platform gives of most types."""


def unmarked_live(item: Object, values: Values) -> Live:
    """An object that can carry no marker, as read."""
    created_at = int(item.get("created_at") or 0)
    return Live(id=str(item["id"]), values=values, created_at=created_at, raw=item)


class Collection:
    """The half of an adapter that reads and deletes. ``path`` is that of the list, ``page_size``
    how many objects it is asked for at a time."""

    type: ResourceType
    path: str
    page_size: int = PAGE

    def __init__(self, api: Api) -> None:
        self._api = api

    def live(self, item: Object) -> Live:
        """An object as the platform shows it."""
        raise NotImplementedError

    async def pages(self, within: Iterable[str] | None = None) -> AsyncIterator[Sequence[Live]]:
        del within
        async for page in self._api.pages(self.path, size=self.page_size):
            yield [self.live(item) for item in page]

    async def complete(self, live: Live) -> Live:
        return live

    async def read(self, object_id: str) -> Live | None:
        found = await self._api.find(f"{self.path}/{object_id}")
        return None if found is None else self.live(found)

    async def delete(self, object_id: str) -> None:
        await self._api.delete(f"{self.path}/{object_id}")
