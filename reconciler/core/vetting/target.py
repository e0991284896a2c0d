"""What the fleet's image runs: read from its own files, so that nobody keeps a second list."""

import re
from collections.abc import Mapping

from reconciler.core.blob import Blob
from reconciler.core.manifest import Platform
from reconciler.core.vetting.candidate import Target

DEFAULT = Target(php="8.4", wp="6.8")
"""Debian trixie's, where a fleet has no image of its own."""

_PHP = re.compile(rb"\bphp(\d+\.\d+)-fpm\b")


def target_of(blobs: Mapping[str, Blob], platform: Platform | None) -> Target:
    """PHP by the packages of image/Dockerfile, WordPress by the release of platform.yaml."""
    dockerfile = blobs.get("image/Dockerfile")
    php = _PHP.search(dockerfile.data) if dockerfile else None
    release = platform.wordpress if platform else None
    return Target(
        php=php[1].decode() if php else DEFAULT.php,
        wp=release.version if release else DEFAULT.wp,
    )
