"""Writing alerts and statuses beside what a run or a push has made."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.extractors.alerts import object_alerts, tag_alerts
from citewell.extractors.class_source import read_class
from citewell.extractors.families import Family
from citewell.extractors.pushing import pushed_version
from citewell.extractors.repository.pushed import tables_of_type
from citewell.extractors.service import table_of
from citewell.models import Extractor, ExtractorVersion, KnowledgeTable, TableVersion
from citewell.tables.columns import checked_rows
from citewell.tables.repository.rows import all_data, insert_rows
from citewell.tables.repository.tables import add_version, newest_version, table_named
from citewell.tables.service import types_of

_FIELDS = {"object_alert": "alerts_table", "tag_alert": "alerts_tags_table"}
_SOURCES = {"object-alerts": "object", "tag-alerts": "tag"}
_AT_ONCE = 1000


async def write_alerts(
    session: AsyncSession,
    family: Family,
    version: ExtractorVersion,
    output: TableVersion,
    kind: str,
    stated: Sequence[dict[str, Any]] = (),
) -> int:
    """Write the alerts of the rows of `output` into a new version of the extractor's table of alerts, with those that a
    model stated of them. `kind` is object or tag. Returns how many there are."""
    table = await _alert_table(session, family, version, f"{kind}_alert")
    if table is None:
        return 0
    rows = await all_data(session, output)
    return await _replace(session, table, [*_alerts(kind, rows, version.settings), *stated])


async def watched_rows(
    session: AsyncSession,
    family: Family,
    version: ExtractorVersion,
    ids: Sequence[UUID],
    tables: Sequence[UUID] | None = None,
) -> list[tuple[KnowledgeTable, list[dict[str, Any]]]]:
    """Returns the rows that an extractor of alerts watches: of all tables of its kind, as they are deployed, else of
    the newest version; of these documents and of these tables alone, if some are named.
    """
    kind, wanted = _SOURCES[family.name], {str(one) for one in ids}
    found = []
    for source in await tables_of_type(session, version.project_id, [kind]):
        newest = await pushed_version(session, source)
        if newest is None or (tables is not None and source.id not in tables):
            continue
        rows = await all_data(session, newest)
        found.append((source, [row for row in rows if not wanted or row.get("document_id") in wanted or kind == "tag"]))
    return found


async def write_all_alerts(
    session: AsyncSession,
    family: Family,
    version: ExtractorVersion,
    ids: Sequence[UUID],
    tables: Sequence[UUID] | None = None,
    stated: Sequence[dict[str, Any]] = (),
    origin: Mapping[str, str] | None = None,
) -> int:
    """The same as `write_alerts` for an extractor of alerts, of what it watches. The new version says that it is of
    this origin."""
    kind = _SOURCES[family.name]
    table = await _alert_table(session, family, version, f"{kind}_alert")
    if table is None:
        return 0
    found = list(stated)
    for source, rows in await watched_rows(session, family, version, ids, tables):
        settings = {"extractable_pydantic_class": source.object_metadata.get("object_pydantic_class")}
        found += _alerts(kind, rows, settings)
    return await _replace(session, table, found, origin)


async def alerts_are_of(
    session: AsyncSession, family: Family, version: ExtractorVersion, origin: Mapping[str, str]
) -> bool:
    """Whether the newest version of the table of an extractor of alerts is of this origin."""
    table = await _alert_table(session, family, version, f"{_SOURCES[family.name]}_alert")
    newest = await newest_version(session, table.project_id, table.id) if table is not None else None
    return newest is not None and newest.origin == origin


async def write_status(session: AsyncSession, table: KnowledgeTable, status: str) -> None:
    """Say in the status table of an object extractor how the push of its objects ended."""
    extractor = table.name.rpartition("_")[2]
    found = await table_named(session, table.project_id, f"pushed_objects_extractor_{extractor}")
    if found is not None:
        await _replace(session, found, [{"status": status}])


async def _alert_table(
    session: AsyncSession, family: Family, version: ExtractorVersion, object_type: str
) -> KnowledgeTable | None:
    """Made now, if this is the first run that writes alerts. None if the extractor is gone."""
    extractor = await session.get(Extractor, (version.project_id, version.extractor_id))
    return None if extractor is None else await table_of(session, family, extractor, _FIELDS[object_type])


def _alerts(kind: str, rows: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    return tag_alerts(rows) if kind == "tag" else object_alerts(rows, _required(settings))


def _required(settings: Mapping[str, Any]) -> list[str]:
    try:
        spec = read_class(str(settings.get("extractable_pydantic_class") or ""))
    except ValueError:
        return []
    return [one.name for one in spec.fields if one.required]


async def _replace(
    session: AsyncSession,
    table: KnowledgeTable,
    rows: Sequence[dict[str, Any]],
    origin: Mapping[str, str] | None = None,
) -> int:
    """Returns a new version of the table with these rows."""
    output = await add_version(session, table)
    if origin is not None:
        output.origin = dict(origin)
    types = types_of(table)
    for start in range(0, len(rows), _AT_ONCE):
        await insert_rows(session, output, checked_rows(rows[start : start + _AT_ONCE], types))
    return len(rows)
