"""The rules of a run: what a package must not do, or not without a grant, when it is used."""

from reconciler.core.vetting.finding import Level, Rule


def _rule(code: str, level: Level, summary: str, why: str, fix: str) -> Rule:
    return Rule(
        code=f"behaviour-{code}", level=level, family="behaviour", summary=summary, why=why, fix=fix
    )


FATAL = _rule(
    "fatal",
    "block",
    "it ended a request with a fatal error",
    "The page is gone for whoever asked for it; at activation the site may not come up again.",
    "ask the author to mend it; the message says where",
)
NOT_ACTIVATED = _rule(
    "not-activated",
    "block",
    "WordPress did not activate it",
    "On a site it would be in the list and do nothing; nothing of it could be looked at either.",
    "take a version that fits the image's WordPress and PHP",
)
BROKEN = _rule(
    "broken-page",
    "block",
    "a page did not answer, or not to its end",
    "The same page is whole without the package.",
    "ask the author to mend it",
)
ERRORS = _rule(
    "errors",
    "warn",
    "PHP complained about its code",
    "Warnings fill the log of every site, and are often a bug that shows elsewhere.",
    "ask the author to mend it",
)
UNDECLARED_HOST = _rule(
    "undeclared-host",
    "block",
    "it asked for a host that it was not granted",
    "The request was refused and would be on a site; what it would tell that host is the question.",
    "grant the host under network, or ask the author what it is for",
)
OUTSIDE_LINK = _rule(
    "outside-link",
    "warn",
    "pages for visitors lead to, or load from, a host that it was not granted",
    "Every visitor's browser may ask that host; links put into pages are what sold plugins live on.",
    "ask the author what it is for, or grant the host under network",
)
WRITES_CODE = _rule(
    "writes-code-folder",
    "block",
    "it tried to write outside uploads and temp",
    "Webheads are read-only: the write fails, and so does what depends on it.",
    "ask the author to keep it in the database, or below wp_upload_dir()",
)
WRITES_UPLOADS = _rule(
    "writes-uploads",
    "block",
    "it put files into uploads and was not granted to",
    "They are public, kept in the site's bucket, and stay when the package goes.",
    "grant writes: uploads if that is what it is for",
)
WRITES_TEMP = _rule(
    "writes-temp",
    "warn",
    "it left files in the temporary folder",
    "That is memory of one webhead: another one has not got them, and no restart keeps them.",
    "grant writes: temp if it can do without them, else ask for the database",
)
UNDECLARED_TABLE = _rule(
    "undeclared-table",
    "block",
    "it made a table that it was not granted",
    "Its rows are in every dump and restore of the site, and may stay when the package goes.",
    "grant the table under tables, with {prefix} for the site's prefix",
)
UNDECLARED_CRON = _rule(
    "undeclared-cron",
    "block",
    "it scheduled an event that it was not granted",
    "Scheduled code runs unseen, on every site, long after the review.",
    "grant the event under cron",
)
FREQUENT_CRON = _rule(
    "frequent-cron",
    "warn",
    "it wants to run more often than every fifteen minutes",
    "Each run is a request of its own on every site of the fleet.",
    "ask the author for a longer interval",
)
UNDECLARED_ROUTE = _rule(
    "undeclared-route",
    "block",
    "it added REST routes that it was not granted",
    "A route is a door to the site from outside.",
    "grant the namespace under routes",
)
ADDS_ADMIN = _rule(
    "adds-admin",
    "block",
    "it made an administrator, or changed who is one",
    "Somebody else than the site's owners could log in and do everything.",
    "do not approve it",
)
CHANGES_USERS = _rule(
    "changes-users",
    "warn",
    "it made or changed a user",
    "Who has an account on a site is its owners' to say.",
    "ask the author what it is for",
)
CHANGES_ROLES = _rule(
    "changes-roles",
    "warn",
    "it changed what a role may do",
    "Rights that are given to a role stay with everybody who has it.",
    "read which rights; those of administrators must not go to others",
)
CHANGES_SETTINGS = _rule(
    "changes-settings",
    "block",
    "it changed a setting of WordPress itself",
    "Settings are the fleet's or the site owner's; some of them open the site to strangers.",
    "ask the author why",
)
DAMAGES = _rule(
    "damages",
    "block",
    "it removed what is not its own",
    "Tables, users or options of WordPress are gone.",
    "do not approve it",
)
MAILS = _rule(
    "mails",
    "warn",
    "it sent mail though nothing happened on the site",
    "Mail at activation or on a plain visit tells somebody that the package is in use.",
    "ask the author to whom, and what it says",
)
AUTOLOAD = _rule(
    "autoload",
    "block",
    "every page loads a large option of it",
    "Autoloaded options are read from the database by each request of every visitor.",
    "ask the author to store it with autoload off, or in a table",
)
SLOW = _rule(
    "slow",
    "block",
    "it makes a page slower",
    "A visitor without the cache, and everybody who is logged in, waits that much longer.",
    "ask the author what it does there; the time is that of the quickest of five requests, less without it",
)
MEMORY = _rule(
    "memory",
    "warn",
    "it makes a page take much more memory",
    "A webhead has room for few children of PHP; each one grows by that.",
    "ask the author what it loads there",
)
QUERIES = _rule(
    "queries",
    "warn",
    "it adds many queries to a page",
    "They are asked of the one database of the fleet, by every page that is not in the cache.",
    "ask the author to read what belongs together in one query",
)
LEAVES = _rule(
    "leaves-data",
    "warn",
    "something of it stays after its uninstall",
    "It is in every dump of the site, and nobody will know any more what it was for.",
    "ask the author to remove it in uninstall.php",
)
WAKES_LATER = _rule(
    "wakes-later",
    "block",
    "months later it does what it did not do at first",
    "Code that waits until the review is forgotten is what sold plugins have been found with.",
    "do not approve it before you know what it waits for",
)
FOLLOWS_ANSWERS = _rule(
    "follows-answers",
    "block",
    "an answer from outside makes it do what it did not do before",
    "Whoever has that host decides what the package does, on every site, without a new version.",
    "do not approve it before you know what the host may ask of it",
)
INCOMPLETE = _rule(
    "incomplete",
    "warn",
    "a part of the run could not be done",
    "What was not looked at is not known to be good.",
    "run it again where the part can be done, or look at it by hand",
)

RULES: tuple[Rule, ...] = (
    *(
        FATAL,
        NOT_ACTIVATED,
        BROKEN,
        ERRORS,
        UNDECLARED_HOST,
        OUTSIDE_LINK,
        WRITES_CODE,
        WRITES_UPLOADS,
    ),
    *(WRITES_TEMP, UNDECLARED_TABLE, UNDECLARED_CRON, FREQUENT_CRON, UNDECLARED_ROUTE, ADDS_ADMIN),
    *(CHANGES_USERS, CHANGES_ROLES, CHANGES_SETTINGS, DAMAGES, MAILS, AUTOLOAD, SLOW, MEMORY),
    *(QUERIES, LEAVES, WAKES_LATER, FOLLOWS_ANSWERS, INCOMPLETE),
)
