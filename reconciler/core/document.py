"""A parsed file that still knows where each of its values stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.problem import Problem, ProblemCode, shown


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text, both counted from 1, the column in characters."""

    line: int
    column: int


START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain values (dict, list, str, int, float, bool, None) with their places.

    `values` and `keys` map a JSON Pointer (RFC 6901) to where the value, and where the key that
    leads to it, begins. `raw` holds unquoted YAML scalars as written, so that 3.10 stays 3.10.
    """

    file: str
    value: Any
    values: Mapping[str, Position]
    keys: Mapping[str, Position]
    raw: Mapping[str, str] = field(default_factory=dict)

    def problem(
        self,
        code: ProblemCode,
        pointer: str,
        message: str,
        fix: str,
        *,
        value: object = None,
        at_key: Position | None = None,
    ) -> Problem:
        """An error at `pointer`; at the key there when `at_key` is given."""
        place = at_key or self.values.get(pointer, START)
        return Problem(
            code=code,
            file=self.file,
            line=place.line,
            column=place.column,
            pointer=pointer,
            value="" if value is None else shown(value),
            message=message,
            fix=fix,
        )


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser returns: a document unless the file is broken, and every problem it saw."""

    document: Document | None
    problems: tuple[Problem, ...] = ()


def child(pointer: str, key: str | int) -> str:
    """The pointer one step below, escaped as RFC 6901, section 3 wants it."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
