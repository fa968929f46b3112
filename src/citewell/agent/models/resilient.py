"""Retries a request, and falls back to other models: only before the first event of a reply."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import structlog

from citewell.agent.protocol import ContextTooLong, Model, ModelError, ModelEvent, ModelRequest, NoTools
from citewell.agent.streams import closing
from citewell.kit.metrics import MODEL_ERRORS

log = structlog.get_logger(__name__)

ATTEMPTS = 4
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 20.0


class ResilientModel:
    """Answers with the first of the models that works. Each is tried ATTEMPTS times with exponential backoff, if its
    error is retryable.

    Once a reply has begun, its errors are raised: a reader must never see an answer begin twice.
    """

    def __init__(self, models: Sequence[Model], *, first_wait: float = _FIRST_WAIT) -> None:
        self._models = list(models)
        self._first_wait = first_wait
        self.name = models[0].name

    @property
    def takes_tools(self) -> bool:
        return self._models[0].takes_tools

    async def aclose(self) -> None:
        """Close the connections of all models."""
        for model in self._models:
            await model.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        """Yields the batches of the first model that answers.

        Raises NoTools and ContextTooLong at once, and the last ModelError if no model answers.
        """
        for number, model in enumerate(self._models):
            last = number == len(self._models) - 1
            for attempt in range(ATTEMPTS):
                begun = False
                try:
                    async with closing(model.stream(request)) as reply:
                        async for batch in reply:
                            begun = True
                            yield batch
                    return
                except (NoTools, ContextTooLong):
                    raise  # the caller must change the request; another model would refuse it as well
                except ModelError as error:
                    MODEL_ERRORS.labels(model.name, error.code).inc()
                    # After a timeout everybody has waited long enough for this model.
                    again = error.retryable and error.code != "model_timeout" and attempt < ATTEMPTS - 1
                    if begun or (last and not again):
                        raise
                    log.info("model_retry", model=model.name, code=error.code, attempt=attempt + 1, again=again)
                    if not again:
                        break
                    await asyncio.sleep(self._wait(attempt, error.retry_after))

    def _wait(self, attempt: int, asked_for: float | None) -> float:
        if asked_for is not None:
            return min(asked_for, _LONGEST_WAIT)
        # Jitter, so that turns that failed together do not retry together.
        return min(self._first_wait * 2.0**attempt, _LONGEST_WAIT) * random.uniform(0.75, 1.25)  # noqa: S311
