"""The settings of a site that change on all its webheads at once: one row of its database."""

import json
from typing import Any

from reconciler.core.manifest import Site


def as_text(value: dict[str, Any]) -> str:
    """One text for one value, whatever the order it was made in."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def live_document(site: Site) -> str:
    """The settings that change on every webhead at once, without a restart."""
    pins = {
        slug: site.plugin_versions[slug] for slug in site.plugins if slug in site.plugin_versions
    }
    return as_text(
        {
            **({"plugin_versions": pins} if pins else {}),
            "format": 1,
            "title": site.title,
            "tagline": site.tagline,
            "locale": site.locale,
            "timezone": site.timezone,
            "theme": site.theme,
            "plugins": sorted(site.plugins),
        }
    )


def without_plugins(live: str, coming: frozenset[str]) -> str:
    """The same settings, not yet naming `coming`."""
    document = json.loads(live)
    return as_text({**document, "plugins": sorted(set(document["plugins"]) - coming)})
