"""A commit that names a CDN: one zone for each site, after a healthy origin and gone before it."""

import json

import pytest
from maxcdn import MaxCdnDouble

from demo.stage import Stage, wait_until
from demo.steps import FIRST_SITES

pytestmark = pytest.mark.e2e
SITE = "zone-club"


def labels(account: MaxCdnDouble) -> set[str]:
    """Labels of the account's zones."""
    return {str(zone["label"]) for zone in account.zones.values()}


def test_each_site_has_a_zone_while_its_origin_is_up(stage: Stage) -> None:
    repository = stage.repository
    local = (repository.clone / "platform.yaml").read_text()
    credentials = stage.context.state / "maxcdn.json"
    with MaxCdnDouble() as account:
        credentials.touch(mode=0o600)
        credentials.write_text(json.dumps({"key": account.key, "secret": account.secret}))
        named = (
            f"cdn: maxcdn\nmaxcdn:\n  alias: {account.alias}\n  endpoint: {account.endpoint}\n"
            f"  credentials_file: {credentials}\n"
        )
        repository.write("platform.yaml", local.replace("cdn: local\n", named))
        stage.until_applied(repository.commit("A pull CDN"), 60)
        assert {f"wpaas:{site}" for site in FIRST_SITES} <= labels(account)
        repository.add_site(SITE)
        repository.commit("Add the zone club")
        wait_until("the zone is made", lambda: f"wpaas:{SITE}" in labels(account), 60)
        assert stage.is_up(SITE), "a zone was made before its origin was up"
        repository.remove([f"sites/{SITE}.json"])
        removed = repository.commit("The zone club closes")
        wait_until("the zone is gone", lambda: f"wpaas:{SITE}" not in labels(account), 60)
        stage.until_applied(removed, 60)
        made = len(account.calls)
        stage.stop_daemon()
        stage.wpaas("apply")
        assert {call.split()[0] for call in account.calls[made:]} == {"GET"}, "an idle loop wrote"
        stage.start_daemon()
        repository.write("platform.yaml", local)
        stage.until_applied(repository.commit("No CDN again"), 60)
    credentials.unlink()
