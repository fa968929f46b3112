"""Reading data sets, scoring rankings, and the command over both."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from citewell.cli import app
from citewell.db.engine import Database
from citewell.errors import BadRequest
from citewell.evaluation import beir
from citewell.evaluation.metrics import ndcg, recall, reciprocal_rank
from citewell.models import Project

CORPUS = {
    "trains": ("Trains", "Employees travel by train when the journey takes less than six hours."),
    "hotels": ("Hotels", "A hotel room may cost at most 140 EUR a night, breakfast included."),
    "meals": ("", "The daily allowance for lunch and dinner is 38 EUR."),
}
QUERIES = {"q1": "How much may a hotel cost?", "q2": "When do employees travel by train?", "q3": "nobody knows"}
QRELS = "query-id\tcorpus-id\tscore\nq1\thotels\t2\nq1\tmeals\t0\nq2\ttrains\t1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "tiny"
    (root / "qrels").mkdir(parents=True)
    documents = [{"_id": name, "title": title, "text": text} for name, (title, text) in CORPUS.items()]
    (root / "corpus.jsonl").write_text("\n".join(json.dumps(item) for item in documents) + "\n\n")
    (root / "queries.jsonl").write_text("\n".join(json.dumps({"_id": k, "text": v}) for k, v in QUERIES.items()))
    (root / "qrels" / "test.tsv").write_text(QRELS)
    return root


def test_a_data_set_is_read_with_the_queries_that_have_answers(folder: Path) -> None:
    data = beir.read(folder)
    assert data.name == "tiny"
    assert [entry.id for entry in data.corpus] == list(CORPUS)
    assert [query.id for query in data.queries] == ["q1", "q2"]
    assert data.relevant == {"q1": {"hotels": 2}, "q2": {"trains": 1}}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", '{"_id": "a", "text": "x"}\n{"no": 1}', "corpus.jsonl, line 2"),
        ("queries.jsonl", "[]", "queries.jsonl, line 1"),
        ("qrels/test.tsv", "head\tline\tx\nq1 hotels 1", "test.tsv, line 2"),
        ("corpus.jsonl", "", "no documents"),
        ("qrels/test.tsv", QRELS.replace("q1", "q8").replace("q2", "q9"), "no queries"),
    ],
)
def test_what_is_wrong_with_a_data_set_is_said(folder: Path, name: str, content: str, message: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(BadRequest, match=message):
        beir.read(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "queries.jsonl").unlink()
    with pytest.raises(BadRequest, match=r"queries\.jsonl"):
        beir.read(folder)


def test_a_ranking_has_the_published_scores() -> None:
    relevant = {"a": 2, "b": 1}
    assert ndcg(["a", "b", "c"], relevant) == pytest.approx(1)
    assert ndcg(["b", "a"], relevant) == pytest.approx((1 + 2 / 1.58496) / (2 + 1 / 1.58496), rel=1e-4)
    assert ndcg(["c"] * 10 + ["a"], relevant) == 0
    assert recall(["a", "c"], relevant, 10) == 0.5
    assert recall(["c", "a", "b"], relevant, 2) == 0.5
    assert reciprocal_rank(["c", "a"], relevant) == 0.5
    assert reciprocal_rank(["c"], relevant) == 0


async def test_the_command(folder: Path, database_url: str, tmp_path: Path) -> None:
    """In a thread of its own, as a command runs; nothing of the data set stays behind."""
    arguments = ["eval", str(folder), "--database-url", database_url, "--data-dir", str(tmp_path / "data")]
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert result.exit_code == 0, result.output
    assert "3 documents, 2 queries" in result.output
    [text] = [line.split() for line in result.output.splitlines() if "text" in line]
    assert text[3:9:2] == ["1.000", "1.000", "1.000"]
    assert await _projects(database_url) == []
    kept = await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--keep"])
    assert kept.exit_code == 0
    assert await _projects(database_url) == ["eval: tiny"]


async def _projects(url: str) -> list[str]:
    database = Database(url)
    async with database.read() as session:
        names = list(await session.scalars(select(Project.name)))
    await database.close()
    return names
