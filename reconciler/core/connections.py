"""How many connections the bundled database has to take from a fleet."""

# PHP's children of one webhead (6) and its one health child, each with one connection.
CONNECTIONS_PER_WEBHEAD = 7
SPARE_CONNECTIONS = 50
MIN_CONNECTIONS = 256


def max_connections(webheads: int) -> int:
    """MariaDB's limit for a fleet of `webheads` containers, rolling updates (x2) included.

    A power of two, so that the database is started again a few times in a fleet's life and not
    with each new site. MariaDB's own default (151) is spent by 21 webheads.
    """
    wanted = 2 * webheads * CONNECTIONS_PER_WEBHEAD + SPARE_CONNECTIONS
    limit = MIN_CONNECTIONS
    while limit < wanted:
        limit *= 2
    return limit
