"""The bounds of one turn."""

import msgspec


class LoopLimits(msgspec.Struct, frozen=True):
    """Bounds of one turn. Beyond `max_tool_rounds` the model must answer without tools."""

    max_tool_rounds: int = 6
    max_tool_calls: int = 8  # in one round
    tool_seconds: float = 30.0
    max_result_bytes: int = 256 * 1024
    max_context_tokens: int = 100_000
    max_answer_chars: int = 200_000
    max_output_tokens: int | None = None
    shortened: int = 0  # times that this turn's dialogue was shortened, because the model refused it as too long


_SMALL_CONTEXT = 16_384  # tokens: above it, an answer of the usual length always fits
_LEAST_OUTPUT = 256


def limited_to(limits: LoopLimits, context_tokens: int) -> LoopLimits:
    """Returns the limits for a model with a context of `context_tokens`.

    In a small context the answer gets at most a quarter: servers refuse a request if the dialogue and
    `max_output_tokens` together exceed the context.
    """
    if context_tokens >= _SMALL_CONTEXT:
        return limits
    most = max(context_tokens // 4, _LEAST_OUTPUT)
    return msgspec.structs.replace(limits, max_output_tokens=min(limits.max_output_tokens or most, most))
