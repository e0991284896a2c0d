"""Services of one's own, as platform.yaml describes them: what must hold for them to be of use."""

import binascii
import dataclasses
import re
from collections.abc import Iterator, Mapping

from reconciler.core.blob import MAX_DOCUMENT_BYTES, Blob, unreadable
from reconciler.core.document import Document
from reconciler.core.gateway import HEALTH_PORT, Endpoint, store_endpoint
from reconciler.core.manifest import ExternalRegistry, MailRelay, Platform
from reconciler.core.problem import Problem

MAX_PORT = 65_535
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"
)
_LOOPBACK = re.compile(r"(localhost|127\.[0-9.]+)(:[0-9]+)?")
_FULL_NAME = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+")


def problems(
    document: Document, platform: Platform, blobs: Mapping[str, Blob]
) -> Iterator[Problem]:
    """Addresses that cannot work, and certificates that are none."""
    if platform.registry is not None:
        yield from _registry_problems(document, platform.registry)
    yield from _name_problems(document, platform)
    yield from _port_problems(document, platform)
    for kind, path in _certificate_files(platform).items():
        yield from _certificate_problems(document, f"/{kind}/ca_file", path, blobs)


def with_certificates(platform: Platform, blobs: Mapping[str, Blob]) -> Platform:
    """The same, with the text of each `ca_file`. What cannot be read is left out: a problem says so."""
    read = {
        kind: dataclasses.replace(
            getattr(platform, kind), ca=blobs[path].data.decode(errors="replace")
        )
        for kind, path in _certificate_files(platform).items()
        if path in blobs
    }
    return dataclasses.replace(platform, **read)


def _certificate_files(platform: Platform) -> dict[str, str]:
    described = {
        "registry": platform.registry,
        "database": platform.database,
        "store": platform.store,
        "mail": platform.mail,
    }
    return {kind: its.ca_file for kind, its in described.items() if its and its.ca_file}


def _bad_address(document: Document, pointer: str, message: str, fix: str, value: str) -> Problem:
    return document.problem("service-address", pointer, message, fix, value=value)


def _registry_problems(document: Document, registry: ExternalRegistry) -> Iterator[Problem]:
    host, _, port = registry.host.partition(":")
    if "." not in host and not port and host != "localhost":
        message = "an engine takes this for a folder of Docker's own registry"
        fix = f"write the full name, or {host}:443"
        yield _bad_address(document, "/registry/host", message, fix, registry.host)
    if port and not 1 <= int(port) <= MAX_PORT:
        yield _no_port(document, "/registry/host", registry.host)
    if not registry.tls and not _LOOPBACK.fullmatch(registry.host):
        message = "without TLS, whoever is on the way chooses what the nodes run"
        fix = "write tls: true; plain HTTP is for 127.0.0.1 alone"
        yield _bad_address(document, "/registry/tls", message, fix, registry.host)


def _name_problems(document: Document, platform: Platform) -> Iterator[Problem]:
    """Webheads find a server outside by its name, which the gateway bears inside."""
    if platform.database is not None:
        yield from _name_problem(document, "/database/host", platform.database.host)
    if platform.store is not None:
        host = store_endpoint(platform.store.endpoint).host
        yield from _name_problem(document, "/store/endpoint", host)
    if platform.mail is not None:
        yield from _name_problem(document, "/mail/host", platform.mail.host)
        yield from _mail_problems(document, platform.mail)


def _mail_problems(document: Document, mail: MailRelay) -> Iterator[Problem]:
    if mail.tls == "none" and mail.secrets_file is not None:
        message = "without TLS, whoever is on the way reads the password"
        fix = "write tls: starttls or tls: tls, or let the relay take mail without a log-in"
        yield _bad_address(document, "/mail/tls", message, fix, mail.host)


def _name_problem(document: Document, pointer: str, host: str) -> Iterator[Problem]:
    if not _FULL_NAME.fullmatch(host):
        message = "webheads reach it by its full name, and this is none"
        fix = 'write a name with a dot in it, such as "mysql.example"; an address has none'
        yield _bad_address(document, pointer, message, fix, host)


def _port_problems(document: Document, platform: Platform) -> Iterator[Problem]:
    """One port of the gateway leads to one server, since MySQL's server speaks before it is asked."""
    own, kept, mail = platform.database, platform.store, platform.mail
    found = [
        ("database", "/database/port", Endpoint(own.port, own.host) if own else None),
        ("store", "/store/endpoint", store_endpoint(kept.endpoint) if kept else None),
        ("mail", "/mail/port", Endpoint(mail.port, mail.host) if mail else None),
    ]
    taken: dict[int, str] = {}
    for kind, pointer, end in found:
        if end is None:
            continue
        if not 1 <= end.port <= MAX_PORT:
            yield _no_port(document, pointer, str(end.port))
        elif end.port == HEALTH_PORT:
            message = f"port {HEALTH_PORT} is the gateway's own"
            yield _bad_address(document, pointer, message, "take another port", str(end.port))
        if end.port in taken:
            both = f"{taken[end.port]} and {kind}"
            message = f"{both} share port {end.port}, and a port leads to one of them"
            fix = "let one of them listen on another port"
            yield _bad_address(document, pointer, message, fix, str(end.port))
        taken[end.port] = kind


def _no_port(document: Document, pointer: str, value: str) -> Problem:
    fix = f"write one of 1 to {MAX_PORT}"
    return _bad_address(document, pointer, "there is no such port", fix, value)


def _certificate_problems(
    document: Document, pointer: str, path: str, blobs: Mapping[str, Blob]
) -> Iterator[Problem]:
    blob = blobs.get(path)
    if blob is None:
        message = f'there is no file "{path}"'
        fix = "commit the authority's certificate there, or correct the path"
        yield document.problem("certificate-file", pointer, message, fix, value=path)
        return
    problem = unreadable(blob, MAX_DOCUMENT_BYTES)
    if problem is not None:
        yield problem
        return
    text = blob.data.decode(errors="replace")
    if "PRIVATE KEY" in text:
        message = "a private key is in it, and everybody can read this repository"
        fix = "make a new key, keep it out of Git, and commit the certificate alone"
        yield document.problem("secret-in-git", pointer, message, fix, value=path)
    elif not _are_certificates(text):
        message = "the file holds no certificate in PEM form"
        fix = 'it begins with "-----BEGIN CERTIFICATE-----"'
        yield document.problem("certificate-file", pointer, message, fix, value=path)


def _are_certificates(text: str) -> bool:
    bodies = _CERTIFICATE.findall(text)
    try:
        decoded = [binascii.a2b_base64("".join(body.split()), strict_mode=True) for body in bodies]
    except binascii.Error:
        return False
    # An X.509 certificate is a DER sequence with a length of two bytes.
    return bool(decoded) and all(der.startswith(b"\x30\x82") for der in decoded)
