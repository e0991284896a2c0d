"""The context: where one cluster and its repository are. A folder of state, found without flags."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.core.derive import MASTER_KEY_BYTES, MasterKey
from reconciler.errors import UsageError

STATE_FOLDER = ".wpaas"
FORBIDDEN_MODE_BITS = 0o077
_CONTEXT_FIX = "`wpaas cluster up` writes one for a local cluster: begin with a copy of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One cluster as the reconciler reaches it.

    `engines`: docker-py addresses of Swarm managers. `http`: an address that reaches the edge.
    `registry`: HOST:PORT to push to. `database`: HOST:PORT. `store`: an http(s) URL.
    `images`: platform service → image ID. `trusted_proxies`: ranges in CIDR form of the proxies
    before the edges. `credentials`, `trust`: files for the repository's server, see `git.Source`.
    `mirrors`: addresses below which accepted archives are served by their sha256. `places`: place →
    origin of a proxy to use in its stead. `directory`: the same for the public directory's
    information service.
    """

    name: str
    state: Path
    repository: str
    branch: str
    engines: tuple[str, ...]
    builder: str
    http: str
    registry: str
    database: str
    store: str
    master_key: Path
    images: Mapping[str, str]
    nodes: tuple[tuple[str, str], ...]
    trusted_proxies: tuple[str, ...]
    interval_s: float
    credentials: Path | None
    trust: Path | None
    mirrors: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    directory: str = ""

    def master(self) -> MasterKey:
        """Read the master key. Raises UsageError when the file is missing, short or open to others."""
        try:
            mode = self.master_key.stat().st_mode
            value = self.master_key.read_bytes()
        except OSError as e:
            raise UsageError(
                "the master key cannot be read",
                where=str(self.master_key),
                fix="restore it from your backup; `wpaas cluster up` makes one for a new cluster",
            ) from e
        if mode & FORBIDDEN_MODE_BITS:
            raise UsageError(
                "the master key is open to other users",
                where=str(self.master_key),
                fix=f"chmod 600 {self.master_key}",
            )
        if len(value) < MASTER_KEY_BYTES:
            raise UsageError("the master key is too short", where=str(self.master_key))
        return MasterKey(value)


def find(name: str | None, start: Path) -> Context:
    """The context called `name`, or the current one, of the nearest folder with `.wpaas/`.

    Raises UsageError when there is none.
    """
    explicit = os.environ.get("WPAAS_CONTEXT")
    if explicit and name is None:
        return read(Path(explicit))
    for folder in (start, *start.parents):
        state = folder / STATE_FOLDER
        if not state.is_dir():
            continue
        chosen = name or _current(state)
        if chosen and (state / chosen / "context.json").is_file():
            return read(state / chosen / "context.json")
    wanted = f"cluster '{name}'" if name else "cluster"
    raise UsageError(
        f"no {wanted} is known here",
        where=str(start),
        fix="run `make demo`, or `wpaas cluster up`, or name a context file in WPAAS_CONTEXT",
    )


def _current(state: Path) -> str:
    try:
        return (state / "current").read_text().strip()
    except OSError:
        return ""


def _file(context: Path, named: str | None) -> Path | None:
    """A file that the context names; a relative one is beside it."""
    return context.absolute().parent / named if named else None


def read(path: Path) -> Context:
    """Read one context file. Raises UsageError when it is not a context."""
    try:
        raw: Mapping[str, Any] = json.loads(path.read_text())
        return Context(
            name=raw["name"],
            state=Path(raw.get("state", path.parent)),
            repository=raw["repository"],
            branch=raw["branch"],
            engines=tuple(raw["engines"]),
            builder=raw["builder"],
            http=raw["http"].rstrip("/"),
            registry=raw["registry"],
            database=raw["database"],
            store=raw["store"].rstrip("/"),
            master_key=Path(raw["master_key"]),
            images=dict(raw["images"]),
            nodes=tuple((node["name"], node["address"]) for node in raw["nodes"]),
            trusted_proxies=tuple(raw.get("trusted_proxies", ())),
            interval_s=float(raw.get("interval_s", 30)),
            credentials=_file(path, raw.get("credentials")),
            trust=_file(path, raw.get("trust")),
            mirrors=tuple(raw.get("mirrors", ())),
            places=dict(raw.get("places", {})),
            directory=raw.get("directory", ""),
        )
    except OSError as e:
        raise UsageError(
            f"the context file cannot be read ({e.strerror})",
            where=str(path),
            fix="correct WPAAS_CONTEXT, or unset it to use the cluster of this folder",
        ) from e
    except KeyError as e:
        raise UsageError(
            f"no context file: {e} is missing", where=str(path), fix=_CONTEXT_FIX
        ) from e
    except (ValueError, TypeError, AttributeError) as e:
        raise UsageError("no context file", where=str(path), fix=_CONTEXT_FIX) from e
