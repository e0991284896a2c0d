"""Two sites that wish each other ill, and what each of them can do from inside its own webhead."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from lab import Lab

from demo.engines import Webhead
from demo.stage import Stage
from reconciler.core import derive, names

# Both on one network: the attack that nobody may spare.
SITES = ("hostile-garden", "hostile-owls")
PLUGINS = {site: f"probe-{site}" for site in SITES}
MAIN = """\
<?php
/**
 * Plugin Name: {slug}
 * Version: 1.0.0
 * License: GPL-2.0-or-later
 * Requires PHP: 8.1
 * Requires at least: 6.0
 * Author: The tests
 */
defined('ABSPATH') || exit;
add_action('init', static function (): void {{
    if (isset($_GET['open'])) {{
        wp_die(@file_get_contents($_GET['open']) === false ? 'closed' : 'open', '', 200);
    }}
    if (isset($_GET['out'])) {{
        $answer = wp_remote_get('http://' . $_GET['out'] . '/only?mine');
        wp_die(is_wp_error($answer) ? $answer->get_error_message() : 'got ' . $answer['response']['code'], '', 200);
    }}
}});
"""
PRELUDE = r"""<?php
error_reporting(0);
mysqli_report(MYSQLI_REPORT_OFF);
$facts = json_decode(base64_decode('FACTS'), true);
$config = json_decode(file_get_contents('/etc/wpaas/config.json'), true);
$secret = json_decode(file_get_contents('/etc/wpaas/secret.json'), true);
/** Whether somebody takes a connection. */
function opens(string $host, int $port): bool
{
    return fsockopen($host, $port, $code, $text, 1.5) !== false;
}
/** Status of an answer and its text; 0 and why there is none. */
function ask(string $url, array $options = []): array
{
    $request = curl_init($url);
    curl_setopt_array($request, $options + [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10,
        CURLOPT_CONNECTTIMEOUT => 2, CURLOPT_PROXY => '']);
    $body = curl_exec($request);
    $status = curl_getinfo($request, CURLINFO_RESPONSE_CODE);
    return [$status, $status === 0 ? curl_error($request) : (string) $body];
}
const PAIR = [CURLOPT_SSLCERT => '/run/wpaas/tls/site.pem', CURLOPT_SSLKEY => '/run/wpaas/tls/site.key'];
"""


@dataclass(frozen=True, slots=True)
class Hostile:
    """One of the two: who attacks, and whom."""

    lab: Lab
    victim: Lab

    @property
    def shell(self) -> Webhead:
        """The webhead that the attacker has a shell in."""
        return self.lab.until_live()[0]

    def facts(self) -> dict[str, Any]:
        """What an attacker can know of the victim without having anything of it."""
        site = self.victim.site
        return {
            "site": site,
            "database": names.database_name(site),
            "bucket": names.bucket_name(site),
            "webheads": names.upstream_name(site),
            "host": self.victim.host,
            "granted": granted(site),
        }

    def attack(self, code: str, **more: Any) -> Any:
        """What PHP says, as JSON, run by hand with all that the webhead's user may do."""
        facts = base64.b64encode(json.dumps(self.facts() | more).encode()).decode()
        script = PRELUDE.replace("FACTS", facts) + code
        said = self.lab.run(self.shell, "php", "-d", "disable_functions=", stdin=script)
        return json.loads(said)


def granted(site: str) -> str:
    """The one host that a site's plugin may ask; nobody bears the name."""
    return f"{site}.invalid"


def hostile_sites(stage: Stage) -> tuple[Lab, Lab]:
    """The two, live, each with a plugin of its own that has a grant of its own."""
    for site, slug in PLUGINS.items():
        stage.repository.add_site(site, title=f"Here is {site}", plugins=[{"slug": slug}])
    stage.repository.commit("Add two sites that wish each other ill")
    one, two = (Lab(stage, site) for site in SITES)
    one.until_live()
    two.until_live()
    return one, two


def secrets_of(stage: Stage, site: str) -> dict[str, str]:
    """What only the site may hold, by what it is."""
    master = stage.context.master()
    own = {"database": "database", "store": "store-secret-key", "salt": "AUTH_KEY"}
    return {what: derive.password(master, site, purpose).value for what, purpose in own.items()}
