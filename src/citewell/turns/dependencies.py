"""Dependencies of routes that start or follow turns."""

from typing import Annotated

from fastapi import Depends, Request

from citewell.turns.runner import TurnRunner


async def get_turns(request: Request) -> TurnRunner:
    """Returns the turns of this process."""
    turns: TurnRunner = request.app.state.turns
    return turns


TurnsParam = Annotated[TurnRunner, Depends(get_turns)]
