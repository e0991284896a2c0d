"""A connection to the database server: with or without TLS, bounded in time, its errors in our words."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql.cursors import Cursor

from reconciler.core.derive import Secret
from reconciler.errors import Stage, StageFailed

CONNECT_TIMEOUT_S = 5
# A look that gets no answer holds up everything else of the loop for so long.
LOOK_TIMEOUT_S = 10
QUERY_TIMEOUT_S = 20

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


def rows(cursor: Cursor, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All rows of one query; `values` go through the driver's escaping."""
    cursor.execute(query, values)
    return [tuple(row) for row in cursor.fetchall()]


@contextmanager
def session(server: Server, stage: Stage) -> Iterator[Cursor]:
    """A connection of its own for the body. Raises StageFailed."""
    connection = connect(server, stage)
    try:
        with translated(stage, server), connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def connect(server: Server, stage: Stage) -> Any:
    """An open connection; a look waits shorter than a change. Raises StageFailed."""
    timeout_s = LOOK_TIMEOUT_S if stage == "observe" else QUERY_TIMEOUT_S
    with translated(stage, server):
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
def translated(stage: Stage, server: Server) -> Iterator[None]:
    """The driver's errors as StageFailed, without the statement and its values."""
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
