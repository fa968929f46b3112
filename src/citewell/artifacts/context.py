"""Artifacts as an agent reads them, before the question."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.artifacts import repository
from citewell.artifacts.content import Content, DesignTemplateList, Markdown, MentalMap, Playbook, PlaybookList
from citewell.artifacts.definitions import DEFINITIONS

_MOST_CHARS = 24_000  # of all artifacts together: about 6,000 tokens
_CUT = "\n[Cut here: it is longer.]"
# The brief is a setting of each agent, and comes with it.
_SLUGS = ("general_knowledge", "corpus_description", "playbooks", "mental_map", "design_templates")


async def expert_knowledge(
    session: AsyncSession, project_id: UUID, workflows_mode: str = "none", workflows: Sequence[UUID] = ()
) -> str:
    """Returns the artifacts of a project as text for a model; empty if nobody has written any.

    Playbooks are the contract's workflows: `do_not_use_workflow` leaves them out, a mode that begins with `select`
    takes those named, any other takes all.
    """
    rows = await repository.latest(session, project_id, _SLUGS)
    parts, room = [], _MOST_CHARS
    for slug in _SLUGS:
        if slug not in rows or room <= 0:
            continue
        definition = DEFINITIONS[slug]
        content = definition.model.model_validate(rows[slug].content)
        if isinstance(content, PlaybookList):
            content = _chosen(content, workflows_mode, workflows)
        if text := as_text(content):
            text = text if len(text) <= room else text[:room] + _CUT
            room -= len(text)
            parts.append(f"{definition.title}:\n{text}")
    return "\n\n".join(parts)


def as_text(content: Content) -> str:
    """Returns a content as Markdown; empty if there is nothing in it."""
    if isinstance(content, Markdown):
        return content.text.strip()
    if isinstance(content, PlaybookList):
        return "\n\n".join(map(playbook_text, content.playbooks))
    if isinstance(content, MentalMap):
        return "\n".join(_map_lines(content))
    return "\n".join(_template_lines(content))


def playbook_text(playbook: Playbook) -> str:
    lines = [f"## {playbook.name}", playbook.objective] if playbook.objective else [f"## {playbook.name}"]
    for index, step in enumerate(playbook.steps):
        plain = not step.next_steps
        leads = [f"{one.to} if {one.condition}" if one.condition else one.to for one in step.next_steps]
        then = "" if plain else f" Then: {'; '.join(leads)}."
        said = f": {step.instructions}" if step.instructions else "."
        lines.append(f"{index + 1}. {step.name}{said}{then}")
    return "\n".join(lines)


def _chosen(content: PlaybookList, mode: str, workflows: Sequence[UUID]) -> PlaybookList:
    if mode == "do_not_use_workflow":
        return PlaybookList()
    if mode.startswith("select"):
        return PlaybookList(playbooks=[one for one in content.playbooks if one.id in workflows])
    return content


def _map_lines(content: MentalMap) -> Iterator[str]:
    for domain in content.domains:
        yield f"## {domain.label}" + (f": {domain.description}" if domain.description else "")
        for concept in domain.concepts:
            also = f" (also: {', '.join(concept.synonyms)})" if concept.synonyms else ""
            about = f": {concept.description}" if concept.description else ""
            related = "".join(f" It {one.relation} {one.to}." for one in concept.relations)
            yield f"- {concept.name}{also}{about}{related}"


def _template_lines(content: DesignTemplateList) -> Iterator[str]:
    for one in content.templates:
        notes = f" {one.notes}" if one.notes else ""
        yield f"- {one.name} ({one.output_format}): {one.when_to_use}{notes}"
