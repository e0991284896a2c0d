"""All plugins of the suite's own, in the image of every site from the suite's first test on."""

import hostile
import migration_plugins
import probe_plugin
import tools

from demo.stage import Stage
from demo.steps import allow

CODE = {
    probe_plugin.SLUG: probe_plugin.MAIN,
    tools.SLUG: tools.MAIN,
    **migration_plugins.PLUGINS,
    **{slug: hostile.MAIN.format(slug=slug) for slug in hostile.PLUGINS.values()},
}
GRANTS = {slug: hostile.granted(site) for site, slug in hostile.PLUGINS.items()}
WITHIN_S = 240


def allow_all(stage: Stage) -> None:
    """One commit: each change of the image rolls every site there is."""
    for slug, code in CODE.items():
        stage.repository.write(f"image/plugins/{slug}/{slug}.php", code)
        allow(stage, slug)
        if slug in GRANTS:
            allowlist = (stage.repository.clone / "plugins-allowlist.yaml").read_text()
            granted = f"    network: [{GRANTS[slug]}]\n"
            stage.repository.write("plugins-allowlist.yaml", allowlist + granted)
    stage.until_applied(stage.repository.commit("Allow the suite's plugins"), WITHIN_S)
