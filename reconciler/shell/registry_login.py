"""Logging in to a registry: HTTP Basic, or a token that a server of the registry's choice issues.

Source: the distribution project's "Token Authentication Specification". A token is good for what
its challenge named; it is asked for again whenever the registry says 401.
"""

import re
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from reconciler.core.derive import Secret

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class LoginRefused(Exception):
    """No token; the message names why, and holds no secret."""


class Login(AuthBase):
    """Shows credentials to one registry, and to nobody that it points elsewhere."""

    def __init__(self, registry: str, credentials: tuple[str, Secret] | None) -> None:
        self._origin = _origin(registry)
        user, password = credentials or ("", Secret(""))
        self._basic = HTTPBasicAuth(user, password.value) if credentials else None
        self._token: Secret | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add what the registry wants to see; requests calls this."""
        if _origin(request.url or "") != self._origin:
            return request  # an upload may be sent to another server, by a signed address
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token.value}"
            return request
        return request if self._basic is None else self._basic(request)

    def renew(
        self, session: requests.Session, answer: requests.Response, timeout: tuple[float, float]
    ) -> bool:
        """Whether a 401 led to a new token, so that the request is worth sending again.

        Raises LoginRefused, or what requests raises.
        """
        challenge = answer.headers.get("WWW-Authenticate", "")
        if answer.status_code != HTTPStatus.UNAUTHORIZED or challenge[:7].lower() != "bearer ":
            return False
        words = dict(_PARAMETER.findall(challenge))
        realm = words.get("realm", "")
        scheme, host, _ = _origin(realm)
        if scheme != "https" and (self._origin[0] == "https" or host != self._origin[1]):
            raise LoginRefused("its token server has no https address")
        asked = [("service", words.get("service", ""))]
        asked += [("scope", scope) for scope in words.get("scope", "").split() if scope]
        given = session.get(realm, params=asked, auth=self._basic or _Nobody(), timeout=timeout)
        if not given.ok:
            raise LoginRefused(f"its token server answers {given.status_code}")
        try:
            document = given.json()
            self._token = Secret(str(document.get("token") or document["access_token"]))
        except (ValueError, LookupError, AttributeError):
            raise LoginRefused("its token server gives no token") from None
        return True


class _Nobody(AuthBase):
    """No credentials; without it, requests takes the session's."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)
