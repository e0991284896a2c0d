"""A real SMTP server in a container, and the mail that it got."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.shell.program import must
from tests.authority import Signed

IMAGE = "wpaas/test-smtp:local"
FOLDER = Path(__file__).parent / "smtp"
BUILD_S = 300.0
STEP_S = 60.0


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A running one, as the container `name`."""

    name: str

    def mails(self) -> list[dict[str, Any]]:
        """Everything that it took, oldest first."""
        said = must(["docker", "logs", self.name], stage="cluster", timeout_s=STEP_S)
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]

    def remove(self) -> None:
        """End it."""
        must(["docker", "rm", "--force", self.name], stage="cluster", timeout_s=STEP_S)


def start(
    name: str, network: str, host: str, signed: Signed | None = None, login: str = ""
) -> SmtpServer:
    """Start one that `network` knows as `host`. `signed`: demand STARTTLS and the log-in USER:PASSWORD."""
    build = ["docker", "build", "--quiet", f"--tag={IMAGE}", str(FOLDER)]
    must(build, stage="cluster", timeout_s=BUILD_S)
    tls = []
    if signed is not None:
        tls = [f"--volume={signed.certificate}:/tls/cert.pem:ro", f"--volume={signed.key}:/tls/key.pem:ro",
               f"--env=SINK_LOGIN={login}"]  # fmt: skip
    words = [f"--name={name}", f"--network={network}", f"--network-alias={host}", *tls, IMAGE]
    must(["docker", "run", "--detach", *words], stage="cluster", timeout_s=STEP_S)
    return SmtpServer(name)
