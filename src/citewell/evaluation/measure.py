"""Running a data set's queries and scoring what they find."""

import time
from dataclasses import dataclass
from statistics import mean, median
from uuid import UUID

from citewell.evaluation.beir import DataSet
from citewell.evaluation.corpus import document_id
from citewell.evaluation.metrics import ndcg, recall, reciprocal_rank
from citewell.search.retrieve import Mode, Retriever

MODES: tuple[Mode, ...] = ("text", "semantic", "hybrid")


@dataclass(frozen=True)
class Scores:
    """Means over all queries; `milliseconds` is the median time of one."""

    ndcg_10: float
    recall_10: float
    recall_100: float
    mrr_10: float
    milliseconds: float


async def measure(retriever: Retriever, project_id: UUID, data: DataSet, mode: Mode) -> Scores:
    names = {document_id(project_id, entry.id): entry.id for entry in data.corpus}

    async def ranking(text: str, limit: int) -> list[str]:
        hits = await retriever.search(project_id, text, limit=limit, mode=mode)
        return [names[hit.document_id] for hit in hits]

    rows, times = [], []
    for query in data.queries:
        relevant = data.relevant[query.id]
        started = time.perf_counter()
        best = await ranking(query.text, 10)
        times.append(time.perf_counter() - started)
        deep = await ranking(query.text, 100)
        recalls = recall(best, relevant, 10), recall(deep, relevant, 100)
        rows.append((ndcg(best, relevant), *recalls, reciprocal_rank(best, relevant)))
    means = [mean(column) for column in zip(*rows, strict=True)]
    return Scores(means[0], means[1], means[2], means[3], median(times) * 1000)
