"""Outgoing connections: to the site's own services, and through the proxy to what was granted. Behaviour 56."""

import ipaddress
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hostile import Hostile, granted
from lab import Lab

from demo.author import Author, picture
from demo.engines import docker

pytestmark = pytest.mark.e2e


def test_56_only_its_own_granted_hosts_are_asked_through_the_proxy(hostile: Hostile) -> None:
    own = granted(hostile.lab.site)
    code = """
    $me = "{$config['site']}:{$secret['egress_password']}";
    $through = static function (string $host, string $who): array {
        $options = [CURLOPT_PROXY => 'http://egress:3128', CURLOPT_PROXYAUTH => CURLAUTH_BASIC]
            + ($who === '' ? [] : [CURLOPT_PROXYUSERPWD => $who]);
        return [ask("http://$host/only?mine", $options)[0],
            curl_getinfo_connect("https://$host/", $options)];
    };
    function curl_getinfo_connect(string $url, array $options): int
    {
        $c = curl_init($url);
        curl_setopt_array($c, $options + [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10]);
        curl_exec($c);
        return curl_getinfo($c, CURLINFO_HTTP_CONNECTCODE);
    }
    echo json_encode(['own' => $through($facts['own'], $me), 'theirs' => $through($facts['granted'], $me),
        'other' => $through('example.com', $me), 'inside' => $through('database', $me),
        'nobody' => $through($facts['own'], ''),
        'as them' => $through($facts['granted'], "{$facts['site']}:{$secret['egress_password']}")]);
    """
    said = hostile.attack(code, own=own)
    assert said.pop("own") == [503, 503], "granted: its look-up fails, since nobody bears the name"
    assert said == {
        "theirs": [403, 403], "other": [403, 403], "inside": [403, 403],
        "nobody": [407, 407], "as them": [407, 407],
    }  # fmt: skip
    # WordPress itself shows its site's password.
    page = hostile.lab.ask(hostile.shell, f"/?out={own}")
    assert "got 503" in page.text, page.text[-300:]
    assert "got 403" in hostile.lab.ask(hostile.shell, "/?out=example.org").text
    lines = list(asked(hostile.lab))
    seen = {(line["site"], line["host"], line["status"]) for line in lines}
    assert {(hostile.lab.site, own, "503"), (hostile.lab.site, "example.com", "403")} <= seen
    assert "mine" not in json.dumps(lines)


def asked(lab: Lab) -> Iterator[dict[str, str]]:
    """What the proxies say a site has asked for."""
    for engine in lab.stage.engines.values():
        for container in docker(engine, "ps", "-q", "--filter", "name=wpaas-egress").split():
            for line in docker(engine, "logs", container).splitlines():
                said = json.loads(line)
                if said["site"] == lab.site:
                    yield said


def test_56_a_days_work_opens_no_other_connection(lab: Lab) -> None:
    author = lab.author()
    watch = """
    $seen = [];
    $end = microtime(true) + 12;
    while (microtime(true) < $end) {
        foreach (['/proc/net/tcp', '/proc/net/tcp6'] as $file) {
            foreach (array_slice(file($file), 1) as $line) {
                [, $local, $remote, $state] = preg_split('/\\s+/', trim($line));
                if ($state !== '0A') { $seen["$local $remote"] = true; }
            }
        }
        usleep(20000);
    }
    $names = [];
    foreach (['database', 'store', 'edge', 'egress'] as $name) { $names[$name] = gethostbynamel($name) ?: []; }
    echo json_encode([array_keys($seen), $names]);
    """
    watched = [(one, "<?php " + watch) for one in lab.until_live()[:2]]
    with ThreadPoolExecutor(2) as pool:
        said = [pool.submit(lab.run, one, "php", stdin=script) for one, script in watched]
        work(author)
    for future in said:
        connections, known = json.loads(future.result())
        allowed = {address for addresses in known.values() for address in addresses}
        ends = [pair.split() for pair in connections]
        # Those to 8080 and 8443 come in.
        others = {address_of(to) for own, to in ends if own.rpartition(":")[2] not in INCOMING}
        assert others & allowed, "nothing was seen"
        assert others <= {*allowed, "127.0.0.1"}, others - allowed


INCOMING = {f"{port:04X}" for port in (8080, 8443)}


def work(author: Author) -> None:
    """What an author and an administrator look at."""
    author.publish("Work", "A day's work")
    author.upload("work.png", picture())
    for path in ("/", "/feed/", "/wp-admin/", "/wp-admin/site-health.php", "/wp-admin/plugins.php",
                 "/wp-admin/update-core.php", "/wp-admin/themes.php", "/?s=work"):  # fmt: skip
        author.get(path)


def address_of(end: str) -> str:
    """The address of /proc/net/tcp's HEX:PORT, in the order of this machine's bytes."""
    text = end.partition(":")[0]
    words = [bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8)]
    found = ipaddress.ip_address(b"".join(words))
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
