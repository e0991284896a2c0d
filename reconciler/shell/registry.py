"""A container registry over its HTTP API: look, upload, and append layers to an image.

Both manifest families are spoken (Docker schema 2 and OCI); Docker's own engine pushes the first,
BuildKit the second, sometimes behind an index. Source: OCI distribution spec 1.1, Docker image
manifest V2 schema 2.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from reconciler.core.derive import Secret
from reconciler.core.layers import Layer, sha256
from reconciler.errors import StageFailed
from reconciler.shell.registry_login import Login, LoginRefused

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

MAX_LAYERS = 120
"""overlay2 stops at about 125 (measured)."""

ACCEPT = ", ".join((DOCKER_MANIFEST, OCI_MANIFEST, DOCKER_LIST, OCI_INDEX))
MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
_TIMEOUT_S = (5.0, 60.0)
# A look that gets no answer holds up everything else of the loop for so long.
_LOOK_TIMEOUT_S = (5.0, 10.0)
LOGIN_FIX = "does the `secrets_file` of `registry` hold a user who may pull and push?"
CA_FIX = "name the authority that signed it as `ca_file`"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image manifest: its digest, media type, and the parsed document."""

    digest: str
    media_type: str
    document: dict[str, Any]


class Registry:
    """A registry at `address` ("http://127.0.0.1:8081"), by `credentials` (user, password) if any.

    `ca`: PEM file of the one authority that signed its certificate, else any public one.
    """

    def __init__(
        self,
        address: str,
        credentials: tuple[str, Secret] | None = None,
        ca: Path | None = None,
    ) -> None:
        self.address = address.rstrip("/")
        self._session = requests.Session()
        self._login = Login(self.address, credentials)
        self._session.auth = self._login
        if ca is not None:
            self._session.verify = str(ca)
        self._session.trust_env = False  # no proxy and no .netrc between us and the registry

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def digest(self, repository: str, reference: str) -> str | None:
        """Return the digest that tag or digest `reference` names, or None where there is none.

        Raises StageFailed when the registry does not answer, as does every method.
        """
        # Without it, a registry turns a manifest into one of the first schema, of another digest.
        headers = {"Accept": ACCEPT}
        path = f"{repository}/manifests/{reference}"
        answer = self._call("HEAD", path, ok=(200, 404), headers=headers)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        return answer.headers.get("Docker-Content-Digest") or self._read(repository, reference)[0]

    def manifest(self, repository: str, reference: str, architecture: str = "amd64") -> Manifest:
        """Return the image manifest; of an index, the one for Linux on `architecture`."""
        digest, media_type, document = self._read(repository, reference)
        if media_type not in {DOCKER_LIST, OCI_INDEX}:
            return Manifest(digest, media_type, document)
        for child in document["manifests"]:
            platform = child.get("platform", {})
            if (platform.get("os"), platform.get("architecture")) == ("linux", architecture):
                return Manifest(*self._read(repository, child["digest"]))
        raise self._failed(f"{repository}@{digest} has no image for linux/{architecture}")

    def append(
        self, base: tuple[str, str], layers: Sequence[Layer], repository: str, tag: str
    ) -> str:
        """Put `layers` onto the image `base` (repository, digest or tag) as `repository:tag`.

        Blobs that are there are not sent again; the same base and layers give the same digest,
        which is returned.
        """
        manifest = self.manifest(*base)
        config = self._blob(base[0], manifest.document["config"]["digest"])
        for blob in manifest.document["layers"]:
            self._mount(repository, blob["digest"], base[0])
        for layer in layers:
            self._upload(repository, layer.digest, layer.data)
        new_config, document = extended(manifest, config, layers)
        self._upload(repository, sha256(new_config), new_config)
        return self._put(repository, tag, manifest.media_type, document)

    def _put(self, repository: str, tag: str, media_type: str, document: bytes) -> str:
        path, headers = f"{repository}/manifests/{tag}", {"Content-Type": media_type}
        answer = self._call("PUT", path, ok=(201,), data=document, headers=headers)
        digest = sha256(document)
        if answer.headers.get("Docker-Content-Digest", digest) != digest:
            raise self._failed(f"{repository}:{tag} was stored under another digest")
        return digest

    def _read(self, repository: str, reference: str) -> tuple[str, str, dict[str, Any]]:
        """Return (digest, media type, document) of a manifest; the digest is computed here."""
        path = f"{repository}/manifests/{reference}"
        answer = self._call("GET", path, ok=(200,), headers={"Accept": ACCEPT})
        digest = sha256(answer.content)
        if reference.startswith("sha256:") and digest != reference:
            raise self._failed(f"{repository}@{reference} came back as other bytes")
        media_type = answer.headers.get("Content-Type", "").split(";")[0]
        return digest, media_type, self._document(answer.content)

    def _blob(self, repository: str, digest: str) -> dict[str, Any]:
        content = self._call("GET", f"{repository}/blobs/{digest}", ok=(200,)).content
        if sha256(content) != digest:
            raise self._failed(f"blob {digest} of {repository} came back as other bytes")
        return self._document(content)

    def _document(self, content: bytes) -> dict[str, Any]:
        try:
            document = json.loads(content) if len(content) <= MAX_DOCUMENT_BYTES else None
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise self._failed("the answer is not a document of a registry")
        return document

    def _has(self, repository: str, digest: str) -> bool:
        path = f"{repository}/blobs/{digest}"
        return self._call("HEAD", path, ok=(200, 404)).status_code == HTTPStatus.OK

    def _mount(self, repository: str, digest: str, source: str) -> None:
        """Make a blob of `source` one of `repository`, without sending it."""
        if repository == source or self._has(repository, digest):
            return
        path = f"{repository}/blobs/uploads/"
        wish = {"mount": digest, "from": source}
        answer = self._call("POST", path, ok=(201, 202), params=wish)
        if answer.status_code == HTTPStatus.ACCEPTED:  # it would not: a copy, then
            whole = self._call("GET", f"{source}/blobs/{digest}", ok=(200,)).content
            self._finish(answer.headers["Location"], digest, whole)

    def _upload(self, repository: str, digest: str, data: bytes) -> None:
        if self._has(repository, digest):
            return
        answer = self._call("POST", f"{repository}/blobs/uploads/", ok=(202,))
        self._finish(answer.headers["Location"], digest, data)

    def _finish(self, location: str, digest: str, data: bytes) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        self._call(
            "PUT", location, ok=(201,), data=data, params={"digest": digest}, headers=headers
        )

    def _call(
        self, method: str, path: str, *, ok: tuple[int, ...], **more: Any
    ) -> requests.Response:
        """Send one request; `path` is below /v2/, or what the registry gave as a location."""
        url = urljoin(f"{self.address}/v2/", path)
        asked = f"{method} {path.partition('?')[0]}"  # a location may hold the upload's state
        try:
            timeout_s = _LOOK_TIMEOUT_S if method == "HEAD" else _TIMEOUT_S
            answer = self._session.request(method, url, timeout=timeout_s, **more)
            if self._login.renew(self._session, answer, timeout_s):
                answer = self._session.request(method, url, timeout=timeout_s, **more)
        except requests.exceptions.SSLError as e:
            raise self._failed(f"{asked}: its certificate is not good", CA_FIX) from e
        except LoginRefused as e:
            raise self._failed(f"{asked}: {e}", LOGIN_FIX) from e
        except requests.RequestException as e:
            kind = type(e).__name__
            raise self._failed(f"{asked}: {kind}", "is it running?") from e
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise self._failed(f"{asked}: HTTP {answer.status_code}", LOGIN_FIX)
        if answer.status_code not in ok:
            raise self._failed(f"{asked}: HTTP {answer.status_code}")
        return answer

    def _failed(self, what: str, fix: str = "") -> StageFailed:
        return StageFailed("image", what, where=f"registry {self.address}", fix=fix)


