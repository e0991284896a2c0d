"""Is a value of the shape that a schema wants? Quickly where it is, with every fault where not.

Two libraries: jsonschema-rs says yes in a microsecond, jsonschema finds the faults. A property in
tests/core/test_checker.py holds their verdicts equal. Only what is wrong waits for the slow one, its
import included.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from jsonschema import ValidationError

Schema = Mapping[str, Any]

MAX_WHOLE = 10**15
"""Beyond it the two libraries might read a number differently."""


class Checker:
    """One schema (JSON Schema 2020-12), to use for many values."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._quick = jsonschema_rs.Draft202012Validator(dict(schema))

    def is_good(self, value: Any) -> bool:
        """Whether there is surely no fault; False means: look with `faults`."""
        return not _doubtful(value) and self.fits(value)

    def fits(self, value: Any) -> bool:
        """The same for a value that holds no float, and no whole number from MAX_WHOLE on."""
        try:
            return self._quick.is_valid(value)
        except ValueError:  # what it cannot read, such as half of a surrogate pair
            return False

    def faults(self, value: Any) -> "Iterator[ValidationError]":
        """Every fault, in the library's order."""
        found: Iterator[ValidationError] = self._slow.iter_errors(value)
        return found

    @cached_property
    def _slow(self) -> Any:
        from reconciler.core.strict import StrictValidator  # noqa: PLC0415 - a tenth of a second

        return StrictValidator(self._schema)


def _doubtful(value: Any) -> bool:
    """Whether the standard and this house may differ: it calls 2.0 an integer."""
    if isinstance(value, str):
        return False
    if isinstance(value, dict):
        return any(map(_doubtful, value.values()))
    if isinstance(value, list):
        return any(map(_doubtful, value))
    if isinstance(value, float):
        return value.is_integer() or not -MAX_WHOLE < value < MAX_WHOLE
    return isinstance(value, int) and not -MAX_WHOLE < value < MAX_WHOLE
