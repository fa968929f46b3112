"""What an administrator sees: numbers for the alerts, traces, slow statements without their values."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text

from citewell.db.engine import Database, PoolOptions
from citewell.kit import tracing
from tests.conftest import Api, until_ended
from tests.sse import ask


async def test_an_answer_is_one_trace_without_its_text(handbook: Api) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with tracing.recording(provider):
        await ask(handbook, "How much may a hotel room cost in Oslo?")
    spans = exporter.get_finished_spans()
    [agent] = [span for span in spans if span.name == "invoke_agent"]
    children = [span for span in spans if span.parent and span.parent.span_id == agent.context.span_id]
    operations = {span.attributes["gen_ai.operation.name"] for span in children if span.attributes}
    assert {"chat", "execute_tool"} <= operations
    assert agent.attributes is not None
    assert agent.attributes["citewell.project"] == handbook.project
    assert agent.attributes["citewell.request"]
    assert "Oslo" not in "".join(span.to_json() for span in spans)


async def test_slow_statements_are_logged_without_values(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    database = Database(database_url, PoolOptions(slow_seconds=0.01))
    async with database.read() as session:
        await session.execute(text("SELECT pg_sleep(:pause), :word"), {"pause": 0.05, "word": "confidential"})
    await database.direct.fetch("SELECT pg_sleep(0.05), %(word)s::text AS word", {"word": "confidential"})
    await database.close()
    logged = [str(record.msg) for record in caplog.records if "slow_statement" in str(record.msg)]
    assert len(logged) == 2
    assert all("pg_sleep" in line for line in logged)
    assert not any("confidential" in line for line in logged)


async def test_a_document_that_fails_is_named_in_the_log(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    uploaded = await api.post("/documents/bulk-upload/", files=[("files", ("broken.pdf", b"%PDF-1.7 and no more"))])
    document = uploaded.json()[0]["id"]
    await until_ended(api, [document])
    [line] = [one.msg for one in caplog.records if isinstance(one.msg, dict) and one.msg["event"] == "document_failed"]
    assert (line["document"], line["project"], line["step"]) == (document, api.project, "parse")
    assert line["version"]
    assert line["code"]


async def test_the_numbers_that_alerts_need(handbook: Api) -> None:
    numbers = (await handbook.http.get("/metrics")).text
    for name in ("disk_free_bytes", "disk_size_bytes", "database_size_bytes", "backup_age_seconds"):
        label = "" if name.startswith("disk") else '{cell="home"}'
        [line] = [line for line in numbers.splitlines() if line.startswith(f"citewell_{name}{label} ")]
        assert float(line.split()[1]) > 0
    for name in ("steps_failed", "model_errors", "slow_statements", "replication_lag_seconds"):
        assert f"# TYPE citewell_{name}" in numbers
