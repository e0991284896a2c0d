"""The environment git runs in: pinned, so that no file of the machine or server changes what it does."""

import os
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.errors import StageFailed, UsageError

_USERINFO = re.compile(r"(?<=://)[^/\s@'\"]+@")

_SSH = (
    "ssh -F none -o BatchMode=yes -o ConnectTimeout=10"
    " -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
    " -o StrictHostKeyChecking=yes -o UpdateHostKeys=no"
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


def environment(
    url: str, credentials: Path | None, trust: Path | None, folder: Path
) -> dict[str, str]:
    """Return the whole environment of one git call on the clone at `folder`.

    Raises StageFailed when others than the owner can read `credentials` or write `trust`, or when
    one of them is not there: it may be away for the moment in which a new one takes its place.
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
    for name in ("https_proxy", "http_proxy", "no_proxy", "SSH_AUTH_SOCK"):
        if name in os.environ:
            env[name] = os.environ[name]
    if "SSL_CERT_FILE" in os.environ:  # git does not know OpenSSL's own word
        env["GIT_SSL_CAINFO"] = os.environ["SSL_CERT_FILE"]
    at = urlsplit(url)
    over_http = at.scheme in {"http", "https"}
    if credentials is not None:
        _check_closed(credentials, "credentials", 0o077)
        if over_http:
            # For this server only: a redirect to another host must not be given the token.
            options[f"credential.{at.scheme}://{at.netloc}.helper"] = _HELPER
            env["WPAAS_GIT_CREDENTIALS"] = str(credentials)
        else:
            option = _ssh_option("IdentityFile", credentials)
            env["GIT_SSH_COMMAND"] += f" -o IdentitiesOnly=yes {option}"
    if trust is not None:
        _check_closed(trust, "trust", 0o022)
        if over_http:
            env["GIT_SSL_CAINFO"] = str(trust)
        else:
            option = _ssh_option("UserKnownHostsFile", trust)
            env["GIT_SSH_COMMAND"] += f" -o GlobalKnownHostsFile=none {option}"
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


def _ssh_option(name: str, path: Path) -> str:
    """One option for a shell's line. In ssh's own words `%` begins a token and a blank a next file."""
    value = str(path).replace("%", "%%")
    return "-o " + shlex.quote(f'{name}="{value}"')


def _check_closed(path: Path, kind: str, forbidden: int) -> None:
    """Raise StageFailed for a file that is not there, or open to others by one of `forbidden` bits."""
    try:
        mode = path.stat().st_mode
    except OSError as e:
        raise StageFailed(
            "fetch",
            f"the {kind} file cannot be read ({e.strerror})",
            where=str(path),
            fix=f"make it, or correct `{kind}` in the context file",
        ) from e
    if mode & forbidden:
        verb, right = ("read", "600") if forbidden & 0o044 else ("changed", "644")
        raise StageFailed(
            "fetch",
            f"the {kind} file can be {verb} by others",
            where=str(path),
            fix=f"chmod {right} {path}",
        )
