"""Mail from the cluster to a real SMTP server outside. Behaviour 52."""

from collections.abc import Iterator

import pytest
from lab import Lab

from demo.stage import Stage, wait_until
from tests.smtp_server import SmtpServer, start

pytestmark = pytest.mark.e2e
HOST, DOMAIN = "smtp.lab.test", "mail.lab.test"
RELAY = f"mail: {{host: {HOST}, port: 587, tls: none, from_domain: {DOMAIN}}}\n"
ROLL_S = 240


@pytest.fixture(scope="module")
def relay(stage: Stage, site: Lab) -> Iterator[SmtpServer]:
    """On the nodes' bridge, where Docker's DNS gives its name; named by platform.yaml until the end."""
    del site  # made before, so that its commit is not waited for here
    server = start(f"wpaas-{stage.context.name}-smtp", f"wpaas-{stage.context.name}", HOST)
    platform = (stage.repository.clone / "platform.yaml").read_text(encoding="utf-8")
    try:
        stage.repository.write("platform.yaml", platform + RELAY)
        stage.until_applied(stage.repository.commit("Name a mail relay"), ROLL_S)
        yield server
    finally:
        stage.repository.write("platform.yaml", platform)
        stage.repository.commit("Name no mail relay")
        server.remove()


def test_52_a_reset_mail_reaches_the_relay_from_the_sites_address(
    site: Lab, relay: SmtpServer
) -> None:
    for webhead in site.until_live():
        before = len(relay.mails())
        sent = site.ask(
            webhead, "/wp-login.php?action=lostpassword", "POST", body="user_login=admin"
        )
        assert sent.status == 302
        (mail,) = wait_until("the mail", lambda before=before: relay.mails()[before:], 10)  # type: ignore[misc] # bound at once
        assert mail["envelope_from"] == f"{site.site}@{DOMAIN}"
        assert mail["headers"]["from"] == f"The probe's site <{site.site}@{DOMAIN}>"
        assert "action=rp" in mail["body"]
        assert site.host in mail["body"]
