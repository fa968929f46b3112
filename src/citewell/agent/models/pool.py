"""The models of a process: one object for each name, so that its connections are shared by all turns."""

import asyncio

from citewell.agent.models import ModelConfig, make_model
from citewell.agent.models.resilient import ResilientModel
from citewell.agent.protocol import Message, Model, ModelError, ModelRequest
from citewell.settings import Settings

_PROBE_SECONDS = 20.0


class ModelPool:
    """Raises SetupError at once if the configured model says nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._models: dict[str, Model] = {}
        self.get("")

    def get(self, name: str) -> Model:
        """The model of that name; the server's for an empty one. The configured fallbacks stand behind it."""
        name = name or self._settings.model
        if name not in self._models:
            names = [name, *(other for other in self._settings.model_fallbacks if other != name)]
            self._models[name] = ResilientModel([make_model(self._config(one)) for one in names])
        return self._models[name]

    @property
    def default(self) -> str:
        """The name of the server's model."""
        return self._settings.model

    def check(self, name: str) -> None:
        """Raises SetupError for a name that says nothing."""
        make_model(self._config(name))

    def _config(self, name: str) -> ModelConfig:
        key = self._settings.model_api_key
        return ModelConfig(
            model=name,
            base_url=self._settings.model_base_url,
            api_key=key.get_secret_value() if key else None,
            silence=self._settings.model_timeout,
            max_output_tokens=self._settings.model_max_output_tokens,
        )

    async def aclose(self) -> None:
        for model in self._models.values():
            await model.aclose()


async def probe(model: Model) -> str | None:
    """What is wrong with the model, or None if it answers."""
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
