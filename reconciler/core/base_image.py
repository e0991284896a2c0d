"""The base image as we write it: config and manifest from what the build said, without its times."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.core.layers import sha256

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

SCHEMA = "wpaas.wordpress.schema"
"""The version of the tables that its WordPress needs."""

TITLE, CREATED, VERSION = (
    f"org.opencontainers.image.{word}" for word in ("title", "created", "version")
)
EPOCH = "1970-01-01T00:00:00Z"

_LABELS = ("org.opencontainers.image.", "wpaas.wordpress.")
"""Those of the Dockerfile; the image that it begins from has others on each engine."""

_SETTINGS = (
    "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "StopSignal",
    "Healthcheck", "Labels",
)  # fmt: skip
"""What an engine's inspection says that is the Dockerfile's and not the engine's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One layer as config and manifest name it. `size`: bytes, compressed."""

    diff_id: str
    digest: str
    size: int
    created_by: str


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return `document` as JSON of one spelling."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def config_of(
    inspected: Mapping[str, Any], layers: Sequence[Described], labels: Mapping[str, str], day: str
) -> bytes:
    """Return the image config: what `docker image inspect` says, with our layers and one time.

    `day`: of the lock of Debian packages, YYYY-MM-DD, or "". Nothing else in it depends on when,
    where or by which builder it was built.
    """
    said = inspected.get("Config") or {}
    settings = {key: said[key] for key in _SETTINGS if said.get(key)}
    if settings.get("WorkingDir") == "/":  # BuildKit says what the classic builder leaves out
        del settings["WorkingDir"]
    created = f"{day}T00:00:00Z" if day else EPOCH
    written = {k: v for k, v in (said.get("Labels") or {}).items() if k.startswith(_LABELS)}
    settings["Labels"] = {**written, **labels, CREATED: created}
    history = [{"created": created, "created_by": one.created_by} for one in layers]
    return canonical(
        {
            "architecture": inspected["Architecture"],
            "os": inspected["Os"],
            "created": created,
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [one.diff_id for one in layers]},
            "history": history,
        }
    )


def manifest_of(config: bytes, layers: Sequence[Described]) -> bytes:
    """Return the OCI manifest of `config` and `layers`."""
    return canonical(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {"mediaType": OCI_CONFIG, "digest": sha256(config), "size": len(config)},
            "layers": [
                {"mediaType": OCI_LAYER, "digest": one.digest, "size": one.size} for one in layers
            ],
        }
    )
