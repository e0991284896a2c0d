"""WordPress's own look at itself, as an administrator sees it. Behaviour 55."""

import pytest
from lab import Lab

from demo.browser import Visitor, chromium

pytestmark = pytest.mark.e2e
# docs/behaviours.md says why these are no faults. The local cluster has no certificate.
EXPLAINED = {
    "Your website does not use HTTPS",
    "One or more recommended modules are missing",
    "You should use a persistent object cache",
    "Page cache is not detected but the server response time is OK",
}


def test_55_site_health_finds_nothing_that_is_not_explained(lab: Lab) -> None:
    lab.until_live()
    with chromium() as browser:
        admin = Visitor(browser, f"http://{lab.host}")
        admin.log_in(lab.stage.wpaas("site", "login", lab.site).strip())
        admin.open("/wp-admin/site-health.php")
        admin.page.locator(".site-health-progress-wrapper:not(.loading)").wait_for()
        found = {
            kind: admin.page.locator(f"#health-check-issues-{kind} .title").all_text_contents()
            for kind in ("critical", "recommended", "good")
        }
    assert found["critical"] == []
    assert set(found["recommended"]) <= EXPLAINED
    assert "Your site can perform loopback requests" in found["good"]
    assert "The REST API is available" in found["good"]
    assert admin.troubles == []
