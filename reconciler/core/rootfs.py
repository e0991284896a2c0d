"""What of a built base's files goes into its layers, and how: rules only, no file is opened.

A build leaves what differs from run to run (times, logs, caches, the day in /etc/shadow). What stays
is the same bytes wherever and whenever the same packages were installed.
"""

import hashlib
import re
from typing import Literal

from reconciler.core.layers import EPOCH_S, EPOCH_SPAN_S

Part = Literal["debian", "wordpress", "webhead"]
PARTS: tuple[Part, ...] = ("debian", "wordpress", "webhead")
"""The base's layers, from the one that changes least: a change to ours sends that layer alone."""

FOLDER_TIME_S = EPOCH_S

_VOLATILE = re.compile(
    r"""
    \.dockerenv | etc/(hostname|hosts|resolv\.conf|mtab|machine-id|\.pwd\.lock)
  | etc/(passwd|group|shadow|gshadow|subuid|subgid)-
  | (dev|proc|sys|run|tmp|root|boot|media|mnt|srv|home|opt|build)/.*
  | var/(log|cache|tmp|backups|mail|spool)/.*
  | var/lib/(apt|systemd|dbus|ucf/cache)/.*
  | var/lib/dpkg/(.*-old|lock.*|triggers/Lock|available|updates/.*|parts/.*|cmethopt)
  | usr/share/(man|info|lintian|bug|doc-base|menu)/.* | usr/share/doc/[^/]+/(?!copyright$).*
  | usr/share/doc/[^/]+/copyright/.* | usr/share/nginx/html(/.*)?
  | etc/apt/(sources\.list|sources\.list\.d/.*|apt\.conf\.d/.*[Pp]roxy.*|apt\.conf\.d/docker-.*)
  | etc/dpkg/dpkg\.cfg\.d/docker.*
    """,
    re.VERBOSE,
)
"""Also the addresses of mirrors: they name somebody's machine, and nothing is installed later."""

_WORDPRESS = "usr/share/wpaas/"
_OURS = ("usr/lib/wpaas/", "etc/nginx/", "etc/php/8.4/")
_OUR_CONTENT = re.compile(
    r"usr/share/wpaas/wordpress/(wp-config\.php|wp-content/(mu-plugins|[^/]+\.php).*)"
)
_SHADOW = frozenset({"etc/shadow", "etc/gshadow"})
_DAY = re.compile(rb"^([^:\n]*:[^:\n]*):[0-9]*:", re.MULTILINE)
_A_DAY = rb"\g<1>:1:"  # 0 would ask for another password at log-in


def kept(path: str) -> bool:
    """Whether the file or folder at `path` (no leading slash) goes into a layer."""
    return _VOLATILE.fullmatch(path) is None


def part_of(path: str) -> Part:
    """The layer that a path belongs to."""
    if path.startswith(_OURS) or _OUR_CONTENT.fullmatch(path):
        return "webhead"
    return "wordpress" if path.startswith(_WORDPRESS) else "debian"


def settled(path: str, data: bytes) -> bytes:
    """The file's content without the day of the build. Only for files that `is_settled`."""
    return _DAY.sub(_A_DAY, data) if path == "etc/shadow" else data


def is_settled(path: str) -> bool:
    """Whether the content has to go through `settled`."""
    return path in _SHADOW


def time_of(digest: str) -> int:
    """Modification time (seconds) of a file with this sha256 (hex).

    Made from its content, since web servers derive an ETag from time and size.
    """
    return EPOCH_S + int(digest[:8], 16) % EPOCH_SPAN_S


def file_digest(data: bytes) -> str:
    """sha256 in hex, as `time_of` takes it."""
    return hashlib.sha256(data).hexdigest()
