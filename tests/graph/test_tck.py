"""A sample of the openCypher TCK through the process that answers queries; all of it is `python -m benchmarks.tck`."""

from pathlib import Path

import pytest
from benchmarks.tck.__main__ import Asking
from benchmarks.tck.features import scenarios

FOLDER = Path(__file__).parents[2].parent / "shared/cases/tck"
SAMPLED = ("match", "match-where", "return", "with", "union", "unwind", "with-skip-limit")
STEP = 6  # one scenario in so many
LEAST = 0.9  # of the sample


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder ../shared/cases/tck is not here")
async def test_a_sample_passes() -> None:
    found = [one for name in SAMPLED for one in scenarios(FOLDER / "features/clauses" / name) if one.reads][::STEP]
    async with Asking() as asking:
        faults = [(one.name, said) for one in found if (said := await asking.fault(one, FOLDER))]
    assert len(found) > 50
    assert len(faults) <= (1 - LEAST) * len(found), faults
