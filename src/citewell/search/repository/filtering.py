"""The filter of a search as conditions of a statement on `passages`."""

from typing import Any

from citewell.search.filters import SearchFilter


def conditions_of(narrowed: SearchFilter, *, local: bool = False) -> str:
    """Returns the conditions for a WHERE on `passages`, with the driver's placeholders: for the project's own passages,
    or for those that are local to the conversation and the agent.

    `local_to` comes first, because the indexes on own and on local passages are partial indexes on it.
    """
    found = ["local_to = ANY(%(local_to)s)" if local else "local_to IS NULL"]
    if narrowed.documents is not None:
        found.append("document_id = ANY(%(documents)s)")
    if narrowed.excluded:
        found.append("document_id <> ALL(%(excluded)s)")
    if narrowed.chunks.only is not None:
        found.append("chunk_id = ANY(%(only_chunks)s)")
    if narrowed.chunks.excluded:
        found.append("chunk_id <> ALL(%(excluded_chunks)s)")
    for number, variants in enumerate(narrowed.phrases):
        found.append(" OR ".join(f"' ' || content || ' ' LIKE %(phrase_{number}_{n})s" for n in range(len(variants))))
    return " AND ".join(f"({condition})" for condition in found)


def parameters_of(narrowed: SearchFilter) -> dict[str, Any]:
    """Returns the values for the placeholders of `conditions_of`."""
    found: dict[str, Any] = {}
    if narrowed.local_to:
        found["local_to"] = list(narrowed.local_to)
    if narrowed.documents is not None:
        found["documents"] = list(narrowed.documents)
    if narrowed.excluded:
        found["excluded"] = list(narrowed.excluded)
    if narrowed.chunks.only is not None:
        found["only_chunks"] = list(narrowed.chunks.only)
    if narrowed.chunks.excluded:
        found["excluded_chunks"] = list(narrowed.chunks.excluded)
    for number, variants in enumerate(narrowed.phrases):
        # Analysed text holds letters and digits only, so LIKE finds no wildcard in it.
        found |= {f"phrase_{number}_{n}": f"% {variant} %" for n, variant in enumerate(variants)}
    return found
