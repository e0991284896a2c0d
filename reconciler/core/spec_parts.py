"""Parts of service specs in the Engine API's shape (v1.45, ServiceSpec)."""

from typing import Any

NANOSECONDS = 1_000_000_000
MEBIBYTE = 1024 * 1024


def file(name: str, uid: int, mode: int) -> dict[str, Any]:
    """Where a config or secret stands in a container, and who may read it."""
    return {"Name": name, "UID": str(uid), "GID": str(uid), "Mode": mode}


def tmpfs(target: str, mebibytes: int) -> dict[str, Any]:
    """A folder in memory."""
    options = {"SizeBytes": mebibytes * MEBIBYTE, "Mode": 0o1777}
    return {"Type": "tmpfs", "Target": target, "TmpfsOptions": options}


def port(target: int, published: int) -> dict[str, Any]:
    """A port of each node that runs the task."""
    return {
        "Protocol": "tcp",
        "TargetPort": target,
        "PublishedPort": published,
        "PublishMode": "host",
    }


def resources(*, limit_mb: int, reserved_mb: int, pids: int) -> dict[str, Any]:
    """What a container may use, and what a node keeps for it."""
    return {
        "Limits": {"MemoryBytes": limit_mb * MEBIBYTE, "Pids": pids},
        "Reservations": {"MemoryBytes": reserved_mb * MEBIBYTE},
    }
