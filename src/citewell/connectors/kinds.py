"""The connectors there are. A new one is a module beside this, and a line here."""

import importlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal, cast

from pydantic import BaseModel, SecretStr, ValidationError

from citewell.connectors.protocol import Connector, ConnectorContext, Credentials, Kind
from citewell.errors import InvalidFields
from citewell.models import Source
from citewell.resources import Resources

KindName = Literal["folder", "s3", "git", "web", "imap", "rss"]
_MOST_BYTES = 256 * 1024 * 1024  # of one item


def kind_named(name: str) -> Kind:
    """Returns the module of a kind, loaded when it is first needed."""
    return cast(Kind, importlib.import_module(f"citewell.connectors.{name}"))


def checked(model: type[BaseModel], values: Any, field: str) -> Any:
    """Returns the values as the model has them. Raises InvalidFields that names the wrong ones."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems: dict[str, list[str]] = {}
        for problem in error.errors(include_url=False, include_input=False):
            problems.setdefault(".".join((field, *map(str, problem["loc"]))), []).append(f"{problem['msg']}.")
        raise InvalidFields(problems) from None


def sealed(resources: Resources, secrets: Credentials) -> bytes:
    plain = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in secrets if value
    }
    return resources.vault.seal(json.dumps(plain))


def context_of(resources: Resources, source: Source) -> ConnectorContext:
    settings = resources.settings
    folder = settings.data_dir / "sources" / str(source.id)
    most = min(settings.max_upload_bytes, _MOST_BYTES)
    return ConnectorContext(resources.outside, folder, tuple(settings.source_folders), most)


@asynccontextmanager
async def opened(resources: Resources, source: Source) -> AsyncIterator[Connector]:
    """The source, ready to be read. Raises SourceError."""
    kind = kind_named(source.kind)
    config = kind.Config.model_validate(source.config)
    stored = json.loads(resources.vault.open(source.sealed_credentials)) if source.sealed_credentials else {}
    secrets = kind.Secrets.model_validate(stored)
    async with kind.open_source(config, secrets, context_of(resources, source)) as connector:
        yield connector
