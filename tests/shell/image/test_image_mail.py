"""Mail through a relay: a real SMTP server takes it, over TLS and with a log-in, from the site's own address."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from webheads import Site, Stand, Webhead, eventually

from tests.authority import Authority
from tests.smtp_server import SmtpServer, start

HOST = "smtp.own.test"
SENDER = "mail-club@mail.example"
LOGIN = "sites:secret-of-the-relay"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    folder.chmod(0o755)
    return Authority(folder)


@pytest.fixture(scope="module")
def server(stand: Stand, authority: Authority) -> Iterator[SmtpServer]:
    name = f"{stand.name}-smtp"
    stand.containers.append(name)
    made = start(name, stand.name, HOST, authority.sign(HOST), LOGIN)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def site(stand: Stand, authority: Authority) -> Site:
    """Installed, and with a relay that asks who is there."""
    made = stand.site("mail-club")
    code, log = stand.job(made)
    assert code == 0, log
    stand.live(made, title="Mail & club", locale="en_US", timezone="UTC", theme="twentytwentyfive",
               plugins=[])  # fmt: skip
    made.config["mail"] = {
        "host": HOST, "port": 587, "tls": "starttls", "from": SENDER,
        "ca_file": "/etc/wpaas/mail-ca.pem",
    }  # fmt: skip
    user, password = LOGIN.split(":")
    made.secret |= {"mail_user": user, "mail_password": password}
    authority.certificate.chmod(0o644)
    return made


@pytest.fixture(scope="module")
def webhead(stand: Stand, site: Site, server: SmtpServer, authority: Authority) -> Webhead:
    del server
    made = stand.webhead(site, trusting(authority.certificate))
    made.until_healthy()
    return made


def trusting(certificate: Path) -> str:
    return f"--volume={certificate}:/etc/wpaas/mail-ca.pem:ro"


def send(webhead: Webhead, to: str, headers: str = "") -> bool:
    """Whether WordPress says that the mail was sent."""
    code = f"echo json_encode(wp_mail('{to}', 'Grüße', 'Body ✓', [{headers}]));"
    return bool(json.loads(webhead.php(code).splitlines()[-1]))


def test_a_reset_mail_comes_from_the_sites_own_address(
    server: SmtpServer, webhead: Webhead
) -> None:
    before = len(server.mails())
    sent = {"user_login": "admin", "redirect_to": "", "wp-submit": "Get New Password"}
    answer = webhead.ask("POST", "/wp-login.php?action=lostpassword", data=sent)
    assert answer.status_code == 302
    mail = server.mails()[before]
    assert mail["envelope_from"] == SENDER
    assert mail["headers"]["from"] == f"Mail & club <{SENDER}>"
    assert "wp-login.php?" in mail["body"]
    assert "action=rp" in mail["body"]
    assert mail["tls"]
    assert mail["user"] == "sites"
    assert "x-mailer" not in mail["headers"]
    assert "reply-to" not in mail["headers"]


def test_another_sender_becomes_the_address_for_answers(
    server: SmtpServer, webhead: Webhead
) -> None:
    before = len(server.mails())
    assert send(webhead, "a@b.example", "'From: Ann <ann@elsewhere.example>'")
    assert send(
        webhead, "a@b.example", "'From: other-site@mail.example', 'Reply-To: kim@c.example'"
    )
    first, second = server.mails()[before:]
    assert first["headers"]["from"] == f"Ann <{SENDER}>"
    assert first["headers"]["reply-to"] == "Ann <ann@elsewhere.example>"
    assert second["envelope_from"] == SENDER
    assert second["headers"]["reply-to"] == "kim@c.example"
    assert first["headers"]["subject"] == "Grüße"
    assert first["body"].strip() == "Body ✓"


def test_a_mail_that_is_not_taken_is_one_line_and_no_error(webhead: Webhead) -> None:
    assert not send(webhead, "refused@b.example")
    page = webhead.ask(
        "POST", "/wp-comments-post.php", data={"comment_post_ID": "1", "comment": "x y", "author": "a",
        "email": "refused@b.example"})  # fmt: skip
    assert page.status_code == 302


def test_what_the_relay_says_is_logged_without_addresses(stand: Stand, webhead: Webhead) -> None:
    stand.sql("UPDATE wp_users SET user_email = 'refused@b.example'", "site_mail_club")
    webhead.ask("POST", "/wp-login.php?action=lostpassword", data={"user_login": "admin"})
    stand.sql("UPDATE wp_users SET user_email = 'admin@b.example'", "site_mail_club")

    def told() -> list[str]:
        return [line for line in webhead.logs() if "mail not sent" in line]

    eventually("it is told", 10, lambda: bool(told()))
    assert "no mailbox" in told()[0]
    assert not any("refused@" in line for line in webhead.logs())


def test_a_relay_with_another_certificate_gets_neither_mail_nor_password(
    stand: Stand, site: Site, server: SmtpServer, tmp_path: Path
) -> None:
    before = len(server.mails())
    tmp_path.chmod(0o755)
    other = Authority(tmp_path / "other")
    other.certificate.chmod(0o644)
    (tmp_path / "other").chmod(0o755)
    webhead = stand.webhead(site, trusting(other.certificate))
    webhead.until_healthy()
    assert not send(webhead, "a@b.example")
    assert len(server.mails()) == before


def test_a_relay_that_is_away_costs_seconds(stand: Stand, site: Site, webhead: Webhead) -> None:
    del webhead
    site.config["mail"]["host"] = "nobody.own.test"
    away = stand.webhead(site, "--env=NONE=1")
    site.config["mail"]["host"] = HOST
    away.until_healthy()
    began = time.monotonic()
    answer = away.ask("POST", "/wp-login.php?action=lostpassword", data={"user_login": "admin"})
    assert time.monotonic() - began < 10
    assert answer.status_code == 200
    assert "could not be sent" in answer.text


def test_without_a_relay_nothing_is_sent_and_administrators_are_told(
    stand: Stand, site: Site
) -> None:
    relay = site.config.pop("mail")
    alone = stand.webhead(site)
    site.config["mail"] = relay
    alone.until_healthy()
    assert not send(alone, "a@b.example")
    alone.ask("POST", "/wp-login.php?action=lostpassword", data={"user_login": "admin"})
    assert "names no relay" in "\n".join(alone.logs())
    alone.log_in()
    assert "This site sends no mail" in alone.get("/wp-admin/users.php").text
