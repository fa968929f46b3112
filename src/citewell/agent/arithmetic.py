"""Evaluates arithmetic from its syntax tree. No code is compiled or run.

Length, depth and the size of numbers are bounded, so that the longest evaluation takes some milliseconds.
"""

import ast
import math
import operator
import statistics
import warnings
from collections.abc import Callable, Sequence
from typing import Any

Number = int | float
Value = Number | bool | list[Number]

MAX_CHARS = 500
MAX_DEPTH = 250  # as deep as a sum of MAX_CHARS characters
MAX_BITS = 4096  # of a whole number
_MAX_FACTORIAL = 170
_MAX_DIGITS = 15  # after the point


class CannotCalculate(ValueError):
    """The expression cannot be calculated. The text says why."""


def calculate(expression: str) -> Value:
    """Returns the value of an expression such as "(3 + 4) * 2". Raises CannotCalculate."""
    if len(expression) > MAX_CHARS:
        raise CannotCalculate(f"The expression is too long: at most {MAX_CHARS} characters.")
    text = expression.strip().replace("^", "**").replace("×", "*").replace("÷", "/").replace("−", "-")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `1if 2else 3` and the like
            tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise CannotCalculate('This is not an expression: write one like "(3 + 4) * 2".') from None
    try:
        return _tidy(_value(tree.body, MAX_DEPTH))
    except ZeroDivisionError:
        raise CannotCalculate("Division by zero.") from None
    except (OverflowError, RecursionError):
        raise CannotCalculate("The numbers are too large, or the expression is nested too deeply.") from None
    except (ValueError, TypeError, statistics.StatisticsError) as error:
        if isinstance(error, CannotCalculate):
            raise
        raise CannotCalculate("A function is not defined for its argument, as in sqrt(-1).") from None


def _value(node: ast.expr, depth: int) -> Any:
    if depth == 0:
        raise CannotCalculate(f"The expression is nested too deeply: at most {MAX_DEPTH} levels.")
    match node:
        case ast.Constant(value=bool()) | ast.Constant(value=complex()):
            pass
        case ast.Constant(value=int() | float() as number):
            return _bounded(number)
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_number(element, depth - 1) for element in elements]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_number(operand, depth - 1))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _bounded(_BINARY[type(op)](_number(left, depth - 1), _number(right, depth - 1)))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            return _COMPARISONS[type(op)](_number(left, depth - 1), _number(right, depth - 1))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return _bounded(FUNCTIONS[name](*(_value(argument, depth - 1) for argument in arguments)))
    raise CannotCalculate(
        "Use only numbers, + - * / // % **, parentheses, comparisons, lists, pi, e and these functions: "
        f"{', '.join(sorted(FUNCTIONS))}."
    )


def _number(node: ast.expr, depth: int) -> Number:
    value = _value(node, depth)
    if isinstance(value, bool | list):
        raise CannotCalculate("Expected a number, not a list or a comparison.")
    number: Number = value
    return number


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise OverflowError
    if isinstance(value, float) and not math.isfinite(value):
        raise OverflowError
    if isinstance(value, complex):
        raise CannotCalculate("The result is not a real number.")
    return value


def _tidy(value: Any) -> Value:
    """Rounds away the last digits of a float, which are noise of its binary form: 0.1 + 0.2 gives 0.3."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]  # type: ignore[misc]
    if isinstance(value, float):
        return float(f"{value:.14g}")
    tidy: Value = value
    return tidy


def _power(base: Number, exponent: Number) -> Any:
    """Raises OverflowError for a result that is too large, before it is calculated."""
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(base) > 1 and abs(exponent) * int(base).bit_length() > 2 * MAX_BITS:
        raise OverflowError
    return base**exponent


def _factorial(number: Number) -> int:
    if not isinstance(number, int) or not 0 <= number <= _MAX_FACTORIAL:
        raise CannotCalculate(f"factorial takes a whole number from 0 to {_MAX_FACTORIAL}.")
    return math.factorial(number)


def _comb(total: int, chosen: int) -> int:
    if not 0 <= total <= MAX_BITS:
        raise CannotCalculate(f"comb takes whole numbers from 0 to {MAX_BITS}.")
    return math.comb(total, chosen)


def _round(number: Number, digits: int = 0) -> Number:
    if not -_MAX_DIGITS <= digits <= _MAX_DIGITS:
        raise CannotCalculate(f"round takes at most {_MAX_DIGITS} digits.")
    return round(number, digits) if digits else round(number)


def _log(number: Number, base: Number = math.e) -> float:
    return math.log(number) if base == math.e else math.log(number, base)


def _of_many(function: Callable[[Sequence[Number]], Number]) -> Callable[..., Number]:
    """Wraps a function of a list so that it takes one list, or several numbers."""

    def call(*values: Any) -> Number:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
        if not numbers or any(isinstance(number, list) for number in numbers):
            raise CannotCalculate("Give numbers, or one list of numbers that is not empty.")
        return function(numbers)

    return call


_CONSTANTS = {"pi": math.pi, "e": math.e}
_UNARY: dict[type[ast.unaryop], Callable[[Number], Number]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "ceil": math.ceil,
    "comb": _comb,
    "cos": math.cos,
    "exp": math.exp,
    "factorial": _factorial,
    "floor": math.floor,
    "log": _log,
    "log10": math.log10,
    "log2": math.log2,
    "max": _of_many(max),
    "mean": _of_many(statistics.fmean),
    "median": _of_many(statistics.median),
    "min": _of_many(min),
    "round": _round,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "stdev": _of_many(statistics.stdev),
    "sum": _of_many(sum),
    "tan": math.tan,
}
