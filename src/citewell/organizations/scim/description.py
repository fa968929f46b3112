"""The server's description of itself for SCIM clients."""

from functools import cache
from typing import Any

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    EnterpriseUser,
    ETag,
    Filter,
    Group,
    Meta,
    Patch,
    Resource,
    ResourceType,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)

MOST_RESULTS = 200  # of one page
UserModel = User[EnterpriseUser]
# By the last part of the address.
MODELS: dict[str, type[Resource[Any]]] = {"Users": UserModel, "Groups": Group}


@cache
def config() -> ServiceProviderConfig:
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=False),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Key of the organisation",
                description="Authorization: Bearer cwk_..., minted by a superuser",
                primary=True,
            )
        ],
    )


@cache
def provider() -> ScimProvider:
    types = [ResourceType.from_resource(model) for model in MODELS.values()]
    return ScimProvider(models=[User, EnterpriseUser, Group], resource_types=types, config=config())


def resource_types(base: str) -> list[ResourceType]:
    return [_placed(each.model_copy(), base, "ResourceTypes") for each in provider().resource_types]


def schemas(base: str) -> list[Any]:
    return [_placed(each.model_copy(), base, "Schemas") for each in provider().schemas]


def placed_config(base: str) -> ServiceProviderConfig:
    found = config().model_copy()
    found.meta = Meta(resource_type="ServiceProviderConfig", location=f"{base}/ServiceProviderConfig")
    return found


def _placed(resource: Any, base: str, collection: str) -> Any:
    resource.meta = Meta(resource_type=collection.removesuffix("s"), location=f"{base}/{collection}/{resource.id}")
    return resource
