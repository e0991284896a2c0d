"""Config and manifest of a base: the same from every builder, at every time."""

import json
from typing import Any

from reconciler.core.base_image import OCI_LAYER, OCI_MANIFEST, Described, config_of, manifest_of
from reconciler.core.layers import sha256

LAYERS = (Described(diff_id="sha256:d", digest="sha256:c", size=3, created_by="wpaas debian"),)
CLASSIC: dict[str, Any] = {
    "Id": "sha256:1", "Created": "2026-11-24T00:00:00Z", "Architecture": "amd64", "Os": "linux",
    "Config": {
        "Hostname": "abc", "User": "33:33", "Env": ["PATH=/bin"], "Cmd": ["/init"], "Image": "sha256:2",
        "Volumes": None, "WorkingDir": "", "Entrypoint": None, "OnBuild": None, "Labels": {"wpaas.wordpress.source": "debian", "maker": "x"},
        "ExposedPorts": {"8080/tcp": {}}, "StopSignal": "SIGTERM",
    },
}  # fmt: skip
BUILDKIT: dict[str, Any] = {
    "Id": "sha256:9", "Created": "2026-11-25T07:00:00Z", "Architecture": "amd64", "Os": "linux",
    "Config": {
        "User": "33:33", "Env": ["PATH=/bin"], "Cmd": ["/init"], "WorkingDir": "/", "Labels": {"wpaas.wordpress.source": "debian"},
        "ArgsEscaped": True, "ExposedPorts": {"8080/tcp": {}}, "StopSignal": "SIGTERM",
    },
}  # fmt: skip


def test_two_builders_at_two_times_give_one_config() -> None:
    one, other = (config_of(said, LAYERS, {}, "2026-11-20") for said in (CLASSIC, BUILDKIT))
    assert one == other


def test_the_config_has_the_locks_day_and_our_labels() -> None:
    config = json.loads(config_of(CLASSIC, LAYERS, {"v": "6.8"}, "2026-11-20"))
    assert config["created"] == "2026-11-20T00:00:00Z"
    assert config["rootfs"] == {"type": "layers", "diff_ids": ["sha256:d"]}
    assert config["config"]["Labels"] == {
        "wpaas.wordpress.source": "debian", "v": "6.8", "org.opencontainers.image.created": "2026-11-20T00:00:00Z",
    }  # fmt: skip
    assert json.loads(config_of(CLASSIC, LAYERS, {}, ""))["created"] == "1970-01-01T00:00:00Z"


def test_the_manifest_names_config_and_layers() -> None:
    config = config_of(CLASSIC, LAYERS, {}, "")
    manifest = json.loads(manifest_of(config, LAYERS))
    assert manifest["mediaType"] == OCI_MANIFEST
    assert manifest["config"]["digest"] == sha256(config)
    assert manifest["layers"] == [{"mediaType": OCI_LAYER, "digest": "sha256:c", "size": 3}]
