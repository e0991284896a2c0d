"""Runs in the container: takes mail on port 587 and prints each as one JSON line.

With /tls/cert.pem there, STARTTLS and a log-in are demanded. Mail to refused@… is not taken.
"""

import asyncio
import json
import os
import ssl
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = os.environ.get("SINK_LOGIN", ":").split(":", 1)


class Sink:
    """Prints what it is given."""

    async def handle_RCPT(  # noqa: N802 - its name there
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address.startswith("refused@"):
            return f"550 no mailbox of {address} here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content)
        told = {
            name.lower(): str(make_header(decode_header(value))) for name, value in mail.items()
        }
        body = mail.get_payload(decode=True)
        text = body.decode(errors="replace") if isinstance(body, bytes) else ""
        print(json.dumps({
            "envelope_from": envelope.mail_from, "to": envelope.rcpt_tos, "headers": told,
            "body": text, "tls": session.ssl is not None,
            "user": getattr(session.auth_data, "login", b"").decode(),
        }))  # fmt: skip
        return "250 kept"


def known(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: object
) -> AuthResult:
    """Whether a log-in is the one that we know."""
    good = isinstance(login, LoginPassword) and (login.login, login.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=good, auth_data=login)


async def main() -> None:
    more: dict[str, Any] = {}
    if os.path.exists("/tls/cert.pem"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain("/tls/cert.pem", "/tls/key.pem")
        more = {
            "tls_context": context,
            "require_starttls": True,
            "authenticator": known,
            "auth_required": True,
        }
    Controller(Sink(), hostname="0.0.0.0", port=587, **more).start()  # noqa: S104 - in a container
    await asyncio.Event().wait()


asyncio.run(main())
