"""Images that nobody needs leave the registry, with what stands beside them."""

import time
from collections.abc import Callable
from pathlib import Path

from reconciler.core import retention
from reconciler.core.model import ImageRef, ObservedCluster
from reconciler.core.outcome import Outcome
from reconciler.core.plan import Operation
from reconciler.core.retention import Made
from reconciler.errors import StageFailed
from reconciler.shell.memory import recall, remember
from reconciler.shell.registry import Registry
from reconciler.shell.registry_artefacts import beside

Tell = Callable[[Outcome], None]
FILE = "images.json"


def note(state: Path, image: ImageRef, base: str) -> None:
    """Remember that we made or use this image. Raises StageFailed."""
    history = _history(state)
    if image.digest is not None and (not history or history[-1].digest != image.digest):
        _keep(state, retention.with_current(history, image.digest, base))


def tidy(
    state: Path,
    registry: Registry,
    image: ImageRef,
    look: Callable[[], ObservedCluster],
    tell: Tell,
) -> None:
    """The whole fleet is healthy on `image`: let go what is no longer needed.

    Does nothing where that was known already. A registry that lets nothing go costs one failed
    outcome for each new image, and nothing else. Raises StageFailed for a state folder that is full.
    """
    history = _history(state)
    known = {one.digest for one in history if one.healthy}
    if image.digest is None or image.digest in known:
        return
    history = retention.with_healthy(history, image.digest)
    removed = []
    for operation in retention.removals(history, retention.in_use(look())):
        began, error = time.monotonic(), ""
        try:
            _remove(registry, operation)
            removed.append(operation)
        except StageFailed as e:
            error = str(e)
        tell(Outcome(operation=operation, seconds=time.monotonic() - began, error=error))
        if error:
            break
    _keep(state, retention.without(history, removed))


def _remove(registry: Registry, operation: Operation) -> None:
    """What stands beside the image goes first: afterwards nothing would name it."""
    repository, _, digest = operation.name.partition("@")
    for other in beside(registry, repository, digest):
        registry.delete(repository, other)
    registry.delete(repository, digest)


def _history(state: Path) -> tuple[Made, ...]:
    return retention.from_json(recall(state / FILE).get("images") or [])


def _keep(state: Path, history: tuple[Made, ...]) -> None:
    remember(state / FILE, {"images": retention.to_json(history)}, "image")
