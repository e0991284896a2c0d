"""Files without a cluster: `wpaas validate` of 2,000 sites, `wpaas review` of one change among 1,000.

The peer of the first is check-jsonschema with the same schema on the same files. It looks at shape
alone: no names, domains, plugins or texts. Processor time is that of the whole process, start included.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

from benchmarks.arena import Arena
from benchmarks.figure import Figure, Group, Target
from demo.stage import ROOT
from reconciler.shell.program import must, run

WPAAS = Path(sys.executable).parent / "wpaas"
PEER = "check-jsonschema==0.39.0"
MANY, SOME = 2_000, 1_000
IDENTITY = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")


def validate(_arena: Arena, rounds: int) -> list[Figure]:
    """Processor seconds of a first look at a folder, of a second one, and of the peer."""
    first, again, peer = [], [], []
    checker = _peer()
    with tempfile.TemporaryDirectory(prefix="wpaas-bench-") as name:
        kept = Path(name)
        for number in range(rounds + 1):
            fleet = kept / f"fleet-{number}"
            _fleet(fleet, MANY)
            argv = [str(WPAAS), "validate", str(fleet)]
            first.append(_cpu_s(argv))
            again.append(_cpu_s(argv))
            if checker is not None:
                schema = str(ROOT / "schemas/site.schema.json")
                files = sorted(map(str, (fleet / "sites").iterdir()))
                peer.append(_cpu_s([str(checker), "--schemafile", schema, *files]))
            shutil.rmtree(fleet)
    first, again, peer = first[1:], again[1:], peer[1:]  # one round fills the file cache
    figures = [
        Figure(
            name="validate",
            unit="CPU-s",
            target=Target(sign="<=", limit=2.0),
            ours=first,
            peer=[],
        ),
        Figure(
            name="validate-unchanged",
            unit="CPU-s",
            target=Target(sign="<=", limit=0.5),
            ours=again,
            peer=[],
        ),
    ]
    if peer:
        figures.append(
            Figure(
                name="validate-peer",
                unit="CPU-s",
                target=Target(sign="<=", limit=1 / 3, of_peer=True),
                ours=first,
                peer=peer,
                peer_name="check-jsonschema",
            )
        )
    return figures


def review(_arena: Arena, rounds: int) -> list[Figure]:
    """Seconds from the start to the end of reviewing one changed site among many."""
    seconds = []
    with tempfile.TemporaryDirectory(prefix="wpaas-bench-") as name:
        fleet = Path(name) / "fleet"
        _fleet(fleet, SOME)
        _git(fleet, "init", "--quiet", "--initial-branch", "main")
        _git(fleet, "add", "--all")
        _git(fleet, "commit", "--quiet", "--message", "Start")
        _git(fleet, "checkout", "--quiet", "-b", "proposal")
        site = next((fleet / "sites").iterdir())
        site.write_text(site.read_text().replace("Seeds", "Roots"))
        _git(fleet, "commit", "--quiet", "--all", "--message", "Propose")
        argv = [str(WPAAS), "review", "--repo", str(fleet), "--base", "main", "--head", "proposal"]
        for _ in range(rounds + 1):
            began = time.perf_counter()
            must([*argv, "--author", "amira"], stage="cluster", timeout_s=60)
            seconds.append(time.perf_counter() - began)
    return [
        Figure(
            name="review",
            unit="s",
            target=Target(sign="<=", limit=1.0),
            ours=seconds[1:],
            peer=[],
        )
    ]


def _fleet(folder: Path, number: int) -> None:
    """Good sites that use most fields, beside this repository's shared files."""
    (folder / "sites").mkdir(parents=True)
    for name in ("platform.yaml", "plugins-allowlist.yaml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "image", folder / "image")
    letters = "bcdfghjkmnpqrstvwxyz"
    for at in range(number):
        word = "".join(letters[at // len(letters) ** digit % len(letters)] for digit in range(3))
        name = f"{word}-club"
        document = {
            "name": name,
            "title": f"Club {word}",
            "tagline": "Seeds, tools and tea",
            "owners": ["amira", "jo-k"],
            "domains": {
                "aliases": [f"{word}-two.example"],
                "primary": f"{name}.example",
                "www": "redirect",
            },
            "locale": "en_US",
            "timezone": "Europe/Berlin",
            "replicas": 2,
            "resources": {"size": "small"},
            "uploads": {"max_file_mb": 32},
            "admins": ["amira"],
        }
        (folder / "sites" / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")


def _peer() -> Path | None:
    """check-jsonschema in an environment of its own; None where pip cannot install it."""
    folder = ROOT / "build" / "check-jsonschema"
    program = folder / "bin" / "check-jsonschema"
    if not program.is_file():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", PEER]
        if run(pip, stage="cluster", timeout_s=300, env=dict(os.environ)).code != 0:
            return None
    return program


def _cpu_s(argv: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, timeout=300)  # noqa: S603 - ours
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def _git(folder: Path, *args: str) -> None:
    must(["git", "-C", str(folder), *IDENTITY, *args], stage="cluster", timeout_s=60)


GROUPS = (
    Group(names=("validate", "validate-unchanged", "validate-peer"), measure=validate),
    Group(names=("review",), measure=review),
)
