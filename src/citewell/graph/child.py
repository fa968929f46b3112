"""The process that runs queries on one graph. Its memory is limited, it has no network, and its parent kills it if a
query takes too long.

A frame on stdin or stdout is a length of four bytes and MessagePack. It contains a graph, which replaces the former
one, or a query. The response to a query has its rows, or an error.
"""

import resource
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.run import run
from citewell.graph.cypher.store import Graph
from citewell.graph.cypher.temporal.functions import start_clock
from citewell.graph.wire import as_json, unpacked
from citewell.ingestion.parsing.isolation import cut_off
from citewell.ingestion.parsing.programs import die_with_parent

MAX_ROWS = 10_000
MAX_BYTES = 16 * 1024 * 1024  # of one answer
MAX_HOPS = 10  # of a pattern of variable length
MEMORY = "The query needs more memory than one query may use: match less, or add LIMIT."


class GraphData(msgspec.Struct, tag="graph"):
    """A graph. `nodes` are [labels, properties]. `relations` are [type, start, end, properties], where start and end
    are indices of nodes.
    """

    nodes: list[tuple[list[str], dict[str, Any]]]
    relations: list[tuple[str, int, int, dict[str, Any]]]


class QueryRequest(msgspec.Struct, tag="query"):
    query: str
    parameters: dict[str, Any] = {}
    max_hops: int | None = MAX_HOPS


class QueryResult(msgspec.Struct):
    """The response to a query. `rows` are JSON objects. `error` is empty if the query succeeded."""

    columns: list[str] = []
    rows: list[dict[str, Any]] = []
    error: str = ""


def main() -> None:
    memory = int(sys.argv[1])
    die_with_parent()
    cut_off()
    _limit(memory)
    graph = Graph()
    while (frame := _read(sys.stdin.buffer)) is not None:
        wanted = msgspec.msgpack.decode(frame, type=GraphData | QueryRequest, ext_hook=unpacked)
        if isinstance(wanted, GraphData):
            graph = built(wanted)
            _write(msgspec.msgpack.encode(QueryResult()))
        else:
            _write(_encoded(answer(graph, wanted)))


def built(data: GraphData) -> Graph:
    graph = Graph()
    for labels, properties in data.nodes:
        graph.add_node(labels, properties)
    for kind, start, end, properties in data.relations:
        graph.add_relation(kind, graph.nodes[start], graph.nodes[end], properties)
    return graph


def answer(graph: Graph, asked: QueryRequest) -> QueryResult:
    start_clock()
    try:
        columns, rows = run(graph, asked.query, asked.parameters, max_hops=asked.max_hops)
        found: list[dict[str, Any]] = []
        for row in rows:
            if len(found) == MAX_ROWS:
                return QueryResult(error=f"The query finds more than {MAX_ROWS:,} rows: add LIMIT.")
            found.append({name: as_json(value) for name, value in row.items()})
        return QueryResult(columns, found)
    except CypherError as error:
        return QueryResult(error=error.with_place_in(asked.query))
    except MemoryError:
        return QueryResult(error=MEMORY)
    except RecursionError:
        return QueryResult(error="The query is nested too deeply.")
    except Exception:  # a bug of the interpreter must not end the process, which holds the graph
        return QueryResult(error="The query cannot be answered: write it in another way.")


def _encoded(answered: QueryResult) -> bytes:
    try:
        encoded = msgspec.msgpack.encode(answered)
    except (MemoryError, OverflowError):
        encoded = b""
    if not encoded or len(encoded) > MAX_BYTES:
        return msgspec.msgpack.encode(QueryResult(error="The answer is too large: return less of each, or add LIMIT."))
    return encoded


def _limit(memory: int) -> None:
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if _has_proc() else 0
    resource.setrlimit(resource.RLIMIT_AS, (mapped + memory, mapped + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(5000)


def _has_proc() -> bool:
    return Path("/proc/self/statm").exists()


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(4)
    return stream.read(struct.unpack(">I", head)[0]) if len(head) == 4 else None


def _write(frame: bytes) -> None:
    sys.stdout.buffer.write(struct.pack(">I", len(frame)) + frame)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
