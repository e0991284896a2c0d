"""The environment git runs in: pinned, so that no file of the machine or server changes what it does."""

import os
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.errors import UsageError

_USERINFO = re.compile(r"(?<=://)[^/\s@'\"]+@")

_SSH = (
    "ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
    " -o StrictHostKeyChecking=yes"
)

_HELPER = (
    '!f() { test "$1" = get || return 0; if grep -q ^password= "$WPAAS_GIT_CREDENTIALS";'
    ' then cat "$WPAAS_GIT_CREDENTIALS"; else echo username=x-access-token;'
    ' printf password=; cat "$WPAAS_GIT_CREDENTIALS"; echo; fi; }; f'
)
"""Git asks it at each use. The file's name is in the environment, its content never is."""

_OPTIONS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "fetch.fsckObjects": "true",
    "http.lowSpeedLimit": "1000",  # bytes a second …
    "http.lowSpeedTime": "20",  # … for this many seconds: a server that only drips is given up
    "advice.detachedHead": "false",
}


def environment(url: str, credentials: Path | None, folder: Path) -> dict[str, str]:
    """Return the whole environment of one git call on the clone at `folder`.

    Raises UsageError when others than the owner can read `credentials`, or nobody can.
    """
    options = dict(_OPTIONS)
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "",
        "LC_ALL": "C.UTF-8",
        "GIT_DIR": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_SSH_COMMAND": _SSH,
    }
    for name in ("https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE", "SSH_AUTH_SOCK"):
        if name in os.environ:
            env[name] = os.environ[name]
    if credentials is not None:
        _check_private(credentials)
        at = urlsplit(url)
        if at.scheme in {"http", "https"}:
            # For this server only: a redirect to another host must not be given the token.
            options[f"credential.{at.scheme}://{at.netloc}.helper"] = _HELPER
            env["WPAAS_GIT_CREDENTIALS"] = str(credentials)
        else:
            env["GIT_SSH_COMMAND"] = (
                f"{_SSH} -o IdentitiesOnly=yes -i {shlex.quote(str(credentials))}"
            )
    env["GIT_CONFIG_COUNT"] = str(len(options))
    for number, (key, value) in enumerate(sorted(options.items())):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


def check_address(url: str) -> None:
    """Raise UsageError for an address that git would run as an option, or that holds a password."""
    if not url or url.startswith("-") or "::" in url.split("/", 1)[0]:
        raise UsageError(
            "the repository's address is not one", fix="give a path, or https:// or ssh://"
        )
    at = urlsplit(url) if "://" in url else None
    if at and ((at.scheme in {"http", "https"} and "@" in at.netloc) or at.password is not None):
        raise UsageError(
            f"the address {without_userinfo(url)} holds a user name or password",
            fix="put the token into a file with mode 0600 and name that as the credentials file",
        )


def without_userinfo(text: str) -> str:
    """Strip `user:password@` from every address in `text`."""
    return _USERINFO.sub("", text)


def _check_private(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as e:
        raise UsageError(f"credentials file {path}: {e.strerror}") from e
    if mode & 0o077:
        raise UsageError(f"credentials file {path} can be read by others", fix=f"chmod 600 {path}")
