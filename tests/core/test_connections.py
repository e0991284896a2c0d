"""The database's limit of connections: enough for every webhead twice, and not much more."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.connections import SPARE_CONNECTIONS, max_connections


@given(st.integers(min_value=0, max_value=5_000))
def test_connections_suffice_for_a_rolling_update_of_all(webheads: int) -> None:
    limit = max_connections(webheads)
    assert limit >= 14 * webheads + SPARE_CONNECTIONS
    assert limit <= 2 * max(256, 14 * webheads + SPARE_CONNECTIONS)
