"""How long `citewell ingest` takes for a folder of reports, and how long another version of Citewell took.

Usage: python -m benchmarks.index_samples [--reports FOLDER] [--before CHECKOUT] [--rounds 2] [--embedding none]

Each round is a new data folder whose database and model are made before the clock starts. With a checkout of another
version the two take turns, so that what else the machine does weighs on both. CPU is that of the command and its
parsers, without the database. Without arguments the reports are ../shared/samples/sec-10q beside the repository.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean

import pypdfium2
from tests.processes import data_folder, environment

from benchmarks.report import machine, table

HERE = Path(__file__).parents[1]
SAMPLES = HERE.parent / "shared" / "samples" / "sec-10q"


def citewell(source: Path, data: Path, *arguments: str, **env: str) -> None:
    """Run a command of the version in this checkout. Raises CalledProcessError."""
    env = environment(**env, PYTHONPATH=str(source / "src"))
    command = [sys.executable, "-m", "citewell", *arguments, "--data-dir", str(data)]
    subprocess.run(command, env=env, cwd=data, check=True, stdout=subprocess.DEVNULL)


def indexed(source: Path, reports: Path, models: Path, embedding: str) -> tuple[float, float]:
    """Seconds of the clock and of CPU."""
    env = {"CITEWELL_MODELS_DIR": str(models)} | ({"CITEWELL_EMBEDDING": embedding} if embedding else {})
    with data_folder() as data:
        citewell(source, data, "project", "create", "Reports", **env)
        (data / "first.txt").write_text("The model is prepared by this text.")
        citewell(source, data, "ingest", "Reports", "first.txt", **env)
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        citewell(source, data, "ingest", "Reports", str(reports), **env)
        seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def page_count(reports: Path) -> int:
    count = 0
    for path in reports.glob("*.pdf"):
        with pypdfium2.PdfDocument(path) as document:
            count += len(document)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=Path, default=SAMPLES)
    parser.add_argument("--before", type=Path, help="a checkout of another version")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--embedding", default="", help='the setting CITEWELL_EMBEDDING, such as "none"')
    options = parser.parse_args()
    sources = {"before": options.before.resolve()} if options.before else {}
    sources["now"] = HERE
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="citewell-models-") as models:
        for number in range(options.rounds):
            for name, source in sorted(sources.items(), reverse=number % 2 == 1):
                folder = Path(models) / name
                folder.mkdir(exist_ok=True)
                taken[name].append(indexed(source, options.reports.resolve(), folder, options.embedding))
                print(f"{name}: {taken[name][-1][0]:.1f} s, {taken[name][-1][1]:.1f} s of CPU", file=sys.stderr)
    pages = page_count(options.reports)
    print(f"{machine()}, load {os.getloadavg()[1]:.1f}; {pages} pages\n")
    rows = [
        [
            name,
            *(f"{mean(one[at] for one in values):.1f}" for at in (0, 1)),
            f"{pages / mean(one[0] for one in values):.1f}",
            " ".join(f"{one[0]:.1f}" for one in values),
        ]
        for name, values in taken.items()
    ]
    print(table(["version", "seconds", "CPU seconds", "pages a second", "each round, seconds"], rows))
    if options.before:
        ratios = [mean(one[at] for one in taken["now"]) / mean(one[at] for one in taken["before"]) for at in (0, 1)]
        print(f"\nnow / before: {ratios[0]:.2f} of the time, {ratios[1]:.2f} of the CPU")


if __name__ == "__main__":
    main()
