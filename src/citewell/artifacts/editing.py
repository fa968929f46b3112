"""Edits of artifacts: one function for each kind of artifact, used by all interfaces."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.artifacts import service
from citewell.artifacts.changes import checked
from citewell.artifacts.content import (
    Content,
    DesignTemplate,
    DesignTemplateList,
    Domain,
    Markdown,
    MentalMap,
    Playbook,
    PlaybookList,
)
from citewell.artifacts.definitions import TextSlug, overview
from citewell.artifacts.files import delete_stored
from citewell.artifacts.map_changes import changed_map, map_differences
from citewell.artifacts.playbook_changes import changed_playbook
from citewell.artifacts.repository import delete_template_files
from citewell.artifacts.schemas import DesignTemplateEdit, Edit, MentalMapEdit, PlaybookEdit, TextEdit
from citewell.artifacts.service import Artifact
from citewell.artifacts.text_changes import patched
from citewell.auth.access import Access
from citewell.errors import NotFound
from citewell.resources import Resources

Item = TypeVar("Item", Playbook, DesignTemplate)
ItemEdit = PlaybookEdit | DesignTemplateEdit


async def edit_text(session: AsyncSession, access: Access, slug: TextSlug, asked: TextEdit) -> dict[str, Any]:
    before = await service.begin_edit(session, access, slug, asked.base_version)
    content = before.content
    assert isinstance(content, Markdown)
    if asked.action == "set":
        content = Markdown(text=asked.content or "")
    elif asked.action == "patch":
        content = patched(content, asked.changes)
    after = await _written(session, access, before, content, asked, "Replaced the text.", asked.changes)
    assert isinstance(after.content, Markdown)
    return _edit_result(after, asked, after.content.text)


async def edit_playbook(session: AsyncSession, access: Access, asked: PlaybookEdit) -> dict[str, Any]:
    before = await service.begin_edit(session, access, "playbooks", asked.base_version)
    content = before.content
    assert isinstance(content, PlaybookList)
    playbooks, shown = list(content.playbooks), None
    if asked.playbook is not None and asked.action == "set":
        playbooks, shown = _put(playbooks, asked.playbook)
    elif asked.action != "list":
        index = index_of_item(playbooks, asked.playbook_name or "", "playbook")
        shown = playbooks[index]
        if asked.action == "patch":
            shown = playbooks[index] = changed_playbook(shown, asked.changes)
        elif asked.action == "delete":
            del playbooks[index]
    default = _item_summary("playbook", asked, shown)
    content = checked(PlaybookList, {"playbooks": playbooks})
    after = await _written(session, access, before, content, asked, default, asked.changes)
    return _item_result(after, asked, shown)


async def edit_mental_map(session: AsyncSession, access: Access, asked: MentalMapEdit) -> dict[str, Any]:
    before = await service.begin_edit(session, access, "mental_map", asked.base_version)
    content = before.content
    assert isinstance(content, MentalMap)
    if asked.action == "set":
        content = asked.content or MentalMap()
    elif asked.action == "patch":
        content = changed_map(content, asked.changes)
    after = await _written(session, access, before, content, asked, "Replaced the mental map.", asked.changes)
    told = _edit_result(after, asked, after.content.model_dump(mode="json"))
    assert isinstance(before.content, MentalMap)
    assert isinstance(after.content, MentalMap)
    return told | {"ontology_changes": map_differences(before.content, after.content)}


async def edit_design_template(
    resources: Resources, access: Access, asked: DesignTemplateEdit, base_url: str
) -> dict[str, Any]:
    """Edits a template in a transaction of its own, because the files of a deleted template are deleted after the
    commit.
    """
    gone: list[str] = []
    async with resources.database.write() as session:
        told = await _edit_template(session, access, asked, gone)
    await delete_stored(resources, gone)
    if asked.action == "upsert":
        told["ui_url"] = f"{base_url}/p/{access.project_id}/knowledge/design_templates?template={told['content']['id']}"
    return told


async def _edit_template(
    session: AsyncSession, access: Access, asked: DesignTemplateEdit, gone: list[str]
) -> dict[str, Any]:
    before = await service.begin_edit(session, access, "design_templates", asked.base_version)
    content = before.content
    assert isinstance(content, DesignTemplateList)
    templates, shown = list(content.templates), None
    if asked.template is not None and asked.action == "upsert":
        templates, shown = _put(templates, asked.template)
    elif asked.action != "list":
        index = index_of_item(templates, asked.template_name or "", "template")
        shown = templates[index]
        if asked.action == "delete":
            del templates[index]
            gone += await delete_template_files(session, access.project_id, shown.id)
    default = _item_summary("template", asked, shown)
    content = checked(DesignTemplateList, {"templates": templates})
    after = await _written(session, access, before, content, asked, default)
    return _item_result(after, asked, shown)


def item_of(content: Content, identifier: str) -> Playbook | DesignTemplate | Domain:
    """Returns the playbook or template of that name or id, or the domain of that label. Raises NotFound."""
    if isinstance(content, PlaybookList):
        return content.playbooks[index_of_item(content.playbooks, identifier, "playbook")]
    if isinstance(content, DesignTemplateList):
        return content.templates[index_of_item(content.templates, identifier, "template")]
    if isinstance(content, MentalMap):
        for domain in content.domains:
            if domain.label.casefold() == identifier.strip().casefold():
                return domain
        raise NotFound(_unknown("domain", identifier, [domain.label for domain in content.domains]))
    raise NotFound("A text has no items: leave identifier out.")


def index_of_item(items: Sequence[Item], identifier: str, what: str) -> int:
    """Returns the place of the item with that name or id. Raises NotFound."""
    wanted = identifier.strip().casefold()
    for index, item in enumerate(items):
        if wanted in (item.name.casefold(), str(item.id)):
            return index
    raise NotFound(_unknown(what, identifier, [item.name for item in items]))


def _unknown(what: str, identifier: str, known: Sequence[str]) -> str:
    return f"There is no {what} {identifier[:100]!r}; there are: {', '.join(known[:20]) or 'none'}."


def _put(items: list[Item], new: Item) -> tuple[list[Item], Item]:
    """The new one in place of the one with its id or its name, whose id it keeps; else at the end."""
    for index, item in enumerate(items):
        if item.id == new.id or item.name.casefold() == new.name.casefold():
            kept = new.model_copy(update={"id": item.id})
            items[index] = kept
            return items, kept
    items.append(new)
    return items, new


async def _written(
    session: AsyncSession,
    access: Access,
    before: Artifact,
    content: Content,
    asked: Edit,
    default: str,
    changes: Sequence[Any] = (),
) -> Artifact:
    summary = asked.change_summary or (f"Changed {len(changes)} places." if len(changes) > 1 else default)
    kept = [change.model_dump(mode="json", exclude_unset=True) for change in changes]
    return await service.write(session, access, before, content, summary, kept)


def _item_summary(kind: str, asked: ItemEdit, item: Playbook | DesignTemplate | None) -> str:
    """Returns the summary of a change of one item, if the caller gives none."""
    verb = "Deleted" if asked.action == "delete" else "Changed"
    return f"{verb} the {kind} {item.name if item is not None else ''}."


def _item_result(after: Artifact, asked: ItemEdit, item: Playbook | DesignTemplate | None) -> dict[str, Any]:
    """Shows the item that was changed; without one, what there is."""
    return _edit_result(after, asked, overview(after.content) if item is None else item.model_dump(mode="json"))


def _edit_result(after: Artifact, asked: TextEdit | MentalMapEdit | ItemEdit, content: Any) -> dict[str, Any]:
    return {
        "action": asked.action,
        "slug": after.definition.slug,
        "version": after.version,
        "change_summary": asked.change_summary,
        "content": content,
    }
