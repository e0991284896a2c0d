"""MariaDB, or a MySQL that understands the same: databases, users, live settings, log-in tokens.

Statements hold names only after `_identifier`; values go through the driver's escaping. Passwords
are sent as the hash that the server keeps (mysql_native_password, which PHP's driver speaks), so
that none is in a query, a log of queries or an error.
"""

import hashlib
import json
import re
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pymysql
from pymysql.cursors import Cursor

from reconciler.core import names
from reconciler.core.derive import Secret
from reconciler.core.model import Live
from reconciler.errors import Stage, StageFailed

CONNECT_TIMEOUT_S = 5
# A look that gets no answer holds up everything else of the loop for so long.
LOOK_TIMEOUT_S = 10
QUERY_TIMEOUT_S = 20
# A lease whose holder vanished without closing its connection ends after so long.
LEASE_TIMEOUT_S = 60

REASONS = {
    1040: "too many connections",
    1044: "its user may not make databases",
    1045: "the password is not accepted",
    1227: "its user may not make users, or not give them rights",
    1524: "it does not know mysql_native_password",
    2003: "it cannot be reached",
    2006: "it went away",
    2013: "it went away during a query",
    2026: "it speaks no TLS",
    3159: "it takes no connection without TLS",
}
FIXES = {
    1227: "give it ALL PRIVILEGES ON *.* WITH GRANT OPTION",
    1524: "use MariaDB or MySQL 8.0, or start MySQL 8.4 with --mysql-native-password=ON",
    3159: "write tls: true in platform.yaml",
}

LIVE_TABLE = """CREATE TABLE IF NOT EXISTS {database}.wpaas_live (
  id TINYINT NOT NULL PRIMARY KEY, document LONGTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"""
LOGIN_TABLE = """CREATE TABLE IF NOT EXISTS {database}.wpaas_login (
  token_hash CHAR(64) CHARACTER SET ascii NOT NULL PRIMARY KEY, expires_at DATETIME NOT NULL
) ENGINE=InnoDB"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the database is, with a user that may make databases and users.

    `tls`: with a certificate for `host`, signed by the authority `ca` (PEM), or by one that this
    machine trusts.
    """

    host: str
    port: int = 3306
    user: str = "root"
    password: Secret
    tls: bool = False
    ca: str | None = None


class Database:
    """The databases of all sites. Every method opens its own connection, so threads may share it.

    Every method raises StageFailed when the server does not answer or refuses.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def version(self) -> str:
        """What the server says it is, for `doctor`."""
        with _session(self._server, "observe") as cursor:
            return str(_rows(cursor, "SELECT VERSION()")[0][0])

    def observe(self, sites: Collection[str]) -> tuple[frozenset[str], dict[str, Live]]:
        """Names of the databases that are whole, and site → its live document (sha256, plugins).

        A database is whole when `ensure` ended: its last table is there, and so is its user. Two
        queries, whatever the number of sites. A site without a live document is not in the second.
        """
        if not sites:
            return frozenset(), {}
        by_database = {_identifier(site): site for site in sites}
        with _session(self._server, "observe") as cursor:
            found = _rows(
                cursor,
                "SELECT table_schema, table_name FROM information_schema.tables"
                " WHERE table_schema IN %s AND table_name IN ('wpaas_live', 'wpaas_login')"
                " UNION ALL SELECT User, '' FROM mysql.user WHERE User IN %s AND Host = '%%'",
                (list(by_database), list(by_database)),
            )
            with_table = {schema for schema, table in found if table == "wpaas_login"}
            with_user = {user for user, table in found if table == ""}
            found_live = _live(cursor, [schema for schema, table in found if table == "wpaas_live"])
        live = {by_database[database]: document for database, document in found_live.items()}
        return frozenset(with_table & with_user), live

    def live_digests(self, sites: Collection[str]) -> dict[str, str]:
        """Site → sha256 (hex) of its live document, for those that have one."""
        return {site: live.digest for site, live in self.observe(sites)[1].items()}

    def ensure(self, site: str, password: Secret) -> None:
        """Make the site's database, its one user with rights on that alone, and our two tables.

        Safe to repeat. The password is written only where it differs.
        """
        name = _identifier(site)
        wanted = native_hash(password)
        with _session(self._server, "apply") as cursor:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4")
            cursor.execute(
                "CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED WITH mysql_native_password AS %s",
                (name, wanted),
            )
            stored = _rows(
                cursor,
                "SELECT authentication_string FROM mysql.user WHERE User = %s AND Host = '%%'",
                (name,),
            )
            if stored != [(wanted,)]:
                cursor.execute(
                    "ALTER USER %s@'%%' IDENTIFIED WITH mysql_native_password AS %s", (name, wanted)
                )
            # In a GRANT `_` stands for any character: `site_a_b` would open `site_a1b` as well.
            pattern = name.replace("_", r"\_")
            cursor.execute(f"GRANT ALL PRIVILEGES ON `{pattern}`.* TO %s@'%%'", (name,))
            cursor.execute(LIVE_TABLE.format(database=f"`{name}`"))
            cursor.execute(LOGIN_TABLE.format(database=f"`{name}`"))

    def write_live(self, site: str, document: str) -> None:
        """Put the live settings: one row, seen by every webhead at its next request."""
        name = _identifier(site)
        with _session(self._server, "apply") as cursor:
            cursor.execute(
                f"INSERT INTO `{name}`.wpaas_live (id, document) VALUES (1, %s)"  # noqa: S608
                " ON DUPLICATE KEY UPDATE document = VALUES(document)",
                (document,),
            )

    def add_login(self, site: str, token_hash: str, lifetime: timedelta) -> None:
        """Let the holder of the token with this sha256 (hex) log in once within `lifetime`.

        The server's clock counts, as it does when the token is used. Old tokens are swept.
        """
        name = _identifier(site)
        with _session(self._server, "apply") as cursor:
            cursor.execute(f"DELETE FROM `{name}`.wpaas_login WHERE expires_at < UTC_TIMESTAMP()")  # noqa: S608
            cursor.execute(
                f"INSERT INTO `{name}`.wpaas_login (token_hash, expires_at)"  # noqa: S608
                " VALUES (%s, UTC_TIMESTAMP() + INTERVAL %s SECOND)",
                (token_hash, int(lifetime.total_seconds())),
            )


class Lease:
    """A named lock of the server (GET_LOCK), held by one connection: one daemon a fleet."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._connection: Any = None

    def acquire(self) -> bool:
        """True when the lock is ours, now or already. Never waits. Raises StageFailed."""
        if self.held():
            return True
        self.release()
        self._connection = _connect(self._server, "observe")
        with _translated("observe", self._server), self._connection.cursor() as cursor:
            cursor.execute("SET SESSION wait_timeout = %s", (LEASE_TIMEOUT_S,))
            taken = _rows(cursor, "SELECT GET_LOCK(%s, 0)", (self._name,)) == [(1,)]
        if not taken:
            self.release()
        return taken

    def held(self) -> bool:
        """Whether the lock is still ours; asking also keeps it, so ask within LEASE_TIMEOUT_S."""
        if self._connection is None:
            return False
        try:
            with self._connection.cursor() as cursor:
                question = "SELECT IS_USED_LOCK(%s) = CONNECTION_ID()"
                return _rows(cursor, question, (self._name,)) == [(1,)]
        except (pymysql.Error, OSError):
            return False

    def release(self) -> None:
        """Give the lock back. Closing the connection is what frees it, even on a lost network."""
        if self._connection is None:
            return
        try:
            self._connection.close()
        except (pymysql.Error, OSError):
            self._connection.ping  # noqa: B018 - already closed
        finally:
            self._connection = None


