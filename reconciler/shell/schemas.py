"""The three schema documents: inside the installed package, or in a source checkout."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from reconciler.core.schema import Schemas
from reconciler.errors import StageFailed

SOURCE = Path(__file__).resolve().parents[2] / "schemas"


def load_schemas() -> Schemas:
    """Read the schemas that this version of the program was made with.

    They are never those of the followed repository: rules come from us, data from there. Raises
    StageFailed where the installation is incomplete.
    """
    return Schemas(site=_load("site"), platform=_load("platform"), allowlist=_load("allowlist"))


def _load(name: str) -> dict[str, Any]:
    file = f"{name}.schema.json"
    packaged = files("reconciler").joinpath("schemas", file)
    source = SOURCE / file
    try:
        text = (packaged if packaged.is_file() else source).read_text(encoding="utf-8")
    except OSError as e:
        fix = "install the package again"
        raise StageFailed("compile", f"the schema {file} is missing", fix=fix) from e
    document: dict[str, Any] = json.loads(text)
    return document
