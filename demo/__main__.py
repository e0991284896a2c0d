"""`make demo` and `make demo-down`: from nothing to a running fleet, a line for each step with its time."""

import argparse
import json
import subprocess
import sys
import time

from demo.stage import ROOT, Stage, cluster_command
from demo.steps import SITE_DEADLINE_S, SITES, steps
from reconciler.errors import WpaasError

NAME = "demo"
STATE = ROOT / ".wpaas" / NAME


def up(port: int) -> int:
    """Show the product; leaves it running."""
    began = time.monotonic()
    _stop()
    _line("a local three-node Swarm", lambda: _cluster_up(port))
    stage = Stage(STATE / "context.json")
    _line(
        "a Git repository from sites/, the allowlist and platform.yaml",
        lambda: (
            f"{stage.repository.begin(ROOT, port)[:12]} in {stage.repository.bare.relative_to(ROOT)}"
        ),
    )
    _line("the daemon follows it", lambda: f"process {stage.start_daemon()}")
    for number, (heading, action) in enumerate(steps(), 1):
        _line(f"{number}. {heading}", lambda action=action: action(stage))
    for site in SITES:  # the node that came back may still be taking webheads over
        stage.until_live(site, SITE_DEADLINE_S)
    _closing(stage, time.monotonic() - began)
    return 0


def _cluster_up(port: int) -> str:
    """Its progress goes to the terminal as it comes: a first run builds images for a minute or two."""
    argv = [sys.executable, "-m", "reconciler", "cluster", "up"]
    argv += ["--name", NAME, "--port", str(port)]
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own program
    assert done.returncode == 0, "the cluster is not up; why stands above"
    return done.stdout.strip().splitlines()[-1]


def down() -> int:
    """Stop the daemon and remove the cluster."""
    _stop()
    print(cluster_command("down", "--name", NAME), end="")
    return 0


def _stop() -> None:
    if (STATE / "context.json").is_file():
        Stage(STATE / "context.json").stop_daemon()


def _line(heading: str, action: "object") -> None:
    print(f"{heading} …", flush=True)
    began = time.monotonic()
    seen = action()  # type: ignore[operator] # a function without arguments
    print(f"    {time.monotonic() - began:6.1f} s  {seen}", flush=True)


def _closing(stage: Stage, seconds: float) -> None:
    found = json.loads(stage.wpaas("status", "--format", "json", codes=(0, 1)))
    print(f"\n{'SITE':14}{'WEBHEADS ON':26}URL")
    for site in found["sites"]:
        print(f"{site['name']:14}{' '.join(site['nodes']):26}{site['url']}")
    print(f"""
{seconds:.0f} s in all. Everything keeps running.
  log in       .venv/bin/wpaas site login chess-club
  go on        .venv/bin/wpaas status    .venv/bin/wpaas plan    .venv/bin/wpaas --help
  repository   edit and commit in {stage.repository.clone.relative_to(ROOT)}, then `git push origin HEAD:main`
  daemon       {(stage.context.state / "daemon.log").relative_to(ROOT)}
  clean up     make demo-down""")


def main() -> int:
    """Run one of both; a failure names what was waited for."""
    arguments = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    arguments.add_argument("action", choices=("up", "down"))
    arguments.add_argument("--port", type=int, default=8080)
    chosen = arguments.parse_args()
    try:
        return up(chosen.port) if chosen.action == "up" else down()
    except (AssertionError, WpaasError) as e:
        print(f"demo: {e}\n  the daemon's log: {STATE / 'daemon.log'}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "demo: interrupted; `make demo` starts again, `make demo-down` cleans up",
            file=sys.stderr,
        )
        return 130


if __name__ == "__main__":
    sys.exit(main())
