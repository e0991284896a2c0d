"""jsonschema's validator for draft 2020-12, stricter where the standard is lax. Slow to import."""

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend


def _integer(_checker: object, value: object) -> bool:
    # The standard calls 2.0 an integer; nobody who writes 2.0 webheads means it.
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(
    _validator: object, pattern: str, value: object, _schema: object
) -> Iterator[ValidationError]:
    # `$` of Python's search lets a line end through; fullmatch does not.
    if isinstance(value, str) and not re.compile(pattern).fullmatch(value):
        yield ValidationError("form")


StrictValidator: Any = extend(  # type: ignore[no-untyped-call]  # the stubs leave it bare
    Draft202012Validator,
    validators={"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _integer),
)
