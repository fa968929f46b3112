"""The conformance suite of `scim2-tester`. Importing its models takes seconds: import it where it runs, in a thread.

Pydantic looks for the source of each of hundreds of classes through the whole stack, which is short there.
"""

from typing import Annotated, Any

import httpx2 as httpx
from pydantic import Field
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import EnterpriseUser, Group, Required, ResourceType, ScimProvider, User
from scim2_tester import Status, check_server

from citewell.kit.ids import new_id


class Addresses(list[str]):
    """Examples that are another address each time: the suite chooses at random, and must not choose one twice."""

    def __init__(self, domain: str) -> None:
        super().__init__([""])
        self._domain = domain

    def __getitem__(self, index: Any) -> Any:
        return f"{new_id().hex}@{self._domain}"


def faults_of(server: str, key: str, domain: str) -> list[str]:
    """What the suite finds wrong at `server`, with the key of an organisation that has this domain."""

    class AddressedUser(User):
        """A user whose userName is an address, as directories send it: the suite takes its values from the examples."""

        user_name: Annotated[str | None, Required.true] = Field(None, examples=Addresses(domain))

    with httpx.Client(base_url=server, headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:
        types = [ResourceType.from_resource(model) for model in (AddressedUser[EnterpriseUser], Group)]
        provider = ScimProvider(models=[AddressedUser, EnterpriseUser, Group], resource_types=types)
        results = check_server(SyncSCIMClient(http, provider=provider))
    assert len([each for each in results if each.status is Status.SUCCESS]) > 50
    wrong = (Status.ERROR, Status.CRITICAL)
    return [f"{each.title} {each.resource_type}: {each.reason}" for each in results if each.status in wrong]
