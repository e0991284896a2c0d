"""The small pieces of every service spec, in the Engine API's shape (v1.44, ServiceSpec).

The order of keys is part of what is rendered, and stays.
"""

from typing import Any

NANOSECONDS = 1_000_000_000
MEBIBYTE = 1024 * 1024


def mounted_file(name: str, uid: int, mode: int) -> dict[str, Any]:
    """Where a config or secret is seen in the container, owned by `uid` and its group."""
    return {"Name": name, "UID": str(uid), "GID": str(uid), "Mode": mode}


def tmpfs(target: str, mebibytes: int) -> dict[str, Any]:
    """A place to write that is empty at each start, in memory."""
    options = {"SizeBytes": mebibytes * MEBIBYTE, "Mode": 0o1777}
    return {"Type": "tmpfs", "Target": target, "TmpfsOptions": options}


def resources(
    *, limit_mb: int, reserved_mb: float, pids: int, cpus: float | None = None
) -> dict[str, Any]:
    """Limits and reservations, memory in MiB; `cpus` as shares of one, None for no limit."""
    limits = {"MemoryBytes": limit_mb * MEBIBYTE}
    if cpus is not None:
        limits["NanoCPUs"] = int(cpus * NANOSECONDS)
    return {
        "Limits": {**limits, "Pids": pids},
        "Reservations": {"MemoryBytes": int(reserved_mb * MEBIBYTE)},
    }


def host_port(target: int, published: int) -> dict[str, Any]:
    """A port of each node that runs a task."""
    return {
        "Protocol": "tcp",
        "TargetPort": target,
        "PublishedPort": published,
        "PublishMode": "host",
    }
