"""A person at a browser: headless Chromium that asks nobody but the sites for an address."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    sync_playwright,
)

BROWSERS = ("chromium", "google-chrome")  # Debian's, or what a rented CI machine brings along
FLAGS = (
    "--headless",
    "--no-sandbox",  # it does not start as root otherwise; it opens our own sites only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Other names do not exist for it: a look-up that hangs would hold a page up.
    "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND",
)
DEADLINE_MS = 60_000
FIRST_BAD_STATUS = 400
# Chromium drops what it is loading when a network of the machine comes or goes, as each container's
# does. That is the machine's doing, not the site's: the page is opened again, a few times.
INTERRUPTED = "net::ERR_NETWORK_CHANGED"
OPENINGS = 5


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium, ended with the body. Raises playwright's Error where it does not start."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, BROWSERS)), BROWSERS[0]),
            args=list(FLAGS),
            timeout=DEADLINE_MS,
        )
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One person's window, with cookies of its own; notes what went wrong at `address`.

    `troubles` holds failed loads, console errors and script errors of the site itself, `foreign`
    the addresses elsewhere that its pages asked for. Every wait ends after `DEADLINE_MS`, with
    playwright's TimeoutError.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address.rstrip("/")
        self.troubles: list[str] = []
        self.foreign: set[str] = set()
        self._interrupted = False
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(DEADLINE_MS)
        context.on("request", lambda request: self._asked(request.url))
        context.on("response", self._answered)
        context.on("requestfailed", self._failed)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.troubles.append(f"script: {error.error}"))
        self.page: Page = context.new_page()

    def _ours(self, url: str) -> bool:
        # A blob or data address is the page's own.
        return not urlsplit(url).netloc or url.startswith(self.address + "/")

    def _asked(self, url: str) -> None:
        if not self._ours(url):
            self.foreign.add(url)

    def _answered(self, answer: Response) -> None:
        if self._ours(answer.url) and answer.status >= FIRST_BAD_STATUS:
            self.troubles.append(f"{answer.status}: {answer.url}")

    def _failed(self, request: Request) -> None:
        self._interrupted = self._interrupted or request.failure == INTERRUPTED

    def _said(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and self._ours(url) and INTERRUPTED not in message.text:
            self.troubles.append(f"console: {message.text} ({url})")

    def open(self, path: str) -> None:
        """A page of the site, with everything that it loads. Raises playwright's Error."""
        for opening in range(1, OPENINGS + 1):
            self._interrupted, known = False, len(self.troubles)
            try:
                self.page.goto(self.address + path, wait_until="load")
            except Error as e:
                if INTERRUPTED not in e.message or opening == OPENINGS:
                    raise
                self._interrupted = True
            if not self._interrupted:
                return
            del self.troubles[known:]  # scripts that miss a part of theirs complain
        raise Error(f"{path}: the machine's network changed during {OPENINGS} openings")

    def log_in(self, link: str) -> None:
        """Follow a link of `wpaas site login` into the admin. It works once: it is not opened again."""
        self._interrupted, known = False, len(self.troubles)
        try:
            self.page.goto(link, wait_until="load")
        except Error as e:
            if INTERRUPTED not in e.message:
                raise
            self._interrupted = True
        if self._interrupted:
            del self.troubles[known:]
        self.open("/wp-admin/")
        self.page.locator("#wpadminbar").wait_for()

    def publish(self, title: str, text: str, name: str, picture: bytes) -> str:
        """Write a post with an uploaded PNG in the block editor; returns the post's address."""
        page = self.page
        self.open("/wp-admin/post-new.php")
        # The welcome comes once per person, and its picture is on another server.
        page.wait_for_function("window.wp?.data?.select('core/editor')?.getCurrentPostId()")
        welcome = page.get_by_role("dialog")
        page.evaluate(
            "wp.data.dispatch('core/preferences').set('core/edit-post', 'welcomeGuide', false)"
        )
        welcome.wait_for(state="detached")
        canvas = page.frame_locator("iframe[name=editor-canvas]")
        canvas.get_by_role("textbox", name="Add title").fill(title)
        page.keyboard.press("Enter")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        page.keyboard.type("/image")
        page.get_by_role("option", name="Image", exact=True).click()
        block = canvas.locator("[data-type='core/image']")
        block.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": picture}
        )
        # While it uploads, the picture is a blob of the page.
        block.locator(f"img[src^='{self.address}/']").wait_for()
        top = page.get_by_role("region", name="Editor top bar")
        top.get_by_role("button", name="Publish", exact=True).click()
        panel = page.get_by_role("region", name="Editor publish")
        panel.get_by_role("button", name="Publish", exact=True).click()
        link = panel.get_by_role("link", name="View Post").first
        link.wait_for()
        return str(link.get_attribute("href"))

    def pictures(self) -> dict[str, int]:
        """Address → natural width in pixels of every picture of the page's text; 0 is a broken one."""
        found = self.page.locator(".entry-content img")
        found.first.wait_for()
        widths: dict[str, int] = found.evaluate_all(
            "images => Promise.all(images.map(async image => { await image.decode().catch(() => 0);"
            " return [image.currentSrc, image.naturalWidth]; })).then(Object.fromEntries)"
        )
        return widths
