"""Registry, database and store of a fleet: the bundled ones, or those that platform.yaml names."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.core import platform_objects
from reconciler.core.derive import MasterKey, Secret
from reconciler.core.manifest import Platform
from reconciler.errors import StageFailed, UsageError
from reconciler.shell.context import Context
from reconciler.shell.credentials import read_credentials
from reconciler.shell.database import Database, Server
from reconciler.shell.objectstore import ObjectStore
from reconciler.shell.registry import Registry
from reconciler.shell.sources import Archives
from reconciler.sync.image import NODE_REGISTRY, Images

RegistryLogin = tuple[str, Secret]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Adapters with the addresses by which they are known. `login`: what nodes pull images with."""

    images: Images
    database: Database
    database_address: str
    store: ObjectStore
    store_address: str
    login: RegistryLogin | None = None

    def addresses(self) -> dict[str, str]:
        """Service → its address, without a secret."""
        return {
            "registry": self.images.host,
            "database": self.database_address,
            "store": self.store_address,
        }


def services(context: Context, master: MasterKey, platform: Platform | None) -> Services:
    """Open what `platform` names, and the bundled ones for the rest; nothing is connected yet.

    Raises StageFailed for credentials that cannot be used, UsageError for a bad context.
    """
    images, login = _images(context, platform)
    database, database_address = _database(context, master, platform)
    store, store_address = _store(context, master, platform)
    return Services(
        images=images,
        database=database,
        database_address=database_address,
        store=store,
        store_address=store_address,
        login=login,
    )


def _images(context: Context, platform: Platform | None) -> tuple[Images, RegistryLogin | None]:
    archives = Archives(context.state / "archives")
    outside = platform.registry if platform else None
    if outside is None:
        registry = Registry(f"http://{context.registry}")
        host = context.registry
        return Images(registry, host, NODE_REGISTRY, context.builder, archives), None
    login: RegistryLogin | None = None
    if outside.secrets_file is not None:
        words = ("username", "password")
        user, password = _secrets(context, outside.secrets_file, "registry", words)
        login = (user.value, password)
    scheme = "https" if outside.tls else "http"
    registry = Registry(f"{scheme}://{outside.host}", login, _ca_path(context, outside.ca))
    return Images(registry, outside.host, outside.host, context.builder, archives, login), login


def _database(
    context: Context, master: MasterKey, platform: Platform | None
) -> tuple[Database, str]:
    outside = platform.database if platform else None
    if outside is None:
        host, _, port = context.database.rpartition(":")
        if not port.isdigit():
            raise UsageError("the database's address is not HOST:PORT", where=context.database)
        password = platform_objects.database_root(master)
        return Database(Server(host=host, port=int(port), password=password)), context.database
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
    return Database(server), f"{outside.host}:{outside.port}"


def _store(
    context: Context, master: MasterKey, platform: Platform | None
) -> tuple[ObjectStore, str]:
    outside = platform.store if platform else None
    if outside is None:
        return ObjectStore(context.store, *platform_objects.store_admin(master)), context.store
    words = ("access_key", "secret_key")
    access, secret = _secrets(context, outside.secrets_file, "store", words)
    ca = _ca_path(context, outside.ca)
    return ObjectStore(outside.endpoint, access, secret, outside.region, ca), outside.endpoint


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
