"""A shell in one site's webhead, given to an attacker: nothing of another site, no node, no way out.

Two hostile sites on one network, each against the other. Behaviour 56.
"""

import pytest
import requests
from hostile import Hostile, secrets_of
from lab import Lab

from demo.author import picture
from demo.engines import inspect
from demo.stage import Stage, wait_until
from reconciler.core import names

pytestmark = pytest.mark.e2e


def test_56_a_neighbours_database_is_closed(hostile: Hostile) -> None:
    code = """
    $errors = [];
    $tries = ['own' => [$config['database']['user'], $secret['database_password'], $config['database']['name']],
        'own user' => [$config['database']['user'], $secret['database_password'], $facts['database']],
        'own password' => [$facts['database'], $secret['database_password'], $facts['database']],
        'no password' => [$facts['database'], '', $facts['database']],
        'root' => ['root', '', 'mysql'], 'root, own password' => ['root', $secret['database_password'], 'mysql']];
    foreach ($tries as $what => [$user, $password, $name]) {
        $database = mysqli_connect('database', $user, $password, $name);
        $errors[$what] = mysqli_connect_errno();
    }
    $own = mysqli_connect('database', ...$tries['own']);
    $rows = static fn ($sql) => ($r = $own->query($sql)) ? array_column($r->fetch_all(), 0) : $own->errno;
    $seen = ['databases' => $rows('SHOW DATABASES'), 'users' => $rows('SELECT User FROM mysql.user'),
        'posts' => $rows("SELECT post_title FROM {$facts['database']}.wp_posts"),
        'file' => $rows("SELECT LOAD_FILE('/run/secrets/database-root')"),
        'outfile' => $rows("SELECT 1 INTO OUTFILE '/tmp/x'"),
        'others' => $rows('SELECT DISTINCT USER FROM information_schema.PROCESSLIST'),
        'grant' => $rows("GRANT ALL ON {$facts['database']}.* TO CURRENT_USER()"),
        'kill' => $rows('SHUTDOWN')];
    echo json_encode([$errors, $seen]);
    """
    errors, seen = hostile.attack(code)
    own = names.database_name(hostile.lab.site)
    assert errors["own"] == 0
    assert errors["own user"] == 1044
    denied = {"own password", "no password", "root", "root, own password"}
    assert all(errors[what] in (1045, 1698) for what in denied), errors
    assert sorted(seen["databases"]) == ["information_schema", own]
    assert (seen["users"], seen["posts"]) == (1142, 1142)
    assert seen["file"] == [None]
    assert seen["outfile"] in (1045, 1227)
    assert seen["others"] == [own]
    assert all(seen[what] in (1044, 1045, 1142, 1227) for what in ("grant", "kill")), seen


