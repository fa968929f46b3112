"""Finds the size of a model's context: as its server states it, else by sending questions of different lengths.

Servers state the size in different places: most in their list of models (vLLM as `max_model_len`), Ollama in `/api/ps`
and `/api/show`, llama.cpp in `/props`, text-generation-inference in `/info`. If a server does not, one question that is
too long often makes it name its limit in the error. Else a few questions narrow the limit down.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from citewell.agent.models.faults import Refused
from citewell.agent.protocol import ContextTooLong, Message, Model, ModelError, ModelRequest, Usage
from citewell.kit.http import HttpClient, NoReply, ReplyTooLarge, bearer

MOST = 131_072  # tokens that are tried; nothing here gives a model more to read
LEAST = 1_000
MOST_QUESTIONS = 8
PROBE_SECONDS = 45.0  # for all questions
_QUESTION_SECONDS = 20.0
_EXACT_ENOUGH = 1.15  # ratio of the shortest text that does not fit to the longest that does
_TRUNCATED = 0.7  # share of the sent tokens: a server that counts fewer has truncated the question
_PLAUSIBLE = 0.3  # share of LEAST: a server whose message counts fewer tokens counts something else
_LISTING_SECONDS = 5.0
_MAX_LISTING = 4 * 1024 * 1024  # bytes
_NAMES = ("context_length", "max_model_len", "context_window", "max_context_length", "max_input_tokens", "n_ctx")
_NUM_CTX = re.compile(r"^\s*num_ctx\s+(\d+)", re.MULTILINE)
_WORD = "apple "
_ASK = "Answer with one word: yes."


@dataclass(frozen=True)
class ContextSize:
    """The size of a context. `tokens` is None if it could not be found; `note` says how it was found, or why not."""

    tokens: int | None
    note: str


async def stated_context(base_url: str, api_key: str | None, name: str) -> ContextSize | None:
    """Returns the size that the server states for the model; None if it states none."""
    root = f"{urlsplit(base_url).scheme}://{urlsplit(base_url).netloc}"
    headers = bearer(api_key) | ({"x-api-key": api_key} if api_key else {})
    async with contextlib.aclosing(HttpClient(headers, seconds=_LISTING_SECONDS)) as http:
        if tokens := _listed(await _fetch(http, f"{base_url}/models"), name):
            return ContextSize(tokens, "its list of models says so")
        loaded = _of_ollama(await _fetch(http, f"{root}/api/ps"), name)
        shown = await _fetch(http, f"{root}/api/show", {"model": name})
        if tokens := loaded or _num_ctx(shown):
            return ContextSize(tokens, "Ollama says so")
        if tokens := _of_llama_cpp(await _fetch(http, f"{root}/props")):
            return ContextSize(tokens, "llama.cpp says so")
        info = await _fetch(http, f"{root}/info")
        if tokens := _smallest(info, ("max_total_tokens", "max_input_tokens")):
            return ContextSize(tokens, "its /info says so")
    return None


async def _fetch(http: HttpClient, url: str, body: Any = None) -> Mapping[str, Any]:
    """Fetches a JSON object; returns an empty one if that fails."""
    try:
        reply = await http.send("GET" if body is None else "POST", url, json=body, max_bytes=_MAX_LISTING)
        found = json.loads(reply.body) if reply.status == 200 else {}
    except (NoReply, ReplyTooLarge, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _listed(listing: Mapping[str, Any], name: str) -> int | None:
    models = listing.get("data")
    entries = [one for one in models if isinstance(one, dict)] if isinstance(models, list) else []
    entry = next((one for one in entries if one.get("id") == name), {})
    meta = entry.get("meta")
    return _smallest(entry, _NAMES) or _smallest(meta if isinstance(meta, dict) else {}, ("n_ctx",))


def _smallest(entry: Mapping[str, Any], names: Sequence[str]) -> int | None:
    sizes = [entry[name] for name in names if isinstance(entry.get(name), int) and entry[name] > 0]
    return min(sizes, default=None)


def _of_ollama(running: Mapping[str, Any], name: str) -> int | None:
    """Returns the context that the model was loaded with.

    The size it was trained with says nothing: Ollama allows less.
    """
    models = running.get("models")
    for one in models if isinstance(models, list) else ():
        if isinstance(one, dict) and name in (one.get("name"), one.get("model"), str(one.get("name")).split(":")[0]):
            return _smallest(one, ("context_length",))
    return None


def _num_ctx(shown: Mapping[str, Any]) -> int | None:
    found = _NUM_CTX.search(str(shown.get("parameters") or ""))
    return int(found[1]) if found else None


def _of_llama_cpp(props: Mapping[str, Any]) -> int | None:
    settings = props.get("default_generation_settings")
    return _smallest(settings if isinstance(settings, dict) else {}, ("n_ctx",))


async def tried_context(model: Model, seconds: float = PROBE_SECONDS) -> ContextSize:
    """Narrows the size down with at most MOST_QUESTIONS questions of at most MOST tokens, within `seconds`."""
    prober = _Prober(model)
    try:
        async with asyncio.timeout(seconds):
            return await prober.find()
    except TimeoutError:
        return prober.so_far("there was no time to find out more")


class _Stopped(Exception):
    """The server said something that has nothing to do with length."""


class _Named(Exception):
    """The server named its limit."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens


