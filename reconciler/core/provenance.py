"""How an image came to be, as an in-toto statement with SLSA's predicate.

Source: https://slsa.dev/spec/v1.0/provenance, https://in-toto.io/Statement/v1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.manifest import Package
from reconciler.core.sbom import package_purl

MEDIA_TYPE = "application/vnd.in-toto+json"
BUILD_TYPE = "urn:wpaas:build:layers:1"
BUILDER = "urn:wpaas:reconciler"


@dataclass(frozen=True, slots=True)
class Material:
    """Something that went in. `digest`: algorithm → hex."""

    uri: str
    digest: Mapping[str, str]


def package_material(package: Package) -> Material:
    """Return a plugin or theme as reviewed."""
    digest = {"wpaas-tree-sha256": package.tree_sha256}
    if package.archive_sha256 is not None:
        digest["sha256"] = package.archive_sha256
    return Material(package_purl(package), digest)


def image_materials(reference: str) -> tuple[Material, ...]:
    """Return the image `NAME@sha256:HEX` as a material; none for one that is named by a tag alone."""
    name, at, hexadecimal = reference.partition("@sha256:")
    last = name.rpartition("/")[2].partition(":")[0]
    purl = f"pkg:oci/{last}@sha256%3A{hexadecimal}"
    return (Material(purl, {"sha256": hexadecimal}),) if at else ()


def statement(
    name: str,
    digest: str,
    parameters: Mapping[str, Any],
    materials: Iterable[Material],
    version: str,
) -> dict[str, Any]:
    """Return the statement about the image `name`. `version`: of wpaas."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": dict(parameters),
                "internalParameters": {},
                "resolvedDependencies": [
                    {"uri": one.uri, "digest": dict(one.digest)}
                    for one in sorted(materials, key=lambda material: material.uri)
                ],
            },
            "runDetails": {"builder": {"id": BUILDER, "version": {"wpaas": version}}},
        },
    }
