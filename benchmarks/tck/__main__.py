"""Run the read scenarios of the openCypher TCK and print the share that passes, folder by folder.

    python -m benchmarks.tck ../shared/cases/tck
    python -m benchmarks.tck ../shared/cases/tck --failures

Queries run as those of users do: in the child process, with its limits, and with at most 10 hops in a pattern of
variable length. One child answers all scenarios, each on a graph of its own.
"""

import argparse
import asyncio
from collections import defaultdict
from pathlib import Path

from benchmarks.tck.features import Scenario, scenarios
from benchmarks.tck.scenario import fault, prepared
from benchmarks.tck.setup import data_of
from citewell.errors import BadRequest
from citewell.graph.child import QueryResult
from citewell.graph.cypher.errors import CypherError
from citewell.graph.worker import Worker

_APART = ("expressions/temporal", "expressions/quantifier")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("../shared/cases/tck"))
    parser.add_argument("--failures", action="store_true", help="print what each failing scenario does")
    wanted = parser.parse_args()
    found = [one for one in scenarios(wanted.folder / "features") if one.reads]
    asyncio.run(_run(found, wanted.folder, show=wanted.failures))


async def _run(found: list[Scenario], root: Path, *, show: bool) -> None:
    passed: dict[str, list[bool]] = defaultdict(list)
    async with Asking() as asking:
        for scenario in found:
            said = await asking.fault(scenario, root)
            passed[scenario.folder].append(not said)
            if said and show:
                print(f"{scenario.folder}: {scenario.name}: {said}")
    for folder, results in sorted(passed.items()):
        print(f"{folder:40} {sum(results):5} of {len(results):5}")
    for title, apart in (("without temporal and quantifiers", _APART), ("without temporal", _APART[:1]), ("all", ())):
        results = [one for folder, all_of in passed.items() if folder not in apart for one in all_of]
        print(f"{title:40} {sum(results):5} of {len(results):5}  {sum(results) / len(results):.1%}")


class Asking:
    """One child for many graphs: a new graph takes the place of the former one."""

    def __init__(self) -> None:
        self._worker: Worker | None = None

    async def __aenter__(self) -> "Asking":
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._worker is not None:
            await self._worker.kill()

    async def fault(self, scenario: Scenario, root: Path) -> str:
        """How the answer differs from what is expected; empty where it does not."""
        try:
            graph, asked = prepared(scenario, root)
        except CypherError as error:
            return f"not prepared: {error.message}"
        asked.max_hops = 10
        data = data_of(graph)
        if self._worker is None or not self._worker.is_alive:
            self._worker = await Worker.start(data)
        else:
            await self._worker.load(data)
        try:
            answered = await self._worker.ask(asked)
        except BadRequest as error:
            answered = QueryResult(error=error.message)
        return fault(scenario, answered)


if __name__ == "__main__":
    main()
