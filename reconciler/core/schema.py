"""Shape: what JSON Schema (2020-12) finds, as problems in our own words.

The library's messages are never shown: they repeat values, whole documents at times.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.core.checker import Checker, Schema
from reconciler.core.document import Document, child
from reconciler.core.nearest import nearest
from reconciler.core.problem import Problem, ProblemCode, shown

if TYPE_CHECKING:
    from jsonschema import ValidationError

MAX_SUGGESTIONS = 3
MAX_LISTED = 12
MAX_FIX_CHARS = 120


@dataclass(frozen=True, slots=True)
class Schemas:
    """The three schema documents."""

    site: Schema
    platform: Schema
    allowlist: Schema


def validator(schema: Schema) -> Checker:
    """A checker to use for many documents; making one costs more than using it."""
    return Checker(schema)


def shape_problems(document: Document, checker: Checker) -> tuple[Problem, ...]:
    """Every fault of the document's shape, each once, in no special order."""
    if checker.is_good(document.value):
        return ()
    found: dict[Problem, None] = {}
    for error in checker.faults(document.value):
        found.update(dict.fromkeys(_problems(document, error)))
    return tuple(found)


def _problems(document: Document, error: "ValidationError") -> Iterator[Problem]:
    pointer = ""
    for step in error.absolute_path:
        pointer = child(pointer, step)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    match str(error.validator):
        case "unevaluatedProperties":
            yield from _unknown(document, pointer, error.instance, schema)
        case "required":
            yield from _missing(document, pointer, error.instance, schema)
        case "type":
            yield _wrong_type(document, pointer, error.instance, schema)
        case "enum":
            yield _not_in_list(document, pointer, error.instance, schema)
        case "pattern":
            yield _wrong_form(document, pointer, error.instance, schema)
        case "uniqueItems":
            yield from _repeated(document, pointer, error.instance)
        case keyword:
            yield _out_of_range(document, pointer, error.instance, schema, keyword)


def _unknown(document: Document, at: str, value: Any, schema: Schema) -> Iterator[Problem]:
    known = tuple(schema.get("properties", ()))
    for key in value:
        if key in known:
            continue
        pointer = child(at, key)
        near = nearest(key, known)
        listed = ", ".join(known[:MAX_LISTED]) + (" …" if len(known) > MAX_LISTED else "")
        fix = f'write "{near[0]}"' if near else f"remove it; known here: {listed}"
        if near and near[0] in value:
            fix = f'remove it: "{near[0]}" is there already'
        message = f'there is no field "{shown(key)}"'
        place = document.keys.get(pointer)
        yield document.problem("unknown-field", pointer, message, fix, value=key, at_key=place)


def _missing(document: Document, at: str, value: Any, schema: Schema) -> Iterator[Problem]:
    for key in schema.get("required", ()):
        if key not in value:
            part = schema.get("properties", {}).get(key, {})
            fix = f"add {json.dumps(key)}: {_example(part)}"
            yield document.problem("missing-field", at, f'the field "{key}" is missing', fix)


def _example(schema: Schema) -> str:
    examples = schema.get("examples") or ["…"]
    return json.dumps(examples[0], ensure_ascii=False)


_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _kind(value: object) -> str:
    kinds = {
        type(None): "nothing",
        bool: "true or false",
        int: "a whole number",
        float: "a number with a decimal point",
        str: "a text",
        list: "a list",
    }
    return kinds.get(type(value), "an object")


def _wrong_type(document: Document, at: str, value: Any, schema: Schema) -> Problem:
    wanted = schema["type"]
    kinds = [wanted] if isinstance(wanted, str) else list(wanted)
    raw = document.raw.get(at)
    if raw is not None and "string" in kinds:
        message = f"{raw} without quotes is a number"
        return document.problem("unquoted-scalar", at, message, f'write "{raw}"', value=raw)
    words = " or ".join(_WORDS[kind] for kind in kinds)
    message = f"{words} is wanted, {_kind(value)} was found"
    fix = f"write it like {_example(schema)}" if schema.get("examples") else f"write {words}"
    if len(fix) > MAX_FIX_CHARS:
        fix = "copy an example from schemas/examples"
    return document.problem("wrong-type", at, message, fix, value=value)


def _not_in_list(document: Document, at: str, value: Any, schema: Schema) -> Problem:
    allowed = [str(word) for word in schema["enum"]]
    near = nearest(str(value), allowed, MAX_SUGGESTIONS)
    if near:
        fix = "write " + " or ".join(f'"{word}"' for word in near)
        if len(allowed) > MAX_LISTED and _example(schema) not in fix:
            fix += f", or one like {_example(schema)}"
    elif len(allowed) <= MAX_LISTED:
        fix = "write one of " + ", ".join(f'"{word}"' for word in allowed)
    else:
        fix = f"write one like {_example(schema)}"
    code: ProblemCode = schema.get("x-wpaas-code", "not-allowed-value")
    message = f'"{shown(value)}" is not among the allowed values'
    return document.problem(code, at, message, fix, value=value)


def _wrong_form(document: Document, at: str, value: Any, schema: Schema) -> Problem:
    form = schema.get("x-wpaas-form", "a value like the example")
    fix = f"write {form}"
    if schema.get("examples"):
        fix += f", such as {_example(schema)}"
    message = f'"{shown(value)}" does not have the form that is wanted'
    return document.problem("wrong-form", at, message, fix, value=value)


def _repeated(document: Document, at: str, value: Any) -> Iterator[Problem]:
    seen: list[Any] = []
    for number, item in enumerate(value):
        if item in seen:
            message = f"item {number + 1} repeats item {seen.index(item) + 1}"
            pointer = child(at, number)
            yield document.problem("repeated-item", pointer, message, "remove it", value=item)
        seen.append(item)


_BOUNDS = {
    "minimum": ("at least {}", "write {} or more"),
    "maximum": ("at most {}", "write {} or less"),
    "exclusiveMinimum": ("more than {}", "write more than {}"),
    "minLength": ("a length of {} at least", "write {} or more characters"),
    "maxLength": ("a length of {} at most", "shorten it to {} characters"),
    "minItems": ("a list of {} at least", "name {} or more"),
    "maxItems": ("a list of {} at most", "keep {} or fewer"),
    "minProperties": ("an object of {} at least", "name {}"),
    "maxProperties": ("an object of {} at most", "keep {}"),
}


def _out_of_range(document: Document, at: str, value: Any, schema: Schema, keyword: str) -> Problem:
    limit, fix = _BOUNDS.get(keyword, ("what the schema allows ({})", "see the schema ({})"))
    bound = schema.get(keyword, keyword)
    found = f", {len(value)} were found" if keyword in ("maxLength", "maxItems") else ""
    message = f"{limit.format(bound)}{found}"
    return document.problem("out-of-range", at, message, fix.format(bound), value=value)
