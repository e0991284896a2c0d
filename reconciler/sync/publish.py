"""What belongs to an image and is put beside it before its tag: what is in it, and how it came to be."""

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from reconciler.core import provenance, sbom
from reconciler.core.base_image import canonical
from reconciler.core.manifest import Package
from reconciler.core.provenance import Material
from reconciler.errors import StageFailed
from reconciler.shell.registry import Registry, Stored
from reconciler.shell.registry_artefacts import attach, attached
from reconciler.sync.trust import Trust

Component = Mapping[str, Any]


def publish(
    trust: Trust,
    repository: str,
    image: Stored,
    components: Iterable[Component],
    parameters: Mapping[str, Any],
    materials: Iterable[Material],
) -> None:
    """Put SBOM and provenance beside an image, and sign all three. Raises StageFailed."""
    digest = image.digest
    documents = {
        sbom.MEDIA_TYPE: sbom.document(repository, digest, [dict(one) for one in components]),
        provenance.MEDIA_TYPE: provenance.statement(
            repository, digest, parameters, materials, version("wpaas")
        ),
    }
    for kind, document in documents.items():
        made = attach(trust.registry, repository, image, kind, canonical(document))
        trust.sign(repository, made.digest)
    trust.sign(repository, digest)


def components_of(registry: Registry, repository: str, digest: str) -> list[Component]:
    """The components that the SBOM beside an image names. Raises StageFailed where there is none."""
    data = attached(registry, repository, digest, sbom.MEDIA_TYPE)
    if data is None:
        raise StageFailed(
            "image",
            f"there is no SBOM beside {repository}@{digest}",
            where=f"registry {registry.address}",
            fix="delete that manifest; it is built anew",
        )
    found: list[Component] = json.loads(data)["components"]
    return found


def layers_materials(base: str, repository: str, packages: Iterable[Package]) -> list[Material]:
    """What an image was made of: its base and its packages."""
    found = provenance.image_materials(f"{repository}@{base}")
    return [*found, *(provenance.package_material(package) for package in packages)]
