"""What an author does in a long evening."""

from collections.abc import Callable, Iterator

from session import Session

Step = tuple[str, Callable[[], None]]


def steps(session: Session, link: str) -> Iterator[Step]:
    """Fifty steps in order. `link`: of `wpaas site login`."""
    yield "log in", lambda: session.author.log_in(link)
    yield "quick draft", session.quick_draft
    for number in range(1, 5):
        yield f"category {number}", lambda n=number: session.term("category", n)  # type: ignore[misc]
    for number in range(1, 4):
        yield f"tag {number}", lambda n=number: session.term("post_tag", n)  # type: ignore[misc]
    yield "write a post", session.write
    yield "the visitor reads it", lambda: session.seen(session.path, f"Post {session.word}")
    yield "comment", session.comment
    yield "approve", session.approve
    yield "the comment is seen", lambda: session.seen(session.path, f"Well said {session.word}")
    yield "reply", session.reply
    yield "the reply is seen", lambda: session.seen(session.path, f"Thank you {session.word}")
    yield "change the title", session.retitle
    yield "the title is seen", lambda: session.seen("/", f"Better {session.word}")
    yield "schedule", session.schedule
    yield "upload", session.upload
    yield "rotate", session.rotate
    yield "crop", session.crop
    yield "gallery", session.gallery
    yield "add a user", session.user
    yield "change a role", session.role
    yield (
        "posts per page",
        lambda: session.setting("options-reading.php", "#posts_per_page", "12"),
    )
    yield (
        "posts in feeds",
        lambda: session.setting("options-reading.php", "#posts_per_rss", "12"),
    )
    yield (
        "comment depth",
        lambda: session.setting("options-discussion.php", "#comments_per_page", "40"),
    )
    yield (
        "size of thumbnails",
        lambda: session.setting("options-media.php", "#large_size_w", "1000"),
    )
    yield "colours", session.style
    yield "menu", session.menu
    yield "export", session.export
    yield "back to the first title", session.revision
    yield "trash and back", session.trash
    yield "plugins", lambda: session.shows("/wp-admin/plugins.php", "#the-list")
    yield (
        "themes",
        lambda: session.shows("/wp-admin/themes.php", ".theme-overlay, .themes .theme-name"),
    )
    yield "media library", lambda: session.shows("/wp-admin/upload.php?mode=list", "#the-list tr")
    yield "profile", lambda: session.shows("/wp-admin/profile.php", "#display_name")
    yield "tools", lambda: session.shows("/wp-admin/tools.php", "#wpbody-content h1")
    yield "permalinks", lambda: session.shows("/wp-admin/options-permalink.php", "#submit")
    for number in range(1, 11):
        yield f"note {number}", lambda n=number: session.note(n)  # type: ignore[misc]
