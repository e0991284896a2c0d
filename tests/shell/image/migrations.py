"""Sites whose databases the job brings from one state to the next, with plugins that behave and that do not."""

import json
from dataclasses import dataclass
from typing import Any

from webheads import Site, Stand, Webhead, docker

from reconciler.core.migration import Answer, answered

CONTENT = "/usr/share/wpaas/wordpress/wp-content/plugins"
TABLE = (
    "global $wpdb; $wpdb->query('CREATE TABLE IF NOT EXISTS wp_{0} (id INT PRIMARY KEY AUTO_INCREMENT, said TEXT)');"
    " $wpdb->query(\"INSERT IGNORE INTO wp_{0} (id, said) VALUES (1, 'hello')\");"
    " update_option('{0}_came', 1 + (int) get_option('{0}_came'));"
)
GOOD = (
    "register_activation_hook(__FILE__, function () {{ " + TABLE + " }});"
    "register_deactivation_hook(__FILE__, function () {{"
    " update_option('{0}_left', 1 + (int) get_option('{0}_left')); }});"
)
BEGINS = (
    "global $wpdb; update_option('blogdescription_before', 'x'); update_option('posts_per_page', 99);"
    "$wpdb->query('CREATE TABLE wp_half (id INT)'); $wpdb->query('ALTER TABLE wp_odd ADD COLUMN more INT');"
    "$wpdb->query('DELETE FROM wp_odd'); $wpdb->query('DROP TABLE wp_links');"
    "$wpdb->update('wp_posts', ['post_title' => 'Broken'], ['ID' => 1]);"
)
OTHER = (
    "$other = mysqli_init(); $other->real_connect('database', DB_USER, DB_PASSWORD, DB_NAME);"
    '$other->query("INSERT INTO {0} (post_title, post_content, post_excerpt, to_ping, pinged,'
    " post_content_filtered) VALUES ('By an author', '', '', '', '', '')\");"
)
HOOK = "register_activation_hook(__FILE__, function () {{ {0} }});"
PLUGINS = {
    "forms": GOOD.format("forms"),
    "polls": GOOD.format("polls"),
    "throws": HOOK.format(BEGINS + "no_such_function();"),
    "exits": HOOK.format(BEGINS + "exit(0);"),
    "eats": HOOK.format(BEGINS + "$x = 'x'; while (true) { $x .= $x; }"),
    "meets": HOOK.format(BEGINS + OTHER.format("wp_posts") + "no_such_function();"),
    "needs": "/* */" + HOOK.format("if (get_option('forms_came') != 1) { throw new Error('too early'); }"),
}  # fmt: skip
HEADERS = {"needs": " * Requires Plugins: forms\n"}
ODD = (
    "CREATE TABLE wp_odd (a BLOB, b VARBINARY(20), c BIT(8), d DATETIME, e TEXT, f DOUBLE, g INT NULL, h ENUM('x','y'),"
    " KEY (g)) CHARACTER SET utf8mb4; SET sql_mode = '';"
    "INSERT INTO wp_odd VALUES (0x00FF27225C0A, 0x80, b'101', '0000-00-00', 'it\\'s \\\\ \\n \\0 ♟🎉', 0.1, NULL, 'x'),"
    " ('', '', 0, '2026-11-24 01:02:03', '', -1e300, 7, NULL);"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended, and what it said."""

    code: int
    answer: Answer | None
    log: str


class Migrations:
    """Runs the install job of the stand as the reconciler does."""

    def __init__(self, stand: Stand, name: str) -> None:
        self.stand = stand
        self.site: Site = stand.site(name)
        self.database: str = self.site.config["database"]["name"]

    def install(self, **settings: Any) -> Ended:
        """A new site with a table that holds every odd value."""
        ended = self.run(**settings)
        self.sql(ODD)
        return ended

    def sql(self, text: str) -> str:
        return self.stand.sql(text, self.database)

    def ask(self, document: dict[str, Any]) -> None:
        """Write what the next job is to do."""
        text = json.dumps(document).replace("\\", "\\\\").replace("'", "\\'")
        self.sql(
            "CREATE TABLE IF NOT EXISTS wpaas_live (id TINYINT PRIMARY KEY, document LONGTEXT);"
            f"REPLACE INTO wpaas_live VALUES (3, '{text}')"
        )

    def start(self) -> Webhead:
        """The job with all plugins in its image; not waited for."""
        mounts = []
        for slug, code in PLUGINS.items():
            folder = self.site.folder / "plugins" / slug
            folder.mkdir(parents=True, exist_ok=True)
            head = (
                f"<?php\n/*\n * Plugin Name: {slug}\n * Version: 1.0\n{HEADERS.get(slug, '')} */\n"
            )
            (folder / f"{slug}.php").write_text(head + code + "\n")
            mounts.append(f"--volume={folder}:{CONTENT}/{slug}:ro")
        command = ("php", "/usr/lib/wpaas/install.php")
        return self.stand.webhead(self.site, "--no-healthcheck", *mounts, command=command)

    def end(self, job: Webhead) -> Ended:
        code = int(docker("wait", job.name))
        log = "\n".join(job.logs())
        docker("rm", job.name)
        return Ended(code, answered(log), log)

    def run(self, *plugins: str, **settings: Any) -> Ended:
        """Bring the site to these plugins."""
        wanted = {"format": 1, "plugins": list(plugins), "theme": "twentytwentyfive", **settings}
        self.ask({"format": 1, "do": "migrate", "settings": wanted, "versions": {}})
        return self.end(self.start())

    def undo(self) -> Ended:
        """Take the last migration back."""
        self.ask({"format": 1, "do": "undo", "settings": {}, "versions": {}})
        return self.end(self.start())

    def option(self, name: str) -> str:
        return self.sql(f"SELECT option_value FROM wp_options WHERE option_name = '{name}'")

    def content(self) -> str:
        """All tables of the site: how they are made, and what is in them, transients excepted."""
        container = f"{self.stand.name}-database"
        words = (
            "mariadb-dump --user=root --skip-comments --skip-dump-date --skip-extended-insert --hex-blob"
            f" --ignore-table={self.database}.wpaas_live --ignore-table={self.database}.wpaas_install {self.database}"
            " | sed 's/ AUTO_INCREMENT=[0-9]*//' | grep -v _transient_"
        )
        environment = "MYSQL_PWD=only-for-tests-root"
        return docker("exec", "-e", environment, container, "sh", "-c", words)

    def schema(self) -> str:
        """How the tables are made, and which options there are."""
        lines = self.content().splitlines()
        return "\n".join(one for one in lines if not one.startswith("INSERT")) + self.sql(
            "SELECT option_name FROM wp_options WHERE option_name NOT LIKE '%transient%' ORDER BY 1"
        )
