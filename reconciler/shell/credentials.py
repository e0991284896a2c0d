"""Credentials that others issue: one JSON file for each service, on this machine, for one user."""

import json
from collections.abc import Sequence
from pathlib import Path

from reconciler.core.derive import Secret
from reconciler.errors import Stage, StageFailed

FORBIDDEN_MODE_BITS = 0o077


def read_credentials(
    file: Path, service: str, names: Sequence[str], stage: Stage = "compile"
) -> tuple[Secret, ...]:
    """The texts that `file` holds under `names`. A public part (a user's name) is hidden as well.

    Raises StageFailed when the file is missing, lacks one, or is open to other users.
    """
    where = str(file)
    wanted = ", ".join(f'"{name}": "…"' for name in names)
    try:
        mode = file.stat().st_mode
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        what = f"the credentials of the {service} cannot be read ({type(e).__name__})"
        raise StageFailed(stage, what, where=where, fix=f"write {{{wanted}}} into it") from None
    if mode & FORBIDDEN_MODE_BITS:
        what = f"the credentials of the {service} can be read by others"
        raise StageFailed(stage, what, where=where, fix=f"chmod 600 {where}")
    values = [document.get(name) for name in names] if isinstance(document, dict) else [None]
    if not all(isinstance(value, str) and value for value in values):
        what = f"the credentials of the {service} are not complete"
        raise StageFailed(stage, what, where=where, fix=f"write {{{wanted}}} into it")
    return tuple(Secret(str(value)) for value in values)
