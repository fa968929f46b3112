"""Documents as people write them, for tests of extraction without a model."""

from tests.extractors.written import agreements, bills, reports

CASES = [*bills.CASES, *agreements.CASES, *reports.CASES]
