"""Images of the local cluster: built on the machine's engine, loaded into every node's."""

import fcntl
import hashlib
import os
import shutil
import stat
import sys
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reconciler.core.local_cluster import Node
from reconciler.errors import StageFailed
from reconciler.shell import program
from reconciler.shell.cluster_engine import Engine

OUTER = Engine()
BASE_IMAGE = "debian:trixie-slim"
# Another word than `local`: two clones work side by side on one engine, each with images of its own.
TAG = os.environ.get("WPAAS_IMAGES_TAG", "local")
BINARIES = ("caddy", "weed")
INPUTS_LABEL = "wpaas.inputs"
BUILD_S = 900
LOAD_S = 300
# A build mostly waits for package mirrors; more at once than this wait for each other's cores.
BUILDS_SIDE_BY_SIDE = 3


def local_tag(name: str) -> str:
    """What the image of `deploy/NAME` is called on the machine's engine."""
    return f"wpaas/{name}:{TAG}"


def build_all(root: Path, tags: Mapping[str, str]) -> dict[str, str]:
    """Folder of `deploy/` → ID of its image, for `tags` (folder → tag), built side by side.

    Raises StageFailed as `build` does, once the builds under way have ended.
    """
    if any(wanted_binaries(root / "deploy" / name) for name in tags):
        fetch_binaries(root)  # once, before two builds would
    with ThreadPoolExecutor(BUILDS_SIDE_BY_SIDE) as pool:
        ids = pool.map(lambda name: build(root, name, tags[name]), tags)
        return dict(zip(tags, ids, strict=True))


def build(root: Path, name: str, tag: str) -> str:
    """ID of the image of `deploy/NAME`, built only where an input changed since.

    Inputs: the folder's files, the base image, and the lock of the binaries where the Dockerfile
    takes one from `bin/`. Raises StageFailed when the base is missing or the build fails.
    """
    base = OUTER.attempt("image", "inspect", "--format={{.Id}}", BASE_IMAGE)
    if base is None:
        raise StageFailed("cluster", f"no image {BASE_IMAGE}", fix="run deploy/local/install.sh")
    folder = root / "deploy" / name
    binaries = wanted_binaries(folder)
    lock = (root / "deploy" / "binaries.lock").read_bytes() if binaries else b""
    inputs = inputs_digest(folder, base.encode() + lock)
    template = '{{.Id}} {{index .Config.Labels "' + INPUTS_LABEL + '"}}'
    have = (OUTER.attempt("image", "inspect", f"--format={template}", tag) or "").split()
    if have[1:] == [inputs]:
        return have[0]
    context = _context(root, folder, binaries)
    label = f"--label={INPUTS_LABEL}={inputs}"
    OUTER.out("build", "--quiet", label, f"--tag={tag}", str(context), timeout_s=BUILD_S)
    shutil.rmtree(context)
    return OUTER.out("image", "inspect", "--format={{.Id}}", tag)


def wanted_binaries(folder: Path) -> list[str]:
    """The locked executables that the folder's Dockerfile copies from `bin/`."""
    text = (folder / "Dockerfile").read_text(encoding="utf-8")
    return [name for name in BINARIES if f"bin/{name}" in text]


def inputs_digest(folder: Path, extra: bytes) -> str:
    """Digest of every file below `folder` (path, executable bit, content) and of `extra`."""
    digest = hashlib.sha256(extra)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        executable = bool(path.stat().st_mode & stat.S_IXUSR)
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{path.relative_to(folder)} {executable} {content}".encode())
    return digest.hexdigest()[:32]


def _context(root: Path, folder: Path, binaries: Sequence[str]) -> Path:
    context = root / "build" / "context" / f"{folder.name}-{os.getpid()}"
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(folder, context)
    if binaries:
        source = fetch_binaries(root)
        (context / "bin").mkdir(exist_ok=True)
        for name in binaries:
            os.link(source / name, context / "bin" / name)
    return context


def fetch_binaries(root: Path) -> Path:
    """Folder with the locked executables; downloaded once for each state of the lock file.

    pip checks the hashes. Raises StageFailed when the download fails.
    """
    lock = root / "deploy" / "binaries.lock"
    target = root / "build" / "binaries"
    done = target / f"unpacked-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    target.parent.mkdir(exist_ok=True)
    with (target.parent / "binaries.alone").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # another process may be at it
        if not done.exists():
            _download(lock, target)
            done.touch()
    return target


def _download(lock: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    pip += ["--only-binary=:all:", "--requirement", str(lock), "--dest", str(target)]
    program.must(pip, stage="cluster", timeout_s=BUILD_S)
    for wheel in target.glob("*.whl"):
        _unpack(wheel, target)
        wheel.unlink()


def _unpack(wheel: Path, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            name = member.rsplit("/", 1)[-1]
            if name in BINARIES and ".data/scripts/" in member:
                with archive.open(member) as source, (target / name).open("wb") as sink:
                    shutil.copyfileobj(source, sink)
                (target / name).chmod(0o755)


def load(root: Path, nodes: Sequence[Node], tags: Mapping[str, str]) -> dict[str, str]:
    """Have the images of `tags` (name → tag) in every node's engine; name → ID as nodes know it.

    The ID is asked of a node: engines with another image store count it differently.
    Raises StageFailed when a node does not take an image.
    """
    wanted = {tag: fingerprint(OUTER, tag) for tag in tags.values()}
    missing = {
        node: [tag for tag, mark in wanted.items() if fingerprint(Engine(node.engine), tag) != mark]
        for node in nodes
    }
    union = sorted({tag for lacking in missing.values() for tag in lacking})
    if union:
        archive = root / "build" / f"images-{os.getpid()}.tar"
        archive.parent.mkdir(exist_ok=True)
        _remove_left_over(archive.parent)
        try:
            OUTER.out("save", "--output", str(archive), *union, timeout_s=LOAD_S)
            _load_into([node for node, lacking in missing.items() if lacking], archive)
        finally:
            archive.unlink(missing_ok=True)
    first = Engine(nodes[0].engine)
    return {
        name: first.out("image", "inspect", "--format={{.Id}}", tag) for name, tag in tags.items()
    }


def _load_into(nodes: Sequence[Node], archive: Path) -> None:
    def one(node: Node) -> None:
        Engine(node.engine).out("load", "--quiet", "--input", str(archive), timeout_s=LOAD_S)

    with ThreadPoolExecutor(len(nodes)) as pool:
        list(pool.map(one, nodes))


def _remove_left_over(build: Path) -> None:
    """Remove what a killed run could not: archives and contexts named after a process that is gone."""
    for path in [*build.glob("images-*.tar"), *build.glob("context/*-*")]:
        if Path("/proc", path.stem.rsplit("-", 1)[-1]).exists():
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def fingerprint(engine: Engine, tag: str) -> str | None:
    """What tells two images of one tag apart on any engine, or None where it has none."""
    return engine.attempt("image", "inspect", "--format={{.Created}} {{.RootFS.Layers}}", tag)
