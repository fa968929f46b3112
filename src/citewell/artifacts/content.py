"""The content of artifacts, by type: what is stored, and what goes over the wire."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from citewell.kit.ids import new_id

EXIT = "EXIT"
_NO_NUL = r"^[^\x00]*$"
MAX_TEXT = 50_000  # characters of a text

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NO_NUL)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=_NO_NUL)]
Short = Annotated[str, StringConstraints(max_length=4_000, pattern=_NO_NUL)]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT, pattern=_NO_NUL)]


class Markdown(BaseModel, extra="forbid"):
    """A text in Markdown."""

    text: Text = ""


class NextStep(BaseModel, extra="forbid"):
    """Where a playbook continues: the name of a step, or EXIT.

    Without a condition, always. A bare name stands for {"to": name}.
    """

    to: Name
    condition: Line = ""

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:
        return {"to": value} if isinstance(value, str) else value


class Step(BaseModel, extra="forbid"):
    """`next_steps` left out: the step below, and after the last one EXIT."""

    name: Name
    instructions: Short = ""
    next_steps: Annotated[list[NextStep], Field(max_length=20)] = []


class Playbook(BaseModel, extra="forbid"):
    """A procedure for one kind of question, step by step, until EXIT."""

    id: UUID = Field(default_factory=new_id)
    name: Name
    objective: Short = ""
    steps: Annotated[list[Step], Field(max_length=100)] = []

    @model_validator(mode="after")
    def _leads_out(self) -> "Playbook":
        names = [step.name for step in self.steps]
        _refuse_repeated(names, "steps")
        if EXIT in names:
            raise ValueError(f"{EXIT} is the end of a playbook: no step may have this name.")
        for step in self.steps:
            if unknown := [one.to for one in step.next_steps if one.to != EXIT and one.to not in names]:
                raise ValueError(f"The step {step.name!r} leads to {unknown[0]!r}: name a step or {EXIT}.")
        if stuck := [name for name in names if name not in self._leading_out()]:
            raise ValueError(f"The step {stuck[0]!r} never reaches {EXIT}: let it, or a step after it, lead there.")
        return self

    def followers(self, index: int) -> list[str]:
        """Returns the names that the step at `index` leads to."""
        step = self.steps[index]
        if step.next_steps:
            return [one.to for one in step.next_steps]
        return [self.steps[index + 1].name if index + 1 < len(self.steps) else EXIT]

    def _leading_out(self) -> set[str]:
        """EXIT and the names of all steps from which it can be reached."""
        reached, grown = {EXIT}, True
        while grown:
            more = {
                step.name
                for index, step in enumerate(self.steps)
                if step.name not in reached and reached.intersection(self.followers(index))
            }
            grown = bool(more)
            reached |= more
        return reached


class PlaybookList(BaseModel, extra="forbid"):
    playbooks: Annotated[list[Playbook], Field(max_length=200)] = []

    @model_validator(mode="after")
    def _unique(self) -> "PlaybookList":
        _refuse_repeated([one.name for one in self.playbooks], "playbooks")
        return self


class Relation(BaseModel, extra="forbid"):
    """A relation of a concept to another: `relation` is a verb, `to` the other's name."""

    relation: Name
    to: Name


class Concept(BaseModel, extra="forbid"):
    name: Name
    description: Short = ""
    synonyms: Annotated[list[Name], Field(max_length=50)] = []
    relations: Annotated[list[Relation], Field(max_length=100)] = []


class Domain(BaseModel, extra="forbid"):
    """A field of the project's world, with the concepts that people there use."""

    label: Name
    description: Short = ""
    concepts: Annotated[list[Concept], Field(max_length=500)] = []

    @model_validator(mode="after")
    def _unique(self) -> "Domain":
        _refuse_repeated([one.name for one in self.concepts], f"concepts of {self.label!r}")
        return self


class MentalMap(BaseModel, extra="forbid"):
    domains: Annotated[list[Domain], Field(max_length=100)] = []

    @model_validator(mode="after")
    def _unique(self) -> "MentalMap":
        _refuse_repeated([one.label for one in self.domains], "domains")
        known = {concept.name.casefold() for domain in self.domains for concept in domain.concepts}
        for domain in self.domains:
            for concept in domain.concepts:
                for relation in concept.relations:
                    if relation.to.casefold() not in known:
                        raise ValueError(
                            f"{concept.name!r} {relation.relation} {relation.to!r}, which is not a concept of the map."
                        )
        return self


class DesignTemplate(BaseModel, extra="forbid"):
    """The look of a finished document. Its files are stored beside it."""

    id: UUID = Field(default_factory=new_id)
    name: Name
    when_to_use: Short = ""
    notes: Text = ""
    output_format: Literal["docx", "pdf", "pptx", "xlsx"] = "docx"


class DesignTemplateList(BaseModel, extra="forbid"):
    templates: Annotated[list[DesignTemplate], Field(max_length=100)] = []

    @model_validator(mode="after")
    def _unique(self) -> "DesignTemplateList":
        _refuse_repeated([one.name for one in self.templates], "templates")
        return self


Content = Markdown | PlaybookList | MentalMap | DesignTemplateList


def _refuse_repeated(names: Iterable[str], what: str) -> None:
    seen = set[str]()
    for name in names:
        if name.casefold() in seen:
            raise ValueError(f"Two {what} are called {name!r}: names must differ.")
        seen.add(name.casefold())
