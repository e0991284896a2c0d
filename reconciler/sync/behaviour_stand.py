"""The scratch server for a desk: which images it is made of, and where they come from."""

from pathlib import Path

from reconciler.core.image import BASE_REPOSITORY, base_context, base_tag, build_arguments
from reconciler.core.layers import tar
from reconciler.errors import StageFailed
from reconciler.shell import builder, cluster_images
from reconciler.shell.behaviour_stand import Stand
from reconciler.shell.program import run
from reconciler.shell.worktree import read_worktree
from reconciler.sync.vetting import Desk

QUICK_S = 20.0


def stand_for(desk: Desk, root: Path, engine: str, image: str | None, usual: str | None) -> Stand:
    """A stand, not open yet, on `engine`: with the base `image`, where one is named.

    Else with the `usual` one, where the engine has it; else with one that is built from the desk's
    fleet, or from the clone at `root`. Database and store are those of the clone. Raises StageFailed.
    """
    base = image or (usual if usual and _has(engine, usual) else _built(desk, root, engine))
    parts = {name: cluster_images.local_tag(name) for name in ("database", "store")}
    if not all(_has(engine, tag) for tag in parts.values()):
        cluster_images.build_all(root, parts)
    missing = [tag for tag in parts.values() if not _has(engine, tag)]
    if missing:
        fix = "load them there, or run it on the machine that has the cluster's images"
        raise StageFailed("image", f"the engine has no {', '.join(missing)}", where=engine, fix=fix)
    return Stand(base=base, database=parts["database"], store=parts["store"], engine=engine)


def _built(desk: Desk, root: Path, engine: str) -> str:
    blobs = desk.blobs if "image/Dockerfile" in desk.blobs else read_worktree(root)
    release = desk.compiled.platform.wordpress if desk.compiled.platform else None
    context = base_context(blobs)
    name = f"{BASE_REPOSITORY}:{base_tag(context, release)}"
    if not _has(engine, name):
        builder.build(engine, tar(context), name, build_arguments(release))
    return name


def _has(engine: str, image: str) -> bool:
    argv = ["docker", "-H", engine, "image", "inspect", "--format={{.Id}}", image]
    return run(argv, stage="image", timeout_s=QUICK_S).code == 0
