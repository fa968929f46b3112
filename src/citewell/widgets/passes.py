"""Short-lived passes for pages with a widget, in place of API tokens: for one origin and one conversation."""

import json
import time
from dataclasses import asdict, dataclass
from uuid import UUID

from citewell.errors import NotAuthenticated, SetupError
from citewell.kit.vault import Vault

SECONDS = 3600


@dataclass(frozen=True)
class Pass:
    """`conversation_id` is that of the visitor's conversation, which the first question begins; `until` is in seconds
    since 1970."""

    widget_id: str
    conversation_id: str
    origin: str
    until: float


def write_pass(vault: Vault, widget_id: UUID, conversation_id: UUID, origin: str) -> str:
    """Returns a sealed pass for the next SECONDS."""
    made = Pass(str(widget_id), str(conversation_id), origin, time.time() + SECONDS)
    return vault.seal(json.dumps(asdict(made))).decode()


def read_pass(vault: Vault, sealed: str, widget_id: UUID, origin: str) -> UUID:
    """Returns the conversation that the pass is for.

    Raises NotAuthenticated for one that is not ours, has expired, or belongs to another widget or origin.
    """
    try:
        found = Pass(**json.loads(vault.open(sealed.encode())))
    except (SetupError, ValueError, TypeError):
        raise NotAuthenticated("This is not a token of a widget: ask for one at token/.") from None
    if found.until < time.time():
        raise NotAuthenticated("This token has expired: ask for a new one at token/.")
    if found.widget_id != str(widget_id) or found.origin != origin:
        raise NotAuthenticated("This token is for another widget or another origin.")
    return UUID(found.conversation_id)
