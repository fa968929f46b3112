"""Changes of a playbook, step by step."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from citewell.artifacts.changes import checked, in_order, index_of
from citewell.artifacts.content import Line, Name, NextStep, Playbook, Short, Step


class AddStep(BaseModel, extra="forbid"):
    """`after` names the step that it follows; left out, it comes last; empty, first."""

    op: Literal["add_step"]
    step: Step
    after: Line | None = None


class UpdateStep(BaseModel, extra="forbid"):
    """Fields that are left out keep their values."""

    op: Literal["update_step"]
    step_name: Name
    name: Name | None = None
    instructions: Short | None = None
    next_steps: Annotated[list[NextStep] | None, Field(max_length=20)] = None


class MoveStep(BaseModel, extra="forbid"):
    op: Literal["move_step"]
    step_name: Name
    after: Line = ""


class RemoveStep(BaseModel, extra="forbid"):
    """The steps that led to it lead on to where it led."""

    op: Literal["remove_step"]
    step_name: Name


class Rename(BaseModel, extra="forbid"):
    op: Literal["rename"]
    name: Name


class SetObjective(BaseModel, extra="forbid"):
    op: Literal["set_objective"]
    objective: Short


PlaybookChange = Annotated[
    AddStep | UpdateStep | MoveStep | RemoveStep | Rename | SetObjective, Field(discriminator="op")
]


def changed_playbook(playbook: Playbook, changes: Sequence[Any]) -> Playbook:
    """Steps may lead nowhere on the way; at the end they are checked."""
    draft = in_order(playbook.model_copy(deep=True), changes, _on_playbook)
    return checked(Playbook, draft)


def _on_playbook(playbook: Playbook, change: Any) -> Playbook:
    if isinstance(change, Rename):
        playbook.name = change.name
    elif isinstance(change, SetObjective):
        playbook.objective = change.objective
    elif isinstance(change, AddStep):
        at = len(playbook.steps) if change.after is None else _place_after(playbook, change.after)
        playbook.steps.insert(at, change.step)
    elif isinstance(change, MoveStep):
        step = playbook.steps.pop(_step(playbook, change.step_name))
        playbook.steps.insert(_place_after(playbook, change.after), step)
    elif isinstance(change, RemoveStep):
        _remove_step(playbook, change.step_name)
    else:
        _update_step(playbook, change)
    return playbook


def _update_step(playbook: Playbook, change: UpdateStep) -> None:
    step = playbook.steps[_step(playbook, change.step_name)]
    if change.name is not None:
        _redirect(playbook, step.name, [change.name])
        step.name = change.name
    if change.instructions is not None:
        step.instructions = change.instructions
    if change.next_steps is not None:
        step.next_steps = change.next_steps


def _remove_step(playbook: Playbook, name: str) -> None:
    index = _step(playbook, name)
    followers = [one for one in playbook.followers(index) if one != playbook.steps[index].name]
    removed = playbook.steps.pop(index)
    _redirect(playbook, removed.name, followers)


def _redirect(playbook: Playbook, old: str, new: Sequence[str]) -> None:
    """Redirects all links from `old` to `new`."""
    for step in playbook.steps:
        led = [
            NextStep(to=to, condition=one.condition)
            for one in step.next_steps
            for to in (new if one.to == old else [one.to])
        ]
        step.next_steps = list({one.to: one for one in led}.values())


def _step(playbook: Playbook, name: str) -> int:
    return index_of([step.name for step in playbook.steps], name, "step")


def _place_after(playbook: Playbook, name: str) -> int:
    return _step(playbook, name) + 1 if name else 0
