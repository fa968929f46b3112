"""Which claims of an answer are backed by what they cite."""

import pytest

from citewell.agent.claims import UnverifiedClaim, decided_by_words, unverified_claims
from tests.agent.library import sources_of
from tests.agent.test_citations import resolve

ENGLISH = "Total net sales were $81,797 million in the third quarter of 2023, down 1% from the year before."
GERMAN = "Der Umsatz der Gesellschaft stieg im Jahr 2022 auf 1.234,5 Millionen Euro."
PLAYERS = "A silver button stands for 100k subscribers, gold for 1.5 million. There are two exits, and three lifts."
CHINESE = "公司2023年第三季度的净销售额为818亿美元，同比下降1%。"

STATEMENT = (
    "Statements of operations\n\n(In millions, except number of shares which are reflected in thousands)\n\n"
    "| Three Months Ended | | Nine Months Ended\n| July 1, 2023 | June 25, 2022 | July 1, 2023 | June 25, 2022\n"
    "Net sales:\nProducts | $ 60,584 | $ 63,355 | $ 230,901 | $ 245,241\nServices | 21,213 | 19,604 | 62,886 | 58,941\n"
    "Total net sales | 81,797 | 82,959 | 293,787 | 304,182\nCost of sales:\n"
    "Products | 39,136 | 41,485 | 146,696 | 155,084\nServices | 6,248 | 5,589 | 18,370 | 16,411\n"
    "Total cost of sales | 45,384 | 47,074 | 165,066 | 171,495\nGross margin | 36,413 | 35,885 | 128,721 | 132,687\n"
    "Operating expenses:\nResearch and development | 7,442 | 6,797 | 22,608 | 19,490\n"
    "Selling, general and administrative | 5,973 | 6,012 | 18,781 | 18,654\n"
    "Total operating expenses | 13,415 | 12,809 | 41,389 | 38,144\n"
    "Operating income | 22,998 | 23,076 | 87,332 | 94,543\n"
    "Other income, net | (265) | (10) | (594) | (97)\nIncome before taxes | 22,733 | 23,066 | 86,738 | 94,446"
)


def claims(answer: str, *texts: str) -> list[UnverifiedClaim]:
    sources = sources_of(*texts)
    content, citations = resolve(answer, sources)
    found = unverified_claims(content, citations, sources)
    assert all(content[claim.start : claim.end].strip() for claim in found)
    return found


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (ENGLISH, "Net sales were 81,797 million dollars [[c1|$81,797 million]]."),
        (ENGLISH, "In the third quarter of 2023 net sales were 81797 million. [[c1|$81,797 million]]"),
        (ENGLISH, "Net sales fell by 1% on the year. They were 81,797 million [[c1|$81,797 million]]."),
        (GERMAN, "Der Umsatz stieg 2022 auf 1.234,5 Millionen Euro [[c1|1.234,5 Millionen Euro]]."),
        (GERMAN, "Sales: der Umsatz stieg auf 1234,5 Millionen [[c1|Umsatz der Gesellschaft stieg]]."),
        (CHINESE, "2023年第三季度净销售额为818亿美元[[c1|818亿美元]]。"),
        (ENGLISH, "2. Net sales were 81,797 million dollars [[c1|$81,797 million]]."),
        (PLAYERS, "A silver button stands for 100,000 subscribers [[c1|100k subscribers]]."),
        (PLAYERS, "A gold button stands for 1,500,000 subscribers [[c1|gold for 1.5 million]]."),
        (PLAYERS, "There are 2 exits [[c1|two exits]]."),
        (GERMAN, "Der Umsatz stieg 2022 auf 1.234.500.000 Euro [[c1|1.234,5 Millionen Euro]]."),
        (ENGLISH, f"“{ENGLISH}” [[c1|{ENGLISH}]]"),
        (ENGLISH, f"- “{ENGLISH}” [[c1|{ENGLISH}]] (report.pdf, page 4)"),
        (ENGLISH, "- Net sales: 81,797 million [[c1|$81,797 million]]"),
        (ENGLISH, "| What | How much |\n|---|---|\n| Net sales | 81,797 million [[c1|$81,797 million]] |"),
    ],
)
def test_a_claim_that_the_passage_supports_is_not_listed(text: str, answer: str) -> None:
    assert claims(answer, text) == []


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        (ENGLISH, "Net sales were 81,797 million dollars.", "no_citation"),
        (ENGLISH, "Net sales were 82,797 million dollars [[c1|$81,797 million]].", "number_not_in_passage"),
        (ENGLISH, "The board appointed a new chief executive [[c1|$81,797 million]].", "terms_not_in_passage"),
        (ENGLISH, "Spain got its own sales staff last quarter [[c1|$81,797 million]].", "terms_not_in_passage"),
        (ENGLISH, "Net sales were 81,797 million dollars [[c1|sales were large]].", "citation_unverified"),
        (ENGLISH, "Net sales were 81,797 million dollars [[c1]].", "citation_unverified"),
        (PLAYERS, "A silver button stands for 1,000,000 subscribers [[c1|100k subscribers]].", "number_not_in_passage"),
        (PLAYERS, "There are 4 exits [[c1|two exits]].", "number_not_in_passage"),
        (GERMAN, "Der Umsatz stieg 2022 auf 1.334,5 Millionen Euro [[c1|Millionen Euro]].", "number_not_in_passage"),
        (GERMAN, "Der Vorstand hat einen neuen Standort in Leipzig eröffnet.", "no_citation"),
        (CHINESE, "2023年第三季度净销售额为828亿美元[[c1|818亿美元]]。", "number_not_in_passage"),
        (CHINESE, "董事会任命了新的首席执行官[[c1|818亿美元]]。", "terms_not_in_passage"),
        (ENGLISH, "| What | How much |\n|---|---|\n| Net sales | 7 million |", "no_citation"),
    ],
)
def test_a_claim_without_support_is_listed_with_the_reason(text: str, answer: str, reason: str) -> None:
    (claim,) = claims(answer, text)
    assert claim.reason == reason
    assert claim.to_wire()["status"] == "unverified"


