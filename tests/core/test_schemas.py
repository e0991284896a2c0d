"""The schema documents: what an editor needs is in them, and their examples are good."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.core.blob import Blob
from reconciler.core.compiler import compile_fleet
from reconciler.core.document import Document
from reconciler.core.schema import shape_problems, validator
from reconciler.shell.schemas import load_schemas
from reconciler.shell.worktree import read_worktree

ROOT = Path(__file__).parents[2]
SCHEMAS = load_schemas()
DOCUMENTS = {"site": SCHEMAS.site, "platform": SCHEMAS.platform, "allowlist": SCHEMAS.allowlist}


def fields(schema: Mapping[str, Any], at: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field of a schema, with the path of names that leads to it."""
    for name, part in schema.get("properties", {}).items():
        yield f"{at}/{name}", part
        yield from fields(part, f"{at}/{name}")
    if isinstance(schema.get("items"), Mapping):
        yield from fields(schema["items"], f"{at}/-")
    for name, part in schema.get("$defs", {}).items():
        yield from fields(part, f"{at}/{name}")


FIELDS = [field for name, schema in DOCUMENTS.items() for field in fields(schema, name)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_valid_itself(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENTS[name])


@pytest.mark.parametrize(("path", "field"), FIELDS, ids=[path for path, _ in FIELDS])
def test_every_field_is_described_with_an_example_and_marked(
    path: str, field: Mapping[str, Any]
) -> None:
    assert field["description"].endswith(".")
    assert field["examples"]
    marked = field.get("x-wpaas-applies")
    assert marked in {"live", "restart"} or path == "site/plugins/-/slug"


@pytest.mark.parametrize(("path", "field"), FIELDS, ids=[path for path, _ in FIELDS])
def test_every_example_and_default_has_the_field_s_shape(
    path: str, field: Mapping[str, Any]
) -> None:
    whole = {**field, "$defs": DOCUMENTS[path.split("/", maxsplit=1)[0]]["$defs"]}
    checker = validator(whole)
    defaults = [field["default"]] if "default" in field else []
    for example in [*field["examples"], *defaults]:
        assert shape_problems(Document("example", example, {}, {}), checker) == ()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_whole_example_has_the_schema_s_shape(name: str) -> None:
    checker = validator(DOCUMENTS[name])
    for example in DOCUMENTS[name]["examples"]:
        assert shape_problems(Document("example", example, {}, {}), checker) == ()


def objects(schema: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, Mapping):
        if "properties" in schema and isinstance(schema["properties"], Mapping):
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_object_takes_fields_that_it_does_not_know(name: str) -> None:
    assert all(part["unevaluatedProperties"] is False for part in objects(DOCUMENTS[name]))


def test_the_fleet_in_this_repository_is_good() -> None:
    fleet = compile_fleet(read_worktree(ROOT), SCHEMAS)
    assert fleet.problems == ()
    assert {"chess-club", "tea-house"} <= set(fleet.sites)


def test_the_commented_examples_make_a_good_fleet() -> None:
    examples = ROOT / "schemas" / "examples"
    blobs = dict(read_worktree(ROOT))
    for file in examples.iterdir():
        folder = {".json": "sites/", ".pem": "certificates/"}.get(file.suffix, "")
        path = folder + file.name
        blobs[path] = Blob(path, "100644", file.read_bytes())
    fleet = compile_fleet(blobs, SCHEMAS)
    assert fleet.problems == ()
    assert "garden-club" in fleet.sites


def test_the_commented_examples_name_every_field() -> None:
    text = "".join(file.read_text() for file in (ROOT / "schemas" / "examples").iterdir())
    missing = [path for path, _ in FIELDS if path.rsplit("/", 1)[1] not in text]
    assert missing in ([], ["platform/port"], ["platform/public/port"])


def test_the_packaged_schemas_are_those_of_the_checkout() -> None:
    for name, document in DOCUMENTS.items():
        assert json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text()) == document