def native_hash(password: Secret) -> str:
    """What the server keeps of a password: `*` and the hex SHA-1 of its SHA-1, in upper case.

    https://mariadb.com/kb/en/authentication-plugin-mysql_native_password/
    """
    once = hashlib.sha1(password.value.encode()).digest()  # noqa: S324 - the server's format
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324


def _identifier(site: str) -> str:
    """The site's database name, proven harmless between backticks."""
    name = names.database_name(site)
    if not re.fullmatch(r"[a-z0-9_]{1,64}", name):
        raise StageFailed("apply", f"{site!r} is no site name", where="database")
    return name


def _live(cursor: Cursor, databases: Collection[str]) -> dict[str, Live]:
    if not databases:
        return {}
    one = (
        "SELECT '{0}', SHA2(document, 256), JSON_EXTRACT(document, '$.plugins')"
        " FROM `{0}`.wpaas_live WHERE id = 1"
    )
    query = " UNION ALL ".join(one.format(database) for database in sorted(databases))
    return {
        database: Live(digest, frozenset(json.loads(plugins or "[]")))
        for database, digest, plugins in _rows(cursor, query)
    }


def _rows(cursor: Cursor, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    cursor.execute(query, values)
    return [tuple(row) for row in cursor.fetchall()]


@contextmanager
def _session(server: Server, stage: Stage) -> Iterator[Cursor]:
    connection = _connect(server, stage)
    try:
        with _translated(stage, server), connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _connect(server: Server, stage: Stage) -> Any:
    timeout_s = LOOK_TIMEOUT_S if stage == "observe" else QUERY_TIMEOUT_S
    with _translated(stage, server):
        context = ssl.create_default_context(cadata=server.ca) if server.tls else None
        return pymysql.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password.value,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=timeout_s,
            write_timeout=timeout_s,
            ssl=context,
        )


@contextmanager
def _translated(stage: Stage, server: Server) -> Iterator[None]:
    where = f"database {server.host}:{server.port}"
    try:
        yield
    except pymysql.Error as e:
        # The number says which error it is; the text may quote the statement, values and all.
        code = e.args[0] if e.args and isinstance(e.args[0], int) else 0
        raise StageFailed(stage, _reason(code, e), where=where, fix=FIXES.get(code, "")) from e
    except OSError as e:
        raise StageFailed(stage, f"the connection broke: {type(e).__name__}", where=where) from e


def _reason(code: int, error: pymysql.Error) -> str:
    cause = getattr(error, "original_exception", None)  # PyMySQL's own
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {cause.reason}"
    return REASONS.get(code, f"{type(error).__name__} {code}")
