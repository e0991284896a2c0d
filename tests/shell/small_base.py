"""A base of one small layer, written to a registry as the build stage writes a real one."""

from pathlib import Path

from reconciler.core.base_image import Described, config_of, manifest_of
from reconciler.core.image import BASE_REPOSITORY
from reconciler.core.layers import File, layer
from reconciler.shell.registry import Registry, Stored


def put_small_base(registry: Registry, folder: Path, content: bytes) -> Stored:
    """The base, without a tag; its one file is usr/a."""
    one = layer({"a": File(content)}, "usr")
    (folder / "layer").write_bytes(one.data)
    about = Described(diff_id=one.diff_id, digest=one.digest, size=len(one.data), created_by="test")
    config = config_of({"Architecture": "amd64", "Os": "linux"}, [about], {}, "2026-11-24")
    files = {one.digest: folder / "layer"}
    return registry.put_image(BASE_REPOSITORY, config, manifest_of(config, [about]), files)
