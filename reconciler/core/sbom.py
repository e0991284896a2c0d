"""What is in an image, as CycloneDX 1.5 says it: Debian packages, PHP, WordPress, plugins, themes.

Source: https://cyclonedx.org/docs/1.5/json/ and https://github.com/package-url/purl-spec.
"""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from reconciler.core.debian import Installed
from reconciler.core.manifest import Package, SourceArchive, SourcePath, SourceRelease

MEDIA_TYPE = "application/vnd.cyclonedx+json"
PHP_PACKAGE = "php8.4-fpm"
RELEASE = "trixie"
Component = dict[str, Any]


def base_components(packages: Iterable[Installed], wordpress: Mapping[str, str]) -> list[Component]:
    """Return the components of a base: what Debian installed, the PHP in it, and WordPress."""
    found = [_debian(one) for one in packages]
    php = next((one for one in packages if one.name == PHP_PACKAGE), None)
    if php is not None:
        found.append(_php(php.version))
    return [*found, _wordpress(wordpress)]


def package_component(package: Package) -> Component:
    """Return the component of one plugin or theme, with the hashes that reviewers pinned."""
    component: Component = {
        "type": "library",
        "bom-ref": f"{package.kind}/{package.slug}@{package.version}",
        "name": package.slug,
        "version": package.version,
        "purl": package_purl(package),
        "licenses": [{"expression": package.license}],
        "properties": [
            {"name": "wpaas:kind", "value": package.kind},
            {"name": "wpaas:tree_sha256", "value": package.tree_sha256},
        ],
    }
    if package.archive_sha256 is not None:
        component["hashes"] = [{"alg": "SHA-256", "content": package.archive_sha256}]
    return component


def package_purl(package: Package) -> str:
    """Return the package's purl. wpackagist mirrors the directory, and its names are registered."""
    name, version = _quoted(package.slug), _quoted(package.version)
    match package.source:
        case SourceArchive():
            return f"pkg:composer/wpackagist-{package.kind}/{name}@{version}"
        case SourceRelease(forge="github.com", owner=owner, repo=repo):
            return f"pkg:github/{_quoted(owner.lower())}/{_quoted(repo.lower())}@{version}"
        case SourceRelease() | SourcePath():
            return f"pkg:generic/{name}@{version}"


def document(name: str, digest: str, components: Iterable[Component]) -> dict[str, Any]:
    """Return the whole document for the image `name` of this digest; the same for the same input."""
    sorted_ = sorted(components, key=lambda one: str(one["bom-ref"]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{_uuid(digest)}",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "wpaas"}]},
            "component": {
                "type": "container",
                "bom-ref": f"{name}@{digest}",
                "name": name,
                "version": digest,
                "purl": f"pkg:oci/{name.rpartition('/')[2]}@{_quoted(digest)}",
            },
        },
        "components": sorted_,
    }


def _debian(one: Installed) -> Component:
    arch = f"arch={_quoted(one.architecture)}&distro={RELEASE}"
    purl = f"pkg:deb/debian/{_quoted(one.name)}@{_quoted(one.version)}?{arch}"
    component: Component = {
        "type": "library",
        "bom-ref": f"deb/{one.name}@{one.version}",
        "name": one.name,
        "version": one.version,
        "purl": purl,
        "properties": [{"name": "wpaas:source-package", "value": one.source}],
    }
    if one.licences:
        component["licenses"] = [{"license": {"name": name}} for name in one.licences]
    return component


def _php(debian_version: str) -> Component:
    version = debian_version.rpartition(":")[2].partition("-")[0].partition("+")[0]
    return {
        "type": "platform",
        "bom-ref": f"php@{version}",
        "name": "php",
        "version": version,
        "purl": f"pkg:generic/php@{_quoted(version)}",
        "cpe": f"cpe:2.3:a:php:php:{version}:*:*:*:*:*:*:*",
        "licenses": [{"license": {"id": "PHP-3.01"}}],
    }


def _wordpress(said: Mapping[str, str]) -> Component:
    version = said["version"]
    return {
        "type": "framework",
        "bom-ref": f"wordpress@{version}",
        "name": "wordpress",
        "version": version,
        "purl": f"pkg:generic/wordpress@{_quoted(version)}",
        "cpe": f"cpe:2.3:a:wordpress:wordpress:{version}:*:*:*:*:*:*:*",
        "licenses": [{"license": {"id": "GPL-2.0-or-later"}}],
        "hashes": [{"alg": "SHA-256", "content": said["sha256"]}],
        "properties": [
            {"name": "wpaas:source", "value": said["source"]},
            {"name": "wpaas:origin", "value": said["url"]},
        ],
    }


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def _uuid(digest: str) -> uuid.UUID:
    """A UUID made from the digest, marked as of version 8: custom."""
    raw = bytearray(hashlib.sha256(digest.encode()).digest()[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x80, raw[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(raw))
