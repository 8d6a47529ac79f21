"""Reads an expression. Precedence as in Python: or < and < not < comparison < + - < * / < sign.

What Python reads and this does not (attributes, lambdas, comprehensions, powers …) is refused by its sign; lengths and depths are bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from sekisho.domain.monitoring.expression import (
    Arithmetic,
    Call,
    Comparison,
    Expression,
    ListOf,
    Literal,
    Logic,
    Minus,
    Name,
    Not,
    Span,
    ValueType,
    walk,
)
from sekisho.domain.monitoring.expression_words import Places, Word, cut_words
from sekisho.domain.monitoring.problem import BEGIN, Place, Problem

__all__ = ["DEEPEST", "LONGEST", "read_expression"]

LONGEST: Final = 4_000
DEEPEST: Final = 40
_MOST_PRODUCTS: Final = 8  # so that whole numbers stay within what a float can hold
Part = TypeVar("Part")
_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})


def read_expression(text: str, first: Place = BEGIN) -> Expression | tuple[Problem, ...]:
    """The expression, or what is wrong with it. first: where its first character stands in its file."""
    if len(text) > LONGEST:
        return (Problem(first, f"an expression has at most {LONGEST} characters, not {len(text)}", "make two rules of it"),)
    places = Places(text, first)
    words, problems = cut_words(text, places)
    if problems:
        return tuple(problems)
    reader = _Reader(text, words, places)
    try:
        whole = reader.whole()
    except _Unreadable as fault:
        return (fault.problem,)
    return _too_much(whole) or whole


def _too_much(whole: Expression) -> tuple[Problem, ...]:
    products = 0
    for part, depth in walk(whole):
        products += isinstance(part, Arithmetic) and part.sign == "*"
        if depth > DEEPEST:
            return (
                Problem(part.span.place, f"the expression is nested deeper than {DEEPEST} levels", "make a feature or two rules of it"),
            )
        if products > _MOST_PRODUCTS:
            return (Problem(part.span.place, f"an expression has at most {_MOST_PRODUCTS} products", ""),)
    return ()


class _Unreadable(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Reader:
    """Descends once through the words."""

    def __init__(self, text: str, words: list[Word], places: Places) -> None:
        self._text = text
        self._words = words
        self._places = places
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        if self._word.kind == "end":
            raise self._fault("there is no expression", "write a condition such as amount_jpy > 100000")
        found = self._or()
        if self._word.kind != "end":
            raise self._fault(f"{self._shown()} does not belong here", "join conditions by and, or or")
        return found

    def _or(self) -> Expression:
        return self._logic("or", self._and)

    def _and(self) -> Expression:
        return self._logic("and", self._not)

    def _logic(self, word: str, part: Callable[[], Expression]) -> Expression:
        start = self._at
        parts = [part()]
        while self._take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Logic(self._span(start), word, tuple(parts))

    def _not(self) -> Expression:
        start = self._at
        if not self._take("not"):
            return self._comparison()
        operand = self._deeper(self._not)
        return Not(self._span(start), operand)

    def _comparison(self) -> Expression:
        start = self._at
        left = self._sum()
        links: list[Expression] = []
        begin = start
        while (sign := self._comparing()) is not None:
            middle = self._at
            right = self._sum()
            links.append(Comparison(self._span(begin), sign, left, right))
            left, begin = right, middle
        if not links:
            return left
        return links[0] if len(links) == 1 else Logic(self._span(start), "and", tuple(links))

    def _comparing(self) -> str | None:
        word = self._word
        if word.text in _COMPARISONS or word.text == "in":
            self._at += 1
            return word.text
        if word.text == "not" and self._words[self._at + 1].text == "in":
            self._at += 2
            return "not in"
        if word.kind == "name" and word.text == "is":
            raise self._fault("'is' has no meaning here", "write == or present(…)")
        return None

    def _sum(self) -> Expression:
        return self._arithmetic(("+", "-"), self._product)

    def _product(self) -> Expression:
        return self._arithmetic(("*", "/"), self._signed)

    def _arithmetic(self, signs: tuple[str, str], part: Callable[[], Expression]) -> Expression:
        start = self._at
        left = part()
        while self._word.kind == "sign" and self._word.text in signs:
            sign = self._word.text
            self._at += 1
            right = part()
            left = Arithmetic(self._span(start), sign, left, right)
        return left

    def _signed(self) -> Expression:
        start = self._at
        if self._take("-"):
            operand = self._deeper(self._signed)
            return Minus(self._span(start), operand)
        return self._atom()

    def _atom(self) -> Expression:
        word, start = self._word, self._at
        if word.kind in ("number", "text") or word.text in ("true", "false"):
            return self._literal()
        if word.kind == "name":
            self._at += 1
            return self._call(word, start) if self._take("(") else Name(self._span(start), word.text)
        if self._take("("):
            inner = self._deeper(self._or)
            self._close(")", word)
            return inner
        if self._take("["):
            parts = self._listed(self._literal, "]", word)
            return ListOf(self._span(start), tuple(parts))
        what = "the expression ends here" if word.kind == "end" else f"{self._shown()} stands"
        raise self._fault(f"{what} where a value is expected", "")

    def _call(self, word: Word, start: int) -> Call:
        arguments = self._listed(lambda: self._deeper(self._or), ")", self._words[self._at - 1])
        return Call(self._span(start), word.text, tuple(arguments))

    def _literal(self) -> Literal:
        word, start = self._word, self._at
        negative = self._take("-")
        word = self._word
        if (word.kind not in ("number", "text") and word.text not in ("true", "false")) or (negative and word.kind != "number"):
            raise self._fault(f"{self._shown()} stands where a number or a text is expected", "a list holds numbers and texts only")
        self._at += 1
        span = self._span(start)
        if word.kind == "text":
            return Literal(span, str(word.value), ValueType.TEXT)
        if isinstance(word.value, int | float):
            value = -word.value if negative else word.value
            return Literal(span, value, ValueType.INTEGER if isinstance(value, int) else ValueType.NUMBER)
        return Literal(span, word.text == "true", ValueType.BOOLEAN)

    def _listed(self, part: Callable[[], Part], close: str, opened: Word) -> list[Part]:
        """Parts between commas up to `close`; one comma may trail."""
        parts: list[Part] = []
        while self._word.text != close:
            parts.append(part())
            if not self._take(","):
                break
        self._close(close, opened)
        return parts

    def _close(self, sign: str, opened: Word) -> None:
        if not self._take(sign):
            place = self._places.of(opened.start)
            raise self._fault(f"{sign} is missing for the {opened.text} of line {place.line}, column {place.column}", "")

    def _deeper(self, part: Callable[[], Expression]) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fault(f"the expression is nested deeper than {DEEPEST} levels", "make a feature or two rules of it")
        inner = part()
        self._depth -= 1
        return inner

    @property
    def _word(self) -> Word:
        return self._words[self._at]

    def _take(self, text: str) -> bool:
        if self._word.text != text:
            return False
        self._at += 1
        return True

    def _shown(self) -> str:
        return "the end" if self._word.kind == "end" else f"'{self._word.text[:40]}'"

    def _span(self, start: int) -> Span:
        """From the word at `start` to the last one taken."""
        taken = self._words[start : self._at]
        text = self._text[taken[0].start : taken[-1].end]
        shown = "".join(_gap(before, word) + word.text for before, word in zip([None, *taken], taken, strict=False))
        return Span(self._places.of(taken[0].start), shown, len(text.split("\n", 1)[0]))

    def _fault(self, message: str, suggestion: str) -> _Unreadable:
        word = self._word
        return _Unreadable(Problem(self._places.of(word.start), message, suggestion, max(1, word.end - word.start)))


def _gap(before: Word | None, word: Word) -> str:
    """Blanks as a careful writer sets them, so that two ways of writing one expression look alike."""
    if before is None or before.text in ("(", "[") or word.text in (")", "]", ","):
        return ""
    if word.text == "(" and before.kind == "name":
        return ""
    return " "
