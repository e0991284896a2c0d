"""A plugin enters the allowlist: how soon the registry has the image with its layer."""

import os
import time

from benchmarks.arena import Arena, until_idle
from benchmarks.figure import Figure, Group, Target
from demo.stage import Stage, wait_until
from demo.steps import SITE_DEADLINE_S, allow
from reconciler.core.compiler import compile_fleet
from reconciler.core.image import IMAGE_REPOSITORY
from reconciler.daemon import clock
from reconciler.shell.schemas import load_schemas
from reconciler.shell.worktree import read_worktree
from reconciler.sync.fleet import open_fleet

SLUG = "bench-layer"
FOLDER = f"image/plugins/{SLUG}"
ALLOWLIST = "plugins-allowlist.yaml"
FILES = 20
FILE_BYTES = 20_000
HEADER = "<?php\n/*\n * Plugin Name: Benchmark layer\n * Version: 1.0.0\n */\n"


def plugin_layer(arena: Arena, rounds: int) -> list[Figure]:
    """A plugin of 400 kB that does not compress, other bytes in each round: from the commit's push
    to the digest in the registry, the daemon's poll included."""
    stage = arena.stage
    repository = stage.repository
    allowlist = (repository.clone / ALLOWLIST).read_text(encoding="utf-8")
    seconds = []
    try:
        for _ in range(rounds):
            until_idle(stage)
            repository.write(ALLOWLIST, allowlist)
            repository.write(f"{FOLDER}/{SLUG}.php", HEADER)
            for number in range(FILES):
                text = f"<?php // {os.urandom(FILE_BYTES // 2).hex()}\n"
                repository.write(f"{FOLDER}/part-{number}.php", text)
            allow(stage, SLUG)
            seconds.append(_until_in_registry(stage))
        until_idle(stage)
    finally:
        repository.write(ALLOWLIST, allowlist)
        repository.remove(
            str(path.relative_to(repository.clone))
            for path in (repository.clone / FOLDER).glob("*.php")
        )
        repository.commit("The benchmark's plugin goes")
        until_idle(stage)
    return [
        Figure(
            name="plugin-layer",
            unit="s",
            target=Target(sign="<=", limit=3),
            ours=seconds,
            peer=[],
        )
    ]


def _until_in_registry(stage: Stage) -> float:
    images = open_fleet(stage.context, now=clock.now).images
    blobs = read_worktree(stage.repository.clone)
    compiled = compile_fleet(blobs, load_schemas(), {})
    wanted = images.find(images.inputs(blobs, compiled))
    assert wanted.digest is None, "the image was there already"  # noqa: S101 - a bad round
    began = time.monotonic()
    stage.repository.commit("A plugin for the benchmark")
    wait_until(
        "the image is in the registry",
        lambda: images.registry.digest(IMAGE_REPOSITORY, wanted.tag),
        SITE_DEADLINE_S,
    )
    seconds = time.monotonic() - began
    images.registry.close()
    return seconds


GROUPS = (Group(names=("plugin-layer",), measure=plugin_layer),)
