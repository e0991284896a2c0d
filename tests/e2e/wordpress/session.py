"""An author's whole session in a browser, step by step; each step sees for itself that it held."""

from typing import Any

from lab import word
from playwright.sync_api import Page, expect

from demo.author import picture
from demo.browser import Visitor

EDITOR = "window.wp?.data?.select('core/editor')?.getCurrentPostId()"
FETCH = """async ([path, method, data]) => {
    try { return [await wp.apiFetch({path, method, data}), null]; }
    catch (error) { return [null, `${error.code} ${error.message} ${error.data?.status}`]; }
}"""
SOON = "2031-05-06T07:08:09"


class Session:
    """An author and a visitor of one site, each in a window of their own."""

    def __init__(self, author: Visitor, visitor: Visitor) -> None:
        self.author = author
        self.visitor = visitor
        self.page: Page = author.page
        self.word = word()
        self.post: dict[str, Any] = {}
        self.media: dict[str, Any] = {}

    def _submit(self, path: str, fields: dict[str, str], button: str, sign: str) -> None:
        """Open a form of the admin, fill it in, send it, and wait for a sign that it was taken."""
        self.author.open(path)
        for selector, text in fields.items():
            field = self.page.locator(selector)
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(text)
            else:
                field.fill(text)
        self.page.locator(button).click()
        said = self.page.locator(f"{sign}, .notice-error, .error, #error-page").first
        said.wait_for()
        assert self.page.locator(sign).count(), f"{path}: {said.text_content()}"

    def rest(self, path: str, method: str = "GET", **data: Any) -> Any:
        """What the editor's own client gets for a call, from a page of the admin."""
        if not self.page.evaluate("!!window.wp?.apiFetch"):
            self.author.open("/wp-admin/post-new.php")
            self.page.wait_for_function(EDITOR)
        answer, error = self.page.evaluate(FETCH, [path, method, data or None])
        assert error is None, f"{method} {path}: {error}"
        return answer

    def seen(self, path: str, text: str) -> None:
        """The visitor sees it, within the time that a purge may take."""
        self.visitor.open(path)
        for _ in range(20):
            if self.visitor.page.get_by_text(text).count():
                return
            self.visitor.page.wait_for_timeout(100)
            self.visitor.open(path)
        raise AssertionError(f"the visitor does not see {text} on {path}")

    def term(self, kind: str, number: int) -> None:
        """A category or a tag, by its form."""
        name = f"{kind} {number} {self.word}"
        self._submit(
            f"/wp-admin/edit-tags.php?taxonomy={kind}",
            {"#tag-name": name},
            "#submit",
            f"#the-list .row-title:text-is('{name}')",
        )

    def quick_draft(self) -> None:
        """From the dashboard."""
        self.author.open("/wp-admin/index.php")
        self.page.locator("#quick-press #title").fill(f"Draft {self.word}")
        self.page.locator("#quick-press #content").fill("Later.")
        self.page.locator("#save-post").click()
        self.page.locator(f"#dashboard_quick_press :text('Draft {self.word}')").first.wait_for()

    def write(self) -> None:
        """A post with a picture in the block editor."""
        self.author.publish(f"Post {self.word}", "A text.", "step.png", picture(640, 400))
        found = self.rest(f"/wp/v2/posts?search={self.word}&context=edit")
        self.post = found[0]
        assert self.post["title"]["raw"] == f"Post {self.word}"

    def comment(self) -> None:
        """The visitor writes a comment, which waits for approval."""
        self.visitor.open(self.path)
        page = self.visitor.page
        page.locator("#comment").fill(f"Well said {self.word}")
        page.locator("#author").fill("Vera")
        page.locator("#email").fill(f"{self.word}-vera@example.org")
        page.locator("#submit").click()
        page.get_by_text("awaiting moderation").first.wait_for()

    def approve(self) -> None:
        """In the list of comments."""
        self.author.open("/wp-admin/edit-comments.php?comment_status=moderated")
        row = self.page.locator("#the-comment-list tr", has_text=self.word).first
        row.hover()
        row.locator(".approve a").click()
        row.wait_for(state="hidden")

    def reply(self) -> None:
        """An answer to the comment, by the editor's client."""
        comment = self.rest(f"/wp/v2/comments?post={self.post['id']}")[0]
        made = self.rest(
            "/wp/v2/comments",
            "POST",
            post=self.post["id"],
            parent=comment["id"],
            content=f"Thank you {self.word}",
        )
        assert made["status"] == "approved"

    def retitle(self) -> None:
        """The post's title, changed in the editor and saved there."""
        self.author.open(f"/wp-admin/post.php?post={self.post['id']}&action=edit")
        self.page.wait_for_function(EDITOR)
        saved = self.page.evaluate(
            "async title => { wp.data.dispatch('core/editor').editPost({title});"
            " await wp.data.dispatch('core/editor').savePost();"
            " return wp.data.select('core/editor').didPostSaveRequestSucceed(); }",
            f"Better {self.word}",
        )
        assert saved

    @property
    def path(self) -> str:
        """The post's address on the site."""
        return "/" + str(self.post["link"]).split("/", 3)[3]

    def schedule(self) -> None:
        """A post for later, which no visitor sees yet."""
        made = self.rest(
            "/wp/v2/posts", "POST", title=f"Later {self.word}", date=SOON, status="publish"
        )
        assert made["status"] == "future"

    def upload(self) -> None:
        """A picture, by the media library's own page."""
        self.author.open("/wp-admin/media-new.php?browser-uploader")
        file = {"name": f"{self.word}.png", "mimeType": "image/png", "buffer": picture(900, 600)}
        self.page.locator("#async-upload").set_input_files(file)  # type: ignore[arg-type] # a payload
        self.page.locator("#html-upload").click()
        self.page.wait_for_url("**/upload.php*")
        self.media = self.rest(f"/wp/v2/media?search={self.word}")[0]

    def rotate(self) -> None:
        """A quarter turn: the stored picture is another file, and higher than wide."""
        self._edit_picture({"type": "rotate", "args": {"angle": 90}})
        assert self.media["media_details"]["height"] > self.media["media_details"]["width"]

    def crop(self) -> None:
        """The upper half."""
        before = self.media["media_details"]["height"]
        self._edit_picture(
            {"type": "crop", "args": {"left": 0, "top": 0, "width": 100, "height": 50}}
        )
        assert self.media["media_details"]["height"] < before

    def _edit_picture(self, change: dict[str, Any]) -> None:
        self.media = self.rest(
            f"/wp/v2/media/{self.media['id']}/edit",
            "POST",
            src=self.media["source_url"],
            modifiers=[change],
        )
        self.visitor.open("/" + self.media["source_url"].split("/", 3)[3])

    def gallery(self) -> None:
        """A post with two pictures; the visitor's browser shows both."""
        image = (
            '<!-- wp:image --><figure class="wp-block-image"><img'
            f' src="{self.media["source_url"]}" alt=""/></figure><!-- /wp:image -->'
        )
        gallery = (
            '<!-- wp:gallery {"linkTo":"none"} --><figure class="wp-block-gallery'
            f' has-nested-images columns-default is-cropped">{image}{image}</figure><!-- /wp:gallery -->'
        )
        made = self.rest(
            "/wp/v2/posts",
            "POST",
            title=f"Gallery {self.word}",
            status="publish",
            content=gallery,
        )
        self.visitor.open("/" + made["link"].split("/", 3)[3])
        assert 0 not in self.visitor.pictures().values()

    def user(self) -> None:
        """A second author."""
        self._submit(
            "/wp-admin/user-new.php",
            {"#user_login": self.word, "#email": f"{self.word}@example.org", "#role": "author"},
            "#createusersub",
            "#message.updated, .notice-success",
        )

    def role(self) -> None:
        """The second author becomes an editor."""
        found = self.rest(f"/wp/v2/users?search={self.word}&context=edit")[0]
        changed = self.rest(f"/wp/v2/users/{found['id']}", "POST", roles=["editor"])
        assert changed["roles"] == ["editor"]

    def setting(self, page: str, field: str, value: str) -> None:
        """One field of a page of settings, read again after it was saved."""
        self._submit(f"/wp-admin/{page}", {field: value}, "#submit", ".notice-success")
        self.author.open(f"/wp-admin/{page}")
        expect(self.page.locator(field)).to_have_value(value)

    def style(self) -> None:
        """A colour of the whole site, as the site editor stores it."""
        self.author.open("/wp-admin/site-editor.php")
        self.page.wait_for_function("!!window.wp?.apiFetch")
        theme = self.rest("/wp/v2/themes?status=active")[0]
        link = theme["_links"]["wp:user-global-styles"][0]["href"].split("/wp-json")[1]
        self.rest(link, "POST", styles={"color": {"background": "#fdf6e3"}})
        self.visitor.open("/")
        self.seen_style("253, 246, 227")

    def seen_style(self, colour: str) -> None:
        """The visitor's page has the colour."""
        for _ in range(20):
            script = "getComputedStyle(document.body).backgroundColor"
            if colour in str(self.visitor.page.evaluate(script)):
                return
            self.visitor.page.wait_for_timeout(100)
            self.visitor.open("/")
        raise AssertionError("the visitor does not see the new colour")

    def menu(self) -> None:
        """A navigation menu with one link."""
        link = f'<!-- wp:navigation-link {{"label":"M {self.word}","url":"/"}} /-->'
        made = self.rest(
            "/wp/v2/navigation",
            "POST",
            title=f"Menu {self.word}",
            content=link,
            status="publish",
        )
        assert self.rest(f"/wp/v2/navigation/{made['id']}?context=edit")["content"]["raw"] == link

    def export(self) -> None:
        """The site's content as a file."""
        self.author.open("/wp-admin/export.php")
        with self.page.expect_download() as waited:
            self.page.locator("#submit").click()
        text = waited.value.path().read_text(encoding="utf-8")
        assert f"Better {self.word}" in text
        assert text.rstrip().endswith("</rss>")

    def revision(self) -> None:
        """The first title comes back."""
        found = self.rest(f"/wp/v2/posts/{self.post['id']}/revisions?context=edit")
        titles = [one["title"]["raw"] for one in found]
        assert f"Better {self.word}" in titles
        changed = self.rest(f"/wp/v2/posts/{self.post['id']}", "POST", title=f"Post {self.word}")
        assert changed["title"]["rendered"] == f"Post {self.word}"

    def trash(self) -> None:
        """Into the trash and back."""
        made = self.rest("/wp/v2/posts", "POST", title=f"Bin {self.word}", status="publish")
        self.rest(f"/wp/v2/posts/{made['id']}", "DELETE")
        self.author.open("/wp-admin/edit.php?post_status=trash&post_type=post")
        row = self.page.locator(f"#post-{made['id']}")
        row.hover()
        row.locator(".untrash a").click()
        self.page.get_by_text("restored from the Trash").first.wait_for()

    def shows(self, path: str, sign: str) -> None:
        """A page of the admin with something that only its whole has."""
        self.author.open(path)
        self.page.locator(sign).first.wait_for()

    def note(self, number: int) -> None:
        """A short post, seen by the visitor on the front page."""
        title = f"Note {number} {self.word}"
        self.rest("/wp/v2/posts", "POST", title=title, content="Short.", status="publish")
        self.seen("/", title)
