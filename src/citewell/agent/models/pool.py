"""The models of a process: one object for each name, so that its connections are shared by all turns."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec
import structlog

from citewell.agent.limits import LoopLimits, limited_to
from citewell.agent.models import ModelConfig, make_model
from citewell.agent.models.abilities import key_of, read_abilities
from citewell.agent.models.anthropic import AnthropicModel
from citewell.agent.models.faults import Refused
from citewell.agent.models.openai import OpenAIModel
from citewell.agent.models.resilient import ResilientModel
from citewell.agent.protocol import Message, Model, ModelError, ModelEvent, ModelRequest
from citewell.agent.streams import closing
from citewell.errors import SetupError
from citewell.settings import Settings

log = structlog.get_logger(__name__)

_PROBE_SECONDS = 20.0
_LEAST_CONTEXT = 1000  # tokens
_MAX_MODELS = 100  # clients may ask for any number of names


class ModelPool:
    """Creates models by name, and keeps them.

    A name from a client is looked up in `model_aliases`. If this server cannot serve it, the default model answers.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises SetupError if a name in the settings is no model's name."""
        self._settings = settings
        self._models: dict[str, Model] = {}
        checker = [settings.claim_check_model] if settings.claim_check_model else []
        named = (*settings.model_fallbacks, *settings.model_aliases.values(), *settings.model_servers)
        for configured in (settings.model, *named, *checker):
            make_model(config_of(settings, configured))
        self._abilities = read_abilities(settings.data_dir)

    def get(self, name: str) -> Model:
        """Returns the model that serves this name; the default model for an empty name.

        If it fails, the configured fallbacks answer. If its server has no model of this name, the default model does.
        """
        name = self.served(name)
        if name not in self._models:
            made = ResilientModel([self._make(one) for one in self._with_fallbacks(name)])
            self._models[name] = made if name == self.default else RequestedModel(made, self.get(""))
        return self._models[name]

    @property
    def checker(self) -> str | None:
        """The name of the model that checks claims; None if none is set. The built-in model cannot check claims."""
        name = self._settings.claim_check_model
        return name if name and name != "extractive" else None

    def _with_fallbacks(self, name: str) -> list[str]:
        return list(dict.fromkeys((name, *self._settings.model_fallbacks)))

    @property
    def default(self) -> str:
        """The name of the default model."""
        return self._settings.model

    def served(self, name: str) -> str:
        """Returns the name of the model that answers requests for `name`, in the form of the settings."""
        settings = self._settings
        name = settings.model_aliases.get(name, name)
        known = (*settings.model_aliases.values(), *settings.model_servers, settings.claim_check_model)
        if name in self._models or name in known:
            return name
        has_server = settings.model_base_url is not None or settings.model_api_key is not None
        kind = settings.model.partition("/")[0]
        is_same_kind = name == "extractive" or (has_server and name.partition("/")[0] == kind)
        return name if is_same_kind and _is_model_name(name) and len(self._models) < _MAX_MODELS else settings.model

    def _make(self, name: str) -> Model:
        """Creates the model, adapted to the results of `citewell model check`."""
        config = config_of(self._settings, name)
        model = make_model(config)
        known = self._abilities.get(key_of(name, config.base_url))
        if known is not None and not known.takes_tools and isinstance(model, OpenAIModel | AnthropicModel):
            model.takes_tools = False
        return model

    def limits(self, name: str, limits: LoopLimits) -> LoopLimits:
        """Returns the limits for this model: the dialogue gets three quarters of its context, if its size is known."""
        served = self.served(name)
        known = self._abilities.get(key_of(served, config_of(self._settings, served).base_url))
        if known is None or known.context_tokens is None:
            return limits
        room = max(known.context_tokens * 3 // 4, _LEAST_CONTEXT)
        limits = limited_to(limits, known.context_tokens)
        return msgspec.structs.replace(limits, max_context_tokens=min(limits.max_context_tokens, room))

    async def aclose(self) -> None:
        """Close the connections of all models."""
        for model in self._models.values():
            await model.aclose()


def config_of(settings: Settings, name: str) -> ModelConfig:
    """Returns the configuration of a model from the settings of this server."""
    server = settings.model_servers.get(name)
    key = server.api_key if server else settings.model_api_key
    return ModelConfig(
        model=name,
        base_url=server.base_url if server else settings.model_base_url,
        api_key=key.get_secret_value() if key else None,
        silence_seconds=settings.model_timeout,
        max_output_tokens=settings.model_max_output_tokens,
    )


class RequestedModel:
    """A model that a client asked for by name. `default` answers if the server has no model of that name."""

    def __init__(self, requested: Model, default: Model) -> None:
        self._requested = requested
        self._default = default
        self.name = requested.name

    @property
    def takes_tools(self) -> bool:
        return self._requested.takes_tools

    async def aclose(self) -> None:
        """Closes the requested model's connections; the pool closes the default model."""
        await self._requested.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        """Yields the batches of the model that answers. Raises ModelError."""
        try:
            async with closing(self._requested.stream(request)) as reply:
                async for batch in reply:
                    yield batch
            return
        except Refused as error:
            if not error.knows_no_such_model:
                raise
            log.info("model_not_served", model=self.name, answered_by=self._default.name)
        async with closing(self._default.stream(request)) as reply:
            async for batch in reply:
                yield batch


def _is_model_name(name: str) -> bool:
    """Whether the name has the form that the settings use, such as `openai/<name>`."""
    try:
        make_model(ModelConfig(model=name))
    except SetupError:
        return False
    return True


async def probe(model: Model) -> str | None:
    """Sends the model a small request. Returns what is wrong, or None if it answers within _PROBE_SECONDS."""
    request = ModelRequest([Message("user", "Answer with one word.")], [], max_output_tokens=16)
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            async for _ in model.stream(request):
                return None
    except ModelError as error:
        return error.message
    except TimeoutError:
        return f"no answer within {_PROBE_SECONDS:g} s"
    return "an empty answer"
