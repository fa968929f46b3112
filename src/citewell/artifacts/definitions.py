"""Which artifacts a project has, and what each is for."""

from dataclasses import dataclass
from typing import Any, Literal

from citewell.artifacts.content import Content, DesignTemplateList, Markdown, MentalMap, PlaybookList

Slug = Literal["brief", "general_knowledge", "corpus_description", "playbooks", "mental_map", "design_templates"]
TextSlug = Literal["brief", "general_knowledge", "corpus_description"]
Type = Literal["markdown", "playbook_list", "mental_map", "design_template_list"]


@dataclass(frozen=True)
class Definition:
    """`capture` says what belongs into the artifact, and what does not: read it before writing."""

    slug: Slug
    title: str
    technical_type: Type
    purpose: str
    format: str
    capture: str

    @property
    def model(self) -> type[Content]:
        return _MODELS[self.technical_type]

    def as_dict(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "title": self.title,
            "technical_type": self.technical_type,
            "purpose": self.purpose,
            "format": self.format,
            "capture_discipline": self.capture,
            "json_schema": self.model.model_json_schema(),
        }


_MODELS: dict[Type, type[Content]] = {
    "markdown": Markdown,
    "playbook_list": PlaybookList,
    "mental_map": MentalMap,
    "design_template_list": DesignTemplateList,
}
_DEFINITIONS = (
    Definition(
        "brief",
        "Brief",
        "markdown",
        "What this store is about, for whom it was made, and which questions it is to answer.",
        "Markdown, at most a page.",
        "State the purpose, the readers and the limits. Leave out facts that stand in documents.",
    ),
    Definition(
        "general_knowledge",
        "General knowledge",
        "markdown",
        "What everybody in this field knows and no document says: rules, habits, abbreviations, exceptions.",
        "Markdown, one statement a line, under headings by subject.",
        "Write down what an expert has said and stands for, with the date where it may change. Never a guess, never "
        "what a document already says: that is cited from the document.",
    ),
    Definition(
        "corpus_description",
        "Description of the document library",
        "markdown",
        "Which kinds of documents there are, what they are good for, and which of them prevails where they differ.",
        "Markdown, a section for each kind of document.",
        "Describe kinds, not single files. Say which source is authoritative, and since when.",
    ),
    Definition(
        "playbooks",
        "Playbooks",
        "playbook_list",
        "How experts go about a kind of question, step by step.",
        "A list of playbooks: name, objective, ordered steps with what to do and the steps that may follow; at least "
        "one step leads to EXIT.",
        "One playbook for each kind of task. A step is something to do, with a sign by which one sees that it is done.",
    ),
    Definition(
        "mental_map",
        "Mental map",
        "mental_map",
        "The concepts of the field, by domain, with their synonyms and how they relate.",
        "Domains with concepts; a concept has a description, synonyms and relations to other concepts.",
        "Use the experts' own words. Relate concepts by verbs. Leave out single things, such as one customer.",
    ),
    Definition(
        "design_templates",
        "Design templates",
        "design_template_list",
        "How finished documents should look: when to use which template, and its files.",
        "A list of templates: name, when_to_use, notes, output_format (docx, pdf, pptx, xlsx), and files beside it.",
        "Say when a template is to be used, in the words of those who ask for it.",
    ),
)
DEFINITIONS: dict[str, Definition] = {one.slug: one for one in _DEFINITIONS}


def overview(content: Content) -> Any:
    """Returns the part of a content that lists show: the beginning of a text, else the names of what it holds."""
    if isinstance(content, PlaybookList):
        return [{"id": one.id, "name": one.name, "objective": one.objective} for one in content.playbooks]
    if isinstance(content, MentalMap):
        return [domain.label for domain in content.domains]
    if isinstance(content, DesignTemplateList):
        return [{"id": one.id, "name": one.name, "when_to_use": one.when_to_use} for one in content.templates]
    return content.text[:300]