class _Prober:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._tokens_a_word = 1.0
        self._counts = False  # whether what the server counts can be believed
        self._asked = 0
        self._fits = 0

    def so_far(self, why: str) -> ContextSize:
        """Returns what is certain where asking had to end."""
        if self._fits <= LEAST:
            return ContextSize(None, f"not known: {why}")
        return ContextSize(self._fits, f"at least; {why}")

    async def find(self) -> ContextSize:
        try:
            if not await self._takes(LEAST):
                return ContextSize(None, "not known: it refuses even a short text")
            if await self._takes(MOST):
                return ContextSize(MOST, "at least; a longer text was not tried")
            too_much = MOST
            while too_much / self._fits > _EXACT_ENOUGH and self._asked < MOST_QUESTIONS:
                between = round((too_much * self._fits) ** 0.5)
                if not await self._takes(between):
                    too_much = between
            return ContextSize(self._fits, f"about; {self._asked} texts were tried")
        except _Named as named:
            return ContextSize(named.tokens, "it names its limit when a text is too long")
        except _Stopped as error:
            return self.so_far(str(error))

    async def _takes(self, tokens: int) -> bool:
        """Whether the server reads a text of so many tokens. Raises _Named and _Stopped."""
        self._asked += 1
        words = max(round(tokens / self._tokens_a_word), 1)
        request = ModelRequest([Message("user", f"{_WORD * words}\n{_ASK}")], [], max_output_tokens=16)
        counted = 0
        try:
            async with asyncio.timeout(_QUESTION_SECONDS):
                async for batch in self._model.stream(request):
                    counted = max([counted, *(one.input_tokens for one in batch if isinstance(one, Usage))])
        except ContextTooLong as error:
            if error.limit is not None and LEAST <= error.limit < tokens * 2:
                raise _Named(error.limit) from None
            return False
        except Refused as error:
            if error.status in (400, 413, 422):
                return False
            raise _Stopped(error.message) from None
        except ModelError as error:
            if error.code == "model_server_error":
                return False
            raise _Stopped(error.message) from None
        except TimeoutError:
            raise _Stopped("the model takes too long for a long text") from None
        if not self._fits:
            self._counts = counted >= LEAST * _PLAUSIBLE
            if self._counts:
                self._tokens_a_word = counted / words
        elif self._counts and counted < tokens * _TRUNCATED:
            raise _Named(counted)  # it was cut without a word
        self._fits = max(self._fits, tokens)
        return True
