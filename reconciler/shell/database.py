"""MariaDB, or a MySQL that understands the same: databases, users, live settings, log-in tokens.

Statements hold names only after `_identifier`; values go through the driver's escaping. Passwords
are sent as the hash that the server keeps (mysql_native_password, which PHP's driver speaks), so
that none is in a query, a log of queries or an error.
"""

import hashlib
import json
import re
from collections.abc import Collection
from datetime import timedelta

from pymysql.cursors import Cursor

from reconciler.core import migration, names
from reconciler.core.derive import Secret
from reconciler.core.model import Live
from reconciler.errors import StageFailed
from reconciler.shell.database_session import Server, rows, session

# The documents of a site (image/lib/rows.php).
ROW_LIVE, ROW_BROUGHT, ROW_NEXT, ROW_JOURNAL = 1, 2, 3, 4

LIVE_TABLE = """CREATE TABLE IF NOT EXISTS {database}.wpaas_live (
  id TINYINT NOT NULL PRIMARY KEY, document LONGTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"""
LOGIN_TABLE = """CREATE TABLE IF NOT EXISTS {database}.wpaas_login (
  token_hash CHAR(64) CHARACTER SET ascii NOT NULL PRIMARY KEY, expires_at DATETIME NOT NULL
) ENGINE=InnoDB"""


class Database:
    """The databases of all sites. Every method opens its own connection, so threads may share it.

    Every method raises StageFailed when the server does not answer or refuses.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def version(self) -> str:
        """What the server says it is, for `doctor`."""
        with session(self._server, "observe") as cursor:
            return str(rows(cursor, "SELECT VERSION()")[0][0])

    def observe(self, sites: Collection[str]) -> tuple[frozenset[str], dict[str, Live]]:
        """Names of the databases that are whole, and site → its live document (sha256, plugins).

        A database is whole when `ensure` ended: its last table is there, and so is its user. Two
        queries, whatever the number of sites. A site without a live document is not in the second.
        """
        if not sites:
            return frozenset(), {}
        by_database = {_identifier(site): site for site in sites}
        with session(self._server, "observe") as cursor:
            found = rows(
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

    def overdue_s(self, sites: Collection[str]) -> dict[str, int]:
        """Site → for how many seconds its first planned event has been due; 0 where none is.

        Two queries, whatever the number of sites. Sites without WordPress's tables are left out.
        """
        by_database = {_identifier(site): site for site in sites}
        with session(self._server, "observe") as cursor:
            found = rows(
                cursor,
                "SELECT table_schema FROM information_schema.tables"
                " WHERE table_schema IN %s AND table_name = 'wp_options'",
                (list(by_database) or [""],),
            )
            due = _first_due(cursor, [schema for (schema,) in found])
        return {by_database[database]: seconds for database, seconds in due.items()}

    def live_digests(self, sites: Collection[str]) -> dict[str, str]:
        """Site → sha256 (hex) of its live document, for those that have one."""
        return {site: live.digest for site, live in self.observe(sites)[1].items()}

    def ensure(self, site: str, password: Secret) -> None:
        """Make the site's database, its one user with rights on that alone, and our two tables.

        Safe to repeat. The password is written only where it differs.
        """
        name = _identifier(site)
        wanted = native_hash(password)
        with session(self._server, "apply") as cursor:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4")
            cursor.execute(
                "CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED WITH mysql_native_password AS %s",
                (name, wanted),
            )
            stored = rows(
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

    def drop_scratch(self, site: str) -> None:
        """Drop the database and the user of a smoke test; gone before is fine. Never a real site's."""
        name = _identifier(site)
        if not re.fullmatch(r"site_[0-9]+smoke", name):
            raise StageFailed("image", f"{site!r} is no scratch site", where="database")
        with session(self._server, "apply") as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
            cursor.execute("DROP USER IF EXISTS %s@'%%'", (name,))

    def write_live(self, site: str, document: str) -> None:
        """Put the live settings: one row, seen by every webhead at its next request.

        With it a migration is over: it is not taken back any more.
        """
        self._write(site, ROW_LIVE, document)
        name = _identifier(site)
        with session(self._server, "apply") as cursor:
            cursor.execute(
                f"DELETE FROM `{name}`.wpaas_live WHERE id IN (%s, %s)",  # noqa: S608
                (ROW_NEXT, ROW_JOURNAL),
            )

    def write_next(self, site: str, document: str) -> None:
        """Put what the site's next install job is to bring its database to."""
        self._write(site, ROW_NEXT, document)

    def _write(self, site: str, row: int, document: str) -> None:
        name = _identifier(site)
        with session(self._server, "apply") as cursor:
            cursor.execute(
                f"INSERT INTO `{name}`.wpaas_live (id, document) VALUES (%s, %s)"  # noqa: S608
                " ON DUPLICATE KEY UPDATE document = VALUES(document)",
                (row, document),
            )

    def add_login(self, site: str, token_hash: str, lifetime: timedelta) -> None:
        """Let the holder of the token with this sha256 (hex) log in once within `lifetime`.

        The server's clock counts, as it does when the token is used. Old tokens are swept.
        """
        name = _identifier(site)
        with session(self._server, "apply") as cursor:
            cursor.execute(f"DELETE FROM `{name}`.wpaas_login WHERE expires_at < UTC_TIMESTAMP()")  # noqa: S608
            cursor.execute(
                f"INSERT INTO `{name}`.wpaas_login (token_hash, expires_at)"  # noqa: S608
                " VALUES (%s, UTC_TIMESTAMP() + INTERVAL %s SECOND)",
                (token_hash, int(lifetime.total_seconds())),
            )


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
        "SELECT '{0}', SHA2(document, 256), JSON_EXTRACT(document, '$.plugins'),"
        " (SELECT document FROM `{0}`.wpaas_live WHERE id = {2}),"
        " (SELECT COUNT(*) FROM `{0}`.wpaas_live WHERE id = {3})"
        " FROM `{0}`.wpaas_live WHERE id = {1}"
    )
    numbers = (ROW_LIVE, ROW_BROUGHT, ROW_JOURNAL)
    query = " UNION ALL ".join(one.format(database, *numbers) for database in sorted(databases))
    return {
        database: Live(
            digest, frozenset(json.loads(plugins or "[]")), migration.brought(brought), bool(opened)
        )
        for database, digest, plugins, brought, opened in rows(cursor, query)
    }


def _first_due(cursor: Cursor, databases: Collection[str]) -> dict[str, int]:
    """Database → seconds. WordPress stores its list sorted, as PHP writes it: `a:5:{i:1796000000;a:…`."""
    if not databases:
        return {}
    one = (
        "SELECT '{0}', GREATEST(0, UNIX_TIMESTAMP() - SUBSTRING_INDEX(SUBSTRING_INDEX(option_value, ';', 1), '{{i:', -1))"
        " FROM `{0}`.wp_options WHERE option_name = 'cron' AND option_value REGEXP '^a:[0-9]+:.i:[0-9]+;'"
    )
    query = " UNION ALL ".join(one.format(database) for database in sorted(databases))
    return {str(database): int(seconds) for database, seconds in rows(cursor, query)}
