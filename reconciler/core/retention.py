"""Which images of ours may leave the registry: those that no site runs and nobody would go back to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.core.image import BASE_REPOSITORY, IMAGE_REPOSITORY
from reconciler.core.model import ObservedCluster
from reconciler.core.plan import Operation

KEEP_HEALTHY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An image that we made: its digest, its base's, and whether the whole fleet was healthy on it."""

    digest: str
    base: str
    healthy: bool = False


def with_current(history: Sequence[Made], digest: str, base: str) -> tuple[Made, ...]:
    """Return the history with this image as its newest."""
    known = next((one for one in history if one.digest == digest), Made(digest=digest, base=base))
    return (*(one for one in history if one.digest != digest), known)


def with_healthy(history: Sequence[Made], digest: str) -> tuple[Made, ...]:
    """Return the history with this image marked as one that the whole fleet was healthy on."""
    return tuple(replace(one, healthy=True) if one.digest == digest else one for one in history)


def in_use(cluster: ObservedCluster) -> frozenset[str]:
    """Return the digests that live services name, whatever they are services of."""
    images = (
        str(service.spec["TaskTemplate"]["ContainerSpec"]["Image"])
        for service in cluster.services.values()
    )
    return frozenset(image.partition("@")[2] for image in images if "@" in image)


def removals(
    history: Sequence[Made], used: frozenset[str], keep: int = KEEP_HEALTHY
) -> tuple[Operation, ...]:
    """Return what may go, the oldest first, bases last.

    Kept are images that a service names, the newest, and the `keep` last that were healthy. Before
    there are so many nothing goes, since then too little is known. What is not in the history is
    not ours to remove.
    """
    healthy = [one.digest for one in history if one.healthy][-keep:]
    if len(healthy) < keep:
        return ()
    kept = used | {*healthy, history[-1].digest}
    going = [one for one in history if one.digest not in kept]
    bases = {one.base for one in history if one.digest in kept}
    cause = f"no site runs it, and {keep} newer ones were healthy"
    images = [_removal(IMAGE_REPOSITORY, one.digest, cause) for one in going]
    lonely = dict.fromkeys(one.base for one in going if one.base and one.base not in bases)
    return (*images, *(_removal(BASE_REPOSITORY, one, "no image is built on it") for one in lonely))


def without(history: Iterable[Made], removed: Iterable[Operation]) -> tuple[Made, ...]:
    """Return the history without images whose removal was carried out."""
    gone = {operation.name for operation in removed}
    return tuple(one for one in history if _name(IMAGE_REPOSITORY, one.digest) not in gone)


def to_json(history: Iterable[Made]) -> list[dict[str, Any]]:
    """Return what is remembered between loops."""
    return [{"digest": x.digest, "base": x.base, "healthy": x.healthy} for x in history]


def from_json(entries: Iterable[Mapping[str, Any]]) -> tuple[Made, ...]:
    """Read it; an entry that is not whole is left out."""
    return tuple(
        Made(digest=str(x["digest"]), base=str(x["base"]), healthy=bool(x.get("healthy")))
        for x in entries
        if "digest" in x and "base" in x
    )


def _removal(repository: str, digest: str, cause: str) -> Operation:
    name = _name(repository, digest)
    return Operation(action="delete", kind="image", name=name, cause=cause)


def _name(repository: str, digest: str) -> str:
    return f"{repository}@{digest}"