@pytest.mark.parametrize(
    "answer",
    [
        "Hello! Let me know if you need more.",
        "# Net sales of 2023\n\nWhich quarter do you mean?",
        "```\nnet_sales = 81797 + 3\nprint(net_sales, tax)\n```",
        "I could not find anything about this in the documents.",
        "Here are the results of the quarter:",
        "您好！您想了解哪个季度的销售额？",
        "Hallo! Welches Quartal meinen Sie damit genau?",
    ],
)
def test_what_asserts_nothing_is_no_claim(answer: str) -> None:
    assert claims(answer, ENGLISH) == []


def test_the_place_is_that_in_the_answer_with_its_links() -> None:
    sources = sources_of(ENGLISH)
    content, citations = resolve("Net sales fell [[c1|down 1%]]. The dividend doubled in Spain. Why?", sources)
    (claim,) = unverified_claims(content, citations, sources)
    assert content[claim.start : claim.end] == claim.claim == "The dividend doubled in Spain."


def test_hostile_numbers_and_blanks_are_read_in_time() -> None:
    huge = "9" * 200
    assert claims(f"It is {huge} × {huge} = 5 [[c1|$81,797 million]].", ENGLISH)[0].reason == "number_not_in_passage"
    assert claims("1-" * 20_000 + " = 2", ENGLISH)[0].reason == "no_citation"
    row = ("1234567890" * 4 + "*") * 700
    assert claims(f"It is {row} [[c1|$81,797 million]].", ENGLISH)[0].reason == "number_not_in_passage"
    assert claims(f"It is {'1*1=2 ' * 4_000} [[c1|$81,797 million]].", ENGLISH)[0].reason == "number_not_in_passage"
    assert claims("Net sales fell" + " " * 40_000 + "again", ENGLISH)[0].reason == "no_citation"


@pytest.mark.parametrize(("label", "is_backed"), [("Gross margin", True), ("Irish subsidiaries", False)])
def test_a_cell_far_below_the_head_of_its_table_backs_its_claim(label: str, is_backed: bool) -> None:
    cell = f"From the tables of the documents:\n\n- **{label}**, three months ended July 1, 2023: **$36,413 million**"
    sources = sources_of(STATEMENT)
    content, citations = resolve(f"{cell} [[c1|Gross margin | 36,413]] [[c1|July 1, 2023]] (report.pdf)", sources)
    # Most of its words have no counterpart near the cell.
    unmatched = {claim.start: 0.7 for claim in decided_by_words(content, citations, sources)}
    listed = unverified_claims(content, citations, sources, unmatched)
    assert [claim.reason for claim in listed] == ([] if is_backed else ["terms_not_in_passage"])
