"""OpenTelemetry traces. They need the extra `otel` and CITEWELL_OTLP_ENDPOINT; without them nothing is recorded.

All attribute names are in this module. Those of model calls follow OpenTelemetry's conventions for generative AI, which
are still in development. No text of questions, documents or answers goes into a trace.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from citewell.errors import SetupError

OPERATION = "gen_ai.operation.name"  # chat, execute_tool, invoke_agent, embeddings
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
TOOL_NAME = "gen_ai.tool.name"
CONVERSATION = "gen_ai.conversation.id"
ERROR = "error.type"
PROJECT, TURN, DOCUMENT, VERSION = "citewell.project", "citewell.turn", "citewell.document", "citewell.version"
STEP, REQUEST = "citewell.step", "citewell.request"

Attributes = dict[str, str | int | float | bool]
_Start = Callable[[str, Attributes], AbstractContextManager[Any]]
_start: _Start | None = None


@contextlib.contextmanager
def span(name: str, attributes: Attributes) -> Iterator[Attributes]:
    """A span around the body. Entries that the body adds to the yielded dictionary become attributes of the span."""
    if _start is None:
        yield {}
        return
    found: Attributes = {}
    with _start(name, attributes) as made:
        try:
            yield found
        except BaseException as error:
            found[ERROR] = getattr(error, "code", type(error).__name__)
            raise
        finally:
            made.set_attributes(found)


def model_span(model: str) -> AbstractContextManager[Attributes]:
    """A span around a model call; `model` is named as in the settings: `openai/gpt-5-mini`."""
    provider, _, name = model.rpartition("/")
    attributes: Attributes = {OPERATION: "chat", REQUEST_MODEL: name}
    return span(f"chat {name}", attributes | ({PROVIDER: provider} if provider else {}))


@contextlib.contextmanager
def exporting(endpoint: str | None, version: str) -> Iterator[None]:
    """Send traces to the collector at `endpoint`, by OTLP over HTTP. Raises SetupError without the extra."""
    if endpoint is None:
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise SetupError("Traces need OpenTelemetry: pip install 'citewell[otel]'.") from error
    provider = TracerProvider(resource=Resource.create({"service.name": "citewell", "service.version": version}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    with recording(provider):
        try:
            yield
        finally:
            provider.shutdown()


@contextlib.contextmanager
def recording(provider: Any) -> Iterator[None]:
    """Record spans with this provider during the body."""
    global _start
    tracer = provider.get_tracer("citewell")

    def start(name: str, attributes: Attributes) -> AbstractContextManager[Any]:
        made: AbstractContextManager[Any] = tracer.start_as_current_span(name, attributes=attributes)
        return made

    before, _start = _start, start
    try:
        yield
    finally:
        _start = before
