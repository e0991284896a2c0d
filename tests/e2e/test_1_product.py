"""The demo's steps, asserted over HTTP and from the engines; then what must hold once they are done."""

import json
import os
import signal
import time

import pytest
import requests

from demo.engines import docker, inspect, sql, versions
from demo.stage import Stage, wait_until
from demo.steps import FIRST_SITES, SITES, Step, steps

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("step", list(steps()), ids=lambda step: step[1].__name__)
def test_step(stage: Stage, step: Step) -> None:
    heading, action = step
    print(f"{heading}: {action(stage)}")


@pytest.mark.parametrize("site", SITES)
def test_every_site_is_one_hardened_service_pinned_by_digest_on_two_nodes(
    stage: Stage, site: str
) -> None:
    spec = inspect(stage.context.engines[0], "service", f"wpaas_{site}")["Spec"]
    container = spec["TaskTemplate"]["ContainerSpec"]
    assert "@sha256:" in container["Image"]
    assert container["ReadOnly"] is True
    assert spec["TaskTemplate"]["Placement"]["MaxReplicas"] == 1
    assert len(stage.spread(site)) == 2
    for webhead in stage.webheads(site):
        found = inspect(stage.engines[webhead.node], "container", webhead.id)
        assert found["HostConfig"]["ReadonlyRootfs"] is True
        assert found["Config"]["User"] == "33:33"
        status = docker(stage.engines[webhead.node], "exec", webhead.id, "cat", "/proc/self/status")
        fields = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
        assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
        assert fields["NoNewPrivs"] == "1"


REACH = """
foreach (array_slice($argv, 1) as $address) {
    [$host, $port] = explode(':', $address);
    $socket = @fsockopen($host, (int) $port, $code, $text, 2);
    echo $address, ' ', $socket ? 'open' : 'closed', "\\n";
}
"""


def test_a_webhead_reaches_no_node_and_nothing_outside(stage: Stage) -> None:
    webhead = stage.webheads(FIRST_SITES[0])[0]
    nodes = [address for _name, address in stage.context.nodes]
    targets = [f"{node}:{port}" for node in nodes for port in (80, 2375, 2377, 3306, 5000, 8333)]
    targets += ["192.0.2.1:80", "one.one.one.one:443", "registry:5000"]
    answer = docker(
        stage.engines[webhead.node], "exec", webhead.id, "php", "-r", REACH, "--",
        *targets, "database:3306", "store:8333", "egress:3128",
    )  # fmt: skip
    found = dict(line.split() for line in answer.splitlines())
    assert {target: found[target] for target in targets} == dict.fromkeys(targets, "closed")
    assert [found[f"{n}"] for n in ("database:3306", "store:8333", "egress:3128")] == ["open"] * 3


def _writes(stage: Stage) -> dict[str, int]:
    """The database's own count of statements that write."""
    statement = (
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_create_db','Com_create_table',"
        "'Com_create_user','Com_grant','Com_alter_user','Com_drop_db')"
    )
    lines = sql(stage.engines, statement).splitlines()
    return {name: int(value) for name, value in (line.split() for line in lines)}


def test_an_unchanged_commit_writes_nothing(stage: Stage) -> None:
    wait_until("the daemon is idle", lambda: stage.status().get("error") is None, 60)
    engine = stage.context.engines[0]
    before, writes, since = versions(engine), _writes(stage), int(time.time())
    looked = [stage.status()["looked_at"]]

    def three_more_loops() -> bool:
        now = stage.status().get("looked_at")
        if now not in looked:
            looked.append(now)
        return len(looked) > 3

    wait_until("three loops", three_more_loops, 60)
    stage.stop_daemon()
    assert "nothing to do" in stage.wpaas("apply")
    after, until = versions(engine), int(time.time())
    events = docker(
        engine, "events", "--since", str(since), "--until", str(until),
        "--filter", "scope=swarm", "--format", "{{.Type}} {{.Action}} {{.Actor.Attributes.name}}",
    )  # fmt: skip
    stage.start_daemon()
    assert after == before
    assert _writes(stage) == writes
    assert events.strip() == ""


def test_a_second_daemon_is_refused_with_a_clear_message(stage: Stage) -> None:
    wait_until("the daemon holds the lock", stage.daemon_pid, 10)
    wait_until("the daemon looks", lambda: stage.status().get("looked_at"), 30)
    with pytest.raises(AssertionError, match="another reconciler"):
        stage.wpaas("run")


def test_a_killed_daemon_goes_on_where_it_was(stage: Stage) -> None:
    stage.repository.add_site("night-owls", title="Night owls")
    revision = stage.repository.commit("Add the night owls")
    wait_until(
        "work has begun",
        lambda: "night-owls" in (stage.context.state / "daemon.log").read_text(),
        30,
    )
    stage.stop_daemon(signal.SIGKILL)
    stage.start_daemon()
    stage.until_applied(revision, 120)
    stage.until_live("night-owls", 60)


def test_status_and_plan_tell_the_truth_as_json(stage: Stage) -> None:
    wait_until("the daemon is idle", lambda: stage.status().get("error") is None, 60)
    status = json.loads(stage.wpaas("status", "--format", "json"))
    assert set(status["revisions"]) == {"observed", "attempted", "applied", "healthy"}
    for site in status["sites"]:
        assert set(site) == {
            "name",
            "state",
            "replicas",
            "nodes",
            "image",
            "url",
            "error",
            "events_overdue_s",
        }
        assert set(site["nodes"]) == stage.spread(site["name"])
    plan = json.loads(stage.wpaas("plan", "--format", "json"))
    assert plan["operations"] == plan["refused"] == []
    stage.wpaas("plan", "--detailed-exitcode")
    env = json.loads(stage.wpaas("env", "--format", "json"))
    assert {"repository", "branch", "engines", "http", "registry"} <= set(env)


def test_an_unknown_host_is_refused_at_once(stage: Stage) -> None:
    answer = requests.get(stage.http, headers={"Host": "nobody.example"}, timeout=5)
    assert answer.status_code == 421
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_secret_is_in_a_log_a_spec_or_a_command_line(stage: Stage) -> None:
    from reconciler.core import platform_objects
    from reconciler.core.derive import password

    master = stage.context.master()
    secrets = [
        platform_objects.database_root(master).value,
        platform_objects.edge_token(master).value,
        *(one.value for one in platform_objects.store_admin(master)[1:]),
        *(password(master, site, "database").value for site in SITES),
    ]
    texts = [(stage.context.state / name).read_text() for name in ("daemon.log", "journal.jsonl")]
    texts += [json.dumps(inspect(stage.context.engines[0], "service", f"wpaas_{s}")) for s in SITES]
    for process in os.listdir("/proc"):
        if process.isdigit():
            try:
                with open(f"/proc/{process}/cmdline", errors="replace") as file:
                    texts.append(file.read())
            except OSError:
                continue
    for secret in secrets:
        assert not any(secret in text for text in texts)
