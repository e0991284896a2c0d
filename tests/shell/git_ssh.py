"""OpenSSH's own server on 127.0.0.1, with keys made for it: git for the one who has the right key."""

import os
import pwd
import socket
import subprocess
import time
from pathlib import Path

SSHD = "/usr/sbin/sshd"
PRIVILEGE_SEPARATION = Path(
    "/run/sshd"
)  # sshd's own place; missing where it never ran as a service


def key(path: Path) -> str:
    """Make a key pair at `path`; returns the public half, without its comment."""
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
    subprocess.run(argv, check=True)
    return path.with_name(path.name + ".pub").read_text().strip()


class GitOverSsh:
    """Serves any repository of this machine to the holder of `user_key`, and nothing but git."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.user_key, host_key = folder / "user key 100%", folder / "host"
        self._host = key(host_key)
        allowed = 'restrict,command="git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"" ' + key(
            self.user_key
        )
        (folder / "allowed").write_text(f"{allowed}\n")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._log = folder / "log"
        options = {
            "ListenAddress": f"127.0.0.1:{self.port}",
            "HostKey": host_key,
            "AuthorizedKeysFile": folder / "allowed",
            "PidFile": "none",
            "StrictModes": "no",  # the tests' folder may lie below one that others may write to
            "PermitRootLogin": "prohibit-password",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "UsePAM": "no",
        }
        self._argv = [SSHD, "-D", "-e", "-f", os.devnull]
        self._argv += [f"-o{name}={value}" for name, value in options.items()]

    def address(self, repository: Path) -> str:
        """An ssh:// address of it."""
        return f"ssh://{pwd.getpwuid(os.getuid()).pw_name}@127.0.0.1:{self.port}{repository}"

    def known_hosts(self) -> str:
        """The line that names this server's key."""
        return f"[127.0.0.1]:{self.port} {self._host}\n"

    def start(self) -> None:
        """Return once it listens."""
        if os.getuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._argv, stderr=log)
        deadline = time.monotonic() + 10
        while not self._answers():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)