def test_56_a_neighbours_bucket_is_closed(hostile: Hostile) -> None:
    uploaded = hostile.victim.author().upload("theirs.png", picture())
    code = """
    require '/usr/lib/wpaas/configuration.php';
    require '/usr/lib/wpaas/mu-plugin/s3/client.php';
    $client = static fn ($bucket, $key, $password) => new Wpaas\\S3\\Client('http://store:8333', $bucket,
        'us-east-1', $key, $password);
    $own = $client($config['store']['bucket'], $secret['store_access_key'], $secret['store_secret_key']);
    $theirs = $client($facts['bucket'], $secret['store_access_key'], $secret['store_secret_key']);
    $nobody = $client($facts['bucket'], 'ANOTHERACCESSKEY0001', $secret['store_secret_key']);
    file_put_contents('/tmp/evil', 'evil');
    $try = static function (callable $act): string {
        try { $act(); return 'done'; } catch (Wpaas\\S3\\StoreFailed $e) { return 'refused ' . $e->getCode(); }
    };
    $said = ['own' => $try(fn () => $own->put('uploads/own.txt', '/tmp/evil', 'text/plain'))];
    foreach (['theirs' => $theirs, 'nobody' => $nobody] as $who => $one) {
        $said["$who list"] = $try(fn () => $one->list('uploads/', 5));
        $said["$who put"] = $try(fn () => $one->put('uploads/evil.txt', '/tmp/evil', 'text/plain'));
        $said["$who over"] = $try(fn () => $one->put($facts['key'], '/tmp/evil', 'image/png'));
        $said["$who delete"] = $try(fn () => $one->delete($facts['key']));
        $said["$who copy"] = $try(fn () => $one->copy($facts['key'], 'uploads/copy.png'));
        $said["$who private"] = $try(fn () => $one->put('private/evil.txt', '/tmp/evil', 'text/plain'));
    }
    $own->delete('uploads/own.txt');
    $said['listed by anybody'] = ask("http://store:8333/{$facts['bucket']}?list-type=2")[0];
    $said['all buckets'] = ask('http://store:8333/')[0];
    echo json_encode($said);
    """
    path = str(uploaded["source_url"]).partition("/wp-content/uploads/")[2]
    said = hostile.attack(code, key=f"uploads/{path}")
    assert said.pop("own") == "done"
    assert said.pop("listed by anybody") == 403
    assert said.pop("all buckets") == 403
    # The client makes a 500 of each refused copy, since S3 may say so with a 200.
    assert {said.pop(f"{who} copy") for who in ("theirs", "nobody")} == {"refused 500"}
    assert set(said.values()) == {"refused 403"}, said
    shown = hostile.victim.author().get(f"/wp-content/uploads/{path}")
    assert shown.content == picture()


def test_56_a_neighbours_secrets_are_nowhere(hostile: Hostile, stage: Stage) -> None:
    theirs = secrets_of(stage, hostile.victim.site)
    own = secrets_of(stage, hostile.lab.site)
    look = "grep -rlF -f /dev/stdin /etc /run /tmp /usr/lib/wpaas /proc/1/environ /dev/shm 2>/dev/null; true"
    found = hostile.lab.run(hostile.shell, "sh", "-c", look, stdin="\n".join(own.values()))
    assert "/etc/wpaas/secret.json" in found.split()
    assert hostile.lab.run(hostile.shell, "sh", "-c", look, stdin="\n".join(theirs.values())) == ""
    environment = hostile.lab.run(hostile.shell, "env")
    assert not any(value in environment for value in own.values())


def test_56_a_neighbours_webheads_and_the_edge_are_not_to_be_talked_into_anything(
    hostile: Hostile,
) -> None:
    code = """
    $found = gethostbynamel($facts['webheads']) ?: [];
    $said = [];
    foreach ($found as $address) {
        $name = $facts['webheads'];
        $at = [CURLOPT_CONNECT_TO => ["$name:8443:$address:8443"], CURLOPT_SSL_VERIFYPEER => false,
            CURLOPT_SSL_VERIFYHOST => 0, CURLOPT_HTTPHEADER => ["Host: {$facts['host']}",
            'X-Forwarded-For: 203.0.113.5']];
        $said['as itself'][] = ask("https://$name:8443/", $at + PAIR)[0];
        $said['as nobody'][] = ask("https://$name:8443/", $at)[0];
        $said['status'][] = ask("https://$name:8443/-/status", $at + PAIR)[0];
        $said['plain'][] = opens($address, 8080);
        $said['php'][] = opens($address, 9000);
    }
    echo json_encode([count($found), $said]);
    """
    count, said = hostile.attack(code)
    assert count == 2, (
        "the neighbour's webheads are in sight: the test would show nothing otherwise"
    )
    refused = [400, 400]
    assert said == {
        "as itself": refused, "as nobody": refused, "status": refused,
        "plain": [False, False], "php": [False, False],
    }  # fmt: skip


