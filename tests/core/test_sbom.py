"""SBOM and provenance: what their formats demand, and the same bytes for the same input."""

import json
import re
from typing import Any

import pytest

from reconciler.core import provenance, sbom
from reconciler.core.debian import Installed
from reconciler.core.manifest import Package, SourceArchive, SourcePath, SourceRelease

DIGEST = "sha256:" + "ab" * 32
NGINX = Installed(name="nginx", version="1:1.26.3-3+deb13u1", architecture="amd64", source="nginx",
                  licences=("BSD-2-clause",))  # fmt: skip
PHP = Installed(
    name="php8.4-fpm", version="8.4.28-1~deb13u1", architecture="amd64", source="php8.4"
)
WORDPRESS = {
    "source": "debian",
    "version": "6.8.3",
    "url": "debian:wordpress=6.8.3",
    "sha256": "c" * 64,
}
# https://github.com/package-url/purl-spec: scheme, type, namespace, name, version, qualifiers.
PURL = re.compile(
    r"pkg:[a-z]+(/[A-Za-z0-9._~%-]+)+@[A-Za-z0-9._~%-]+(\?[a-z]+=[^&]+(&[a-z]+=[^&]+)*)?"
)
SERIAL = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def package(**changes: Any) -> Package:
    base: dict[str, Any] = {
        "slug": "event-list", "kind": "plugin", "version": "3.10", "source": SourceArchive("wordpress.org"),
        "tree_sha256": "1" * 64, "archive_sha256": "2" * 64, "license": "GPL-2.0-or-later",
        "state": "approved",
    }  # fmt: skip
    return Package(**{**base, **changes})


def whole() -> dict[str, Any]:
    components = [*sbom.base_components((NGINX, PHP), WORDPRESS), sbom.package_component(package())]
    return sbom.document("wpaas/wordpress", DIGEST, components)


def test_the_document_has_what_cyclonedx_demands() -> None:
    document = whole()
    assert (document["bomFormat"], document["specVersion"], document["version"]) == (
        "CycloneDX",
        "1.5",
        1,
    )
    assert SERIAL.fullmatch(document["serialNumber"])
    about = document["metadata"]["component"]
    assert (about["type"], about["version"]) == ("container", DIGEST)
    kinds = {"application", "framework", "library", "container", "platform", "operating-system"}
    for component in [about, *document["components"]]:
        assert component["type"] in kinds
        assert component["name"]
        assert PURL.fullmatch(component["purl"]), component["purl"]
    references = [component["bom-ref"] for component in [about, *document["components"]]]
    assert len(set(references)) == len(references)


def test_every_licence_is_of_one_of_the_two_shapes_and_hashes_are_hex() -> None:
    for component in whole()["components"]:
        for one in component.get("licenses", []):
            assert set(one) == {"expression"} or set(one["license"]) in ({"id"}, {"name"})
        for one in component.get("hashes", []):
            assert (one["alg"], len(one["content"])) == ("SHA-256", 64)


def test_debian_php_wordpress_and_plugins_are_all_in_it() -> None:
    purls = {component["purl"] for component in whole()["components"]}
    assert purls == {
        "pkg:deb/debian/nginx@1%3A1.26.3-3%2Bdeb13u1?arch=amd64&distro=trixie",
        "pkg:deb/debian/php8.4-fpm@8.4.28-1~deb13u1?arch=amd64&distro=trixie",
        "pkg:generic/php@8.4.28",  # without Debian's part: "-1~deb13u1"
        "pkg:generic/wordpress@6.8.3",
        "pkg:composer/wpackagist-plugin/event-list@3.10",
    }


@pytest.mark.parametrize(
    ("source", "purl"),
    [
        (SourceArchive("wordpress.org"), "pkg:composer/wpackagist-plugin/event-list@3.10"),
        (SourcePath("image/plugins/event-list"), "pkg:generic/event-list@3.10"),
        (SourceRelease(forge="github.com", owner="Kim", repo="Lists", asset="a.zip"),
         "pkg:github/kim/lists@3.10"),
        (SourceRelease(forge="codeberg.org", owner="kim", repo="lists", asset="a.zip"),
         "pkg:generic/event-list@3.10"),
    ],
)  # fmt: skip
def test_a_package_has_a_purl_by_its_source(source: Any, purl: str) -> None:
    assert sbom.package_purl(package(source=source)) == purl


def test_the_same_input_gives_the_same_bytes_in_any_order() -> None:
    components = [sbom.package_component(package(slug=slug)) for slug in ("a", "b", "c")]
    one, other = (sbom.document("x", DIGEST, order) for order in (components, components[::-1]))
    assert json.dumps(one) == json.dumps(other)
    assert (
        one["serialNumber"] != sbom.document("x", "sha256:" + "0" * 64, components)["serialNumber"]
    )


def test_the_statement_names_subject_and_materials() -> None:
    materials = [
        provenance.package_material(package()),
        provenance.Material("pkg:oci/base", {"sha256": "3" * 64}),
    ]
    statement = provenance.statement("wpaas/wordpress", DIGEST, {"tag": "t"}, materials, "0.1.0")
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"] == [{"name": "wpaas/wordpress", "digest": {"sha256": "ab" * 32}}]
    definition = statement["predicate"]["buildDefinition"]
    assert definition["buildType"]
    assert definition["externalParameters"] == {"tag": "t"}
    assert [one["uri"] for one in definition["resolvedDependencies"]] == [
        "pkg:composer/wpackagist-plugin/event-list@3.10", "pkg:oci/base",
    ]  # fmt: skip
    assert definition["resolvedDependencies"][0]["digest"]["sha256"] == "2" * 64
    assert statement["predicate"]["runDetails"]["builder"]["id"]


@pytest.mark.parametrize(
    ("reference", "uris"),
    [
        ("wpaas/base@sha256:" + "4" * 64, ["pkg:oci/base@sha256%3A" + "4" * 64]),
        ("r.example:5000/debian:trixie@sha256:" + "4" * 64, ["pkg:oci/debian@sha256%3A" + "4" * 64]),
        ("debian:trixie-slim", []),
    ],
)  # fmt: skip
def test_an_image_is_a_material_by_its_digest_alone(reference: str, uris: list[str]) -> None:
    found = provenance.image_materials(reference)
    assert [one.uri for one in found] == uris
    assert all(one.digest == {"sha256": "4" * 64} for one in found)
