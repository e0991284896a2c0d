"""Registry, database and store of a fleet: the bundled ones, or those that platform.yaml names."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from reconciler.core import platform_objects
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled
from reconciler.core.derive import MasterKey, Secret
from reconciler.core.manifest import Platform
from reconciler.core.shared import broken, read_platform
from reconciler.errors import StageFailed, UsageError
from reconciler.shell.archive_store import Bucket
from reconciler.shell.context import Context
from reconciler.shell.credentials import read_credentials
from reconciler.shell.database import Database
from reconciler.shell.database_session import Server
from reconciler.shell.git import Source
from reconciler.shell.journal import read_report
from reconciler.shell.objectstore import ObjectStore
from reconciler.shell.registry import Registry
from reconciler.shell.schemas import load_schemas
from reconciler.shell.signing import read_keys
from reconciler.shell.sources import archives_of
from reconciler.sync.image import NODE_REGISTRY, Images


class Readable(Protocol):
    """What of a fleet's source is at hand without a look at its server."""

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `new` builds on `old`."""

    def blobs(self, sha: str) -> Mapping[str, Blob]:
        """The files of a revision."""


RegistryLogin = tuple[str, Secret]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Their adapters. `login`: what nodes pull images with."""

    images: Images
    database: Database
    store: ObjectStore
    login: RegistryLogin | None = None


def addresses(context: Context, platform: Platform | None) -> dict[str, str]:
    """Service → the address by which it is reached from here; needs no key and holds no secret."""
    registry, database, store = (
        (platform.registry, platform.database, platform.store) if platform else (None, None, None)
    )
    return {
        "registry": registry.host if registry else context.registry,
        "database": f"{database.host}:{database.port}" if database else context.database,
        "store": store.endpoint if store else context.store,
    }


def last_platform(source: Readable, state: Path) -> Platform | None:
    """platform.yaml of the commit last attempted, from the clone; None where there is none.

    Nothing is fetched.
    """
    sha = (read_report(state).get("revisions") or {}).get("attempted") or ""
    if not sha or not source.is_ancestor(sha, sha):  # whether it is at hand
        return None
    platform, problems = read_platform(source.blobs(sha), load_schemas())
    return None if broken(problems) else platform


def repository(context: Context) -> Source:
    """The fleet's repository, with its clone in the state folder."""
    clone = context.state / "clone.git"
    return Source(context.repository, context.branch, clone, context.credentials, context.trust)


def services(context: Context, master: MasterKey, platform: Platform | None) -> Services:
    """Open what `platform` names, and the bundled ones for the rest; nothing is connected yet.

    Raises StageFailed for credentials that cannot be used, UsageError for a bad context.
    """
    store = _store(context, master, platform)
    images, login = _images(context, platform, store)
    return Services(
        images=images,
        database=_database(context, master, platform),
        store=store,
        login=login,
    )


def with_mail_login(context: Context, compiled: Compiled) -> Compiled:
    """The same, with what webheads show the mail relay. Raises StageFailed where it cannot be read."""
    platform = compiled.platform
    mail = None if platform is None or compiled.shared_broken else platform.mail
    if platform is None or mail is None or mail.secrets_file is None:
        return compiled
    words = ("username", "password")
    user, password = _secrets(context, mail.secrets_file, "mail relay", words)
    opened = replace(platform, mail=replace(mail, login=(user, password)))
    return replace(compiled, platform=opened)


def _images(
    context: Context, platform: Platform | None, store: ObjectStore
) -> tuple[Images, RegistryLogin | None]:
    archives = archives_of(context, Bucket(store))
    keys = read_keys(context.signing_key, context.verify_key)
    outside = platform.registry if platform else None
    if outside is None:
        registry = Registry(f"http://{context.registry}")
        host = context.registry
        return Images(registry, host, NODE_REGISTRY, context.builder, archives, keys), None
    login: RegistryLogin | None = None
    if outside.secrets_file is not None:
        words = ("username", "password")
        user, password = _secrets(context, outside.secrets_file, "registry", words)
        login = (user.value, password)
    scheme = "https" if outside.tls else "http"
    registry = Registry(f"{scheme}://{outside.host}", login, _ca_path(context, outside.ca))
    host = outside.host
    return Images(registry, host, host, context.builder, archives, keys), login


def _database(context: Context, master: MasterKey, platform: Platform | None) -> Database:
    outside = platform.database if platform else None
    if outside is None:
        host, _, port = context.database.rpartition(":")
        if not port.isdigit():
            raise UsageError("the database's address is not HOST:PORT", where=context.database)
        password = platform_objects.database_root(master)
        return Database(Server(host=host, port=int(port), password=password))
    words = ("username", "password")
    user, password = _secrets(context, outside.secrets_file, "database", words)
    server = Server(
        host=outside.host,
        port=outside.port,
        user=user.value,
        password=password,
        tls=outside.tls,
        ca=outside.ca,
    )
    return Database(server)


def _store(context: Context, master: MasterKey, platform: Platform | None) -> ObjectStore:
    outside = platform.store if platform else None
    if outside is None:
        return ObjectStore(context.store, *platform_objects.store_admin(master))
    words = ("access_key", "secret_key")
    access, secret = _secrets(context, outside.secrets_file, "store", words)
    ca = _ca_path(context, outside.ca)
    return ObjectStore(outside.endpoint, access, secret, outside.region, ca)


def _secrets(context: Context, file: str, service: str, words: Sequence[str]) -> tuple[Secret, ...]:
    return read_credentials(context.state / file, service, words)


def _ca_path(context: Context, pem: str | None) -> Path | None:
    """The authority as a file: requests takes nothing else. Its name follows its content."""
    if pem is None:
        return None
    path = context.state / f"ca-{hashlib.sha256(pem.encode()).hexdigest()[:12]}.pem"
    partial = path.with_suffix(".partial")
    try:
        partial.write_text(pem, encoding="utf-8")
        partial.replace(path)
    except OSError as e:
        raise StageFailed("compile", f"cannot write ({e.strerror})", where=str(path)) from e
    return path