def test_56_a_neighbour_cannot_be_purged(hostile: Hostile) -> None:
    for lab in (hostile.victim, hostile.lab):
        until_stored(lab)
    code = """
    $said = [];
    foreach (gethostbynamel('edge') as $address) {
        $at = [CURLOPT_CONNECT_TO => ["edge:8443:$address:8443"], CURLOPT_SSL_VERIFYPEER => false,
            CURLOPT_SSL_VERIFYHOST => 0, CURLOPT_POST => true, CURLOPT_POSTFIELDS => ''];
        foreach (['site', "{$facts['site']}/site", "site {$facts['site']}/site", 'huge'] as $keys) {
            $header = [CURLOPT_HTTPHEADER => ["Xkey: $keys", "X-Wpaas-Site: {$facts['site']}",
                "Host: {$facts['host']}"]];
            $said[$keys][] = ask('https://edge:8443/purge', $at + $header + PAIR)[0];
            $said["$keys, no certificate"][] = ask('https://edge:8443/purge', $at + $header)[0];
        }
        $said['plainly'][] = ask("http://$address:8080/purge", [CURLOPT_CUSTOMREQUEST => 'PURGE',
            CURLOPT_HTTPHEADER => ['Xkey: site', "X-Wpaas-Site: {$facts['site']}", "Host: {$facts['host']}"]])[0];
    }
    echo json_encode($said);
    """
    said = hostile.attack(code)
    assert all(status == 0 for key, all_ in said.items() if "no cert" in key for status in all_)
    assert all(status not in (200, 204) for status in said["plainly"]), said
    assert stored(hostile.victim)
    # Not because nothing works there: its own pages it does purge.
    own = """
    $said = [];
    foreach (gethostbynamel('edge') as $address) {
        $said[] = ask('https://edge:8443/purge', PAIR + [CURLOPT_CONNECT_TO => ["edge:8443:$address:8443"],
            CURLOPT_SSL_VERIFYPEER => false, CURLOPT_SSL_VERIFYHOST => 0, CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => '', CURLOPT_HTTPHEADER => ['Xkey: site']])[0];
    }
    echo json_encode($said);
    """
    assert set(hostile.attack(own)) == {200}
    assert stored(hostile.victim)
    assert not stored(hostile.lab)


def stored(lab: Lab) -> bool:
    """Whether the front page comes out of an edge's cache."""
    answer = requests.get(lab.stage.http, headers={"Host": lab.host}, timeout=10)
    assert answer.status_code == 200
    return answer.headers.get("X-Cache", "").startswith("hit")


def until_stored(lab: Lab) -> None:
    """Have every edge keep the front page."""
    wait_until("every edge has the page", lambda: all(stored(lab) for _ in range(9)), 30)


def test_56_no_node_no_engine_and_nothing_outside_answers(hostile: Hostile, stage: Stage) -> None:
    engine = stage.context.engines[0]
    network = inspect(engine, "network", names.site_network(hostile.lab.site, 4))
    gateways = [one["Gateway"] for one in network["IPAM"]["Config"] if one.get("Gateway")]
    nodes = [address for _name, address in stage.context.nodes]
    ports = (22, 80, 2020, 2375, 2376, 2377, 3306, 4789, 5000, 7946, 8333, 8443)
    closed = [(host, port) for host in (*nodes, *gateways) for port in ports]
    closed += [("edge", port) for port in (2019, 2020, 5000, 6081, 6082, 8081)]
    closed += [("store", port) for port in (8888, 9333, 18888, 19333)]
    closed += [("registry", 5000), ("192.0.2.1", 80), ("169.254.169.254", 80), ("one.one.one.one", 443)]  # fmt: skip
    opened = [("database", 3306), ("store", 8333), ("egress", 3128), ("edge", 8080), ("edge", 8443)]
    code = """
    $said = [];
    foreach ($facts['ends'] as [$host, $port]) { $said[] = opens($host, $port); }
    $routes = array_map(fn ($line) => preg_split('/\\s+/', trim($line))[1] ?? '', file('/proc/net/route'));
    $sockets = array_filter(['/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock'],
        file_exists(...));
    echo json_encode([$said, in_array('00000000', $routes, true), array_values($sockets),
        gethostbyname('debian.org')]);
    """
    said, default_route, sockets, outside = hostile.attack(code, ends=closed + opened)
    found = [end for end, is_open in zip(closed + opened, said, strict=True) if is_open]
    assert found == opened
    assert (default_route, sockets, outside) == (False, [], "debian.org")
