"""The evaluator of the math tool: right results, and nothing but arithmetic."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citewell.agent.arithmetic import MAX_BITS, CannotCalculate, calculate
from citewell.agent.protocol import InvalidArguments
from citewell.agent.sources import Sources
from citewell.agent.tools.math import Math


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("2 ^ 10", 1024),
        ("7 // 2 + 7 % 2", 4),
        ("0.1 + 0.2", 0.3),
        ("1e3 / 4", 250.0),
        ("-3 - -4", 1),
        ("2 ** -1", 0.5),
        ("6 × 7 ÷ 2", 21.0),
        ("round(1250 * 1.19, 2)", 1487.5),
        ("round(2.5001)", 3),
        ("sqrt(2) ** 2", 2.0),
        ("sum([1, 2, 3]) + max(4, 5) + min([6, 7])", 17),
        ("mean(1, 2, 6)", 3.0),
        ("median([3, 1, 2])", 2),
        ("stdev([2, 4])", 1.4142135623731),
        ("factorial(20)", 2432902008176640000),
        ("comb(5, 2)", 10),
        ("log(100, 10)", 2.0),
        ("log(e)", 1.0),
        ("cos(pi)", -1.0),
        ("1 / 3 > 0.3", True),
        ("[1 + 1, 0.1 + 0.2]", [2, 0.3]),
        ("2 ** 4000", 2**4000),
        ("+".join(["1"] * 250), 250),
    ],
)
def test_an_expression_has_its_exact_value(expression: str, value: Any) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        *("", "hello", "1 +", "x = 1", "1; 2", "lambda: 1", "(yield)", "1 if 1 else 2", "[x for x in [1]]"),
        *("__import__('os').system('true')", "().__class__", "open('x')", "'a' * 9", "b'a'", "f'{1}'", "...", "None"),
        *("True", "1j", "(1).real", "sum.__self__", "print(1)", "round(1, ndigits=2)", "max(*[1, 2])", "[1][0]"),
        *("9 ** 9 ** 9", "2 ** 99999", "10 ** -99999999", "factorial(171)", "factorial(-1)", "factorial(1.5)"),
        *("comb(99999, 2)", "1e308 * 10", "exp(1000)", "1e999", "2.0 ** 5000", "(-8) ** 0.5"),
        *("1 / 0", "1 % 0", "0 ** -1", "log(0)", "log(5, 1)", "sqrt(-1)", "[1] + [2]", "[1] * 9", "sum()", "mean([])"),
        *("stdev(1)", "sum([1], [2])", "round(1, 10 ** 9)", "round(1, 2.5)", "sqrt(1, 2)", "abs([1])", "1 < 2 < 3"),
        *("-" * 400 + "1", "1" * 501, "+".join(["1"] * 251), "[[1]]", "~1", "1 and 2"),
        *("1 << 9999999999", "1 @ 2", "1 is 1", "1 in [1]", "\x00", "1\n2", "0777", "١" * 3 + "+x", "(" * 400),
    ],
)
def test_what_is_no_arithmetic_is_refused(expression: str) -> None:
    with pytest.raises(CannotCalculate):
        calculate(expression)


@given(st.text("0123456789.()+-*/%^, []esumaxpilogfactorial", max_size=500))
@settings(max_examples=300)
def test_whatever_is_sent_it_ends_soon(expression: str) -> None:
    try:
        value = calculate(expression)
    except CannotCalculate:
        return
    assert isinstance(value, bool | int | float | list)


def test_the_worst_that_may_be_asked_takes_no_time() -> None:
    largest = "*".join(["factorial(170)"] * 3)
    expressions = ["2**4095" + "//3*3" * 90, largest, "+".join(["2**4095//99"] * 20), "comb(4096,2048)"]
    started = time.thread_time()
    for expression in expressions:
        value = calculate(expression)
        assert isinstance(value, int)
        assert value.bit_length() <= MAX_BITS
    assert time.thread_time() - started < 1


async def test_the_tool_tells_the_model() -> None:
    outcome = await Math().run({"query": " 2 + 2 "}, Sources())
    assert (outcome.results, outcome.text) == ([{"expression": "2 + 2", "result": 4}], "2 + 2 = 4")
    with pytest.raises(InvalidArguments, match="Division by zero"):
        await Math().run({"query": "1/0"}, Sources())
    with pytest.raises(InvalidArguments, match="at most 500"):
        await Math().run({"query": "1" * 10_000}, Sources())
