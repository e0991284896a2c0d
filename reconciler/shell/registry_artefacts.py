"""What stands beside an image in the registry: documents about it, and its signatures.

A document is an OCI artefact whose manifest names the image as its `subject`. Where the registry
lists such manifests itself ("referrers"), that is used; else the list is an index under the tag
`sha256-HEX`. Source: OCI image spec 1.1, "Guidelines for Artifact Usage"; OCI distribution spec
1.1, "Referrers Tag Schema".
"""

import json
from typing import Any

from reconciler.core import signature
from reconciler.core.base_image import OCI_CONFIG, OCI_MANIFEST, canonical
from reconciler.core.layers import sha256
from reconciler.shell.registry import OCI_INDEX, Registry, Stored

EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
EMPTY = b"{}"


def labels(registry: Registry, repository: str, reference: str) -> dict[str, str]:
    """The labels of an image. Raises StageFailed, as everything here."""
    config = registry.manifest(repository, reference).document["config"]["digest"]
    try:
        said = json.loads(registry.blob(repository, config))["config"]["Labels"]
        return {str(key): str(value) for key, value in said.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # an image that says nothing of itself


def attach(registry: Registry, repository: str, image: Stored, kind: str, data: bytes) -> Stored:
    """Put a document of media type `kind` beside an image; a list is kept of all. Safe to repeat.

    Raises StageFailed, as everything here.
    """
    registry.upload(repository, sha256(EMPTY), EMPTY)
    registry.upload(repository, sha256(data), data)
    manifest = canonical(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": kind,
            "config": _blob(EMPTY_TYPE, EMPTY),
            "layers": [_blob(kind, data)],
            "subject": _subject(image),
        }
    )
    stored = Stored(OCI_MANIFEST, manifest)
    if not registry.put_referrer(repository, stored.digest, manifest):
        _list(registry, repository, image, stored, kind)
    return stored


def attached(registry: Registry, repository: str, digest: str, kind: str) -> bytes | None:
    """The document of media type `kind` beside the image of this digest, or None."""
    for entry in _referrers(registry, repository, digest):
        if entry.get("artifactType") == kind:
            found = registry.manifest(repository, entry["digest"]).document
            return registry.blob(repository, found["layers"][0]["digest"])
    return None


def beside(registry: Registry, repository: str, digest: str) -> tuple[str, ...]:
    """Digests of all that stands beside an image, the lists themselves included."""
    found = [entry["digest"] for entry in _referrers(registry, repository, digest)]
    lists = (registry.digest(repository, _list_tag(one)) for one in (digest, *found))
    signed = (registry.digest(repository, signature.tag_of(one)) for one in (digest, *found))
    return tuple(dict.fromkeys(one for one in (*found, *lists, *signed) if one is not None))


def add_signature(
    registry: Registry, repository: str, digest: str, payload: bytes, signed: str
) -> None:
    """Put a signature (base64) of `payload` where cosign looks for it, in place of older ones."""
    config = canonical(
        {
            "architecture": "",
            "os": "",
            "rootfs": {"type": "layers", "diff_ids": [sha256(payload)]},
            "config": {},
        }
    )
    registry.upload(repository, sha256(config), config)
    registry.upload(repository, sha256(payload), payload)
    layer = {
        **_blob(signature.PAYLOAD_TYPE, payload),
        "annotations": {signature.ANNOTATION: signed},
    }
    manifest = canonical(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": _blob(OCI_CONFIG, config),
            "layers": [layer],
        }
    )
    registry.put(repository, signature.tag_of(digest), OCI_MANIFEST, manifest)


def signatures(registry: Registry, repository: str, digest: str) -> list[tuple[bytes, str]]:
    """(payload, signature in base64) of each signature that stands beside an image."""
    tag = signature.tag_of(digest)
    if registry.digest(repository, tag) is None:
        return []
    found = []
    for layer in registry.manifest(repository, tag).document.get("layers", []):
        signed = (layer.get("annotations") or {}).get(signature.ANNOTATION)
        small = layer.get("size", 0) <= signature.MAX_PAYLOAD_BYTES
        if layer.get("mediaType") == signature.PAYLOAD_TYPE and signed and small:
            found.append((registry.blob(repository, layer["digest"]), str(signed)))
    return found


def _referrers(registry: Registry, repository: str, digest: str) -> list[dict[str, Any]]:
    answer = registry.referrers(repository, digest)
    if answer is None:
        answer = _listed(registry, repository, digest)
    entries: list[dict[str, Any]] = answer.get("manifests") or []
    return entries


def _list(registry: Registry, repository: str, image: Stored, made: Stored, kind: str) -> None:
    listed = _listed(registry, repository, image.digest).get("manifests") or []
    entry = {
        "mediaType": OCI_MANIFEST,
        "digest": made.digest,
        "size": len(made.content),
        "artifactType": kind,
    }
    others = [one for one in listed if one["digest"] != made.digest]
    entries = sorted([*others, entry], key=lambda one: str(one["digest"]))
    index = canonical({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
    registry.put(repository, _list_tag(image.digest), OCI_INDEX, index)


def _listed(registry: Registry, repository: str, digest: str) -> dict[str, Any]:
    tag = _list_tag(digest)
    if registry.digest(repository, tag) is None:
        return {}
    return registry.document(repository, tag)


def _list_tag(digest: str) -> str:
    return digest.replace(":", "-")


def _subject(image: Stored) -> dict[str, Any]:
    return {"mediaType": image.media_type, "digest": image.digest, "size": len(image.content)}


def _blob(kind: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "digest": sha256(data), "size": len(data)}