def extended(
    base: Manifest, config: dict[str, Any], layers: Sequence[Layer]
) -> tuple[bytes, bytes]:
    """Return (config, manifest) of `base` with `layers` on top, as the bytes to store.

    Times are the base's own, so that the bytes depend on nothing else. Raises StageFailed beyond
    MAX_LAYERS.
    """
    held = base.document["layers"]
    if len(held) + len(layers) > MAX_LAYERS:
        count = len(held) + len(layers)
        raise StageFailed("image", f"{count} layers, an engine takes {MAX_LAYERS}")
    kind = OCI_LAYER if base.media_type == OCI_MANIFEST else DOCKER_LAYER
    history = [
        {"created": config.get("created"), "created_by": f"wpaas {x.diff_id}"} for x in layers
    ]
    new_config = canonical(
        config
        | {
            "history": config.get("history", []) + history,
            "rootfs": config["rootfs"]
            | {"diff_ids": config["rootfs"]["diff_ids"] + [x.diff_id for x in layers]},
        }
    )
    described = [{"mediaType": kind, "size": len(x.data), "digest": x.digest} for x in layers]
    about = base.document["config"] | {"size": len(new_config), "digest": sha256(new_config)}
    return new_config, canonical(base.document | {"config": about, "layers": held + described})


def canonical(document: dict[str, Any]) -> bytes:
    """Return `document` as JSON of one spelling."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
