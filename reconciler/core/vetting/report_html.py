"""The report as one HTML file: no script, no other file, nothing fetched; light and dark."""

import re
from collections.abc import Iterator
from html import escape

from reconciler.core.problem import escaped
from reconciler.core.vetting.finding import Finding, abilities
from reconciler.core.vetting.report import Report
from reconciler.core.vetting.report_phrase import Phrase, Quoted, at, plain, snippet

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1b1a;--soft:#5d5d58;--page:#fcfcfa;--card:#f3f2ee;--line:#dddbd4;
--block:#a4161a;--warn:#8a5a00;--info:#4a5a6a;--pass:#1d6b3a;--loud:#fdecea}
@media(prefers-color-scheme:dark){:root{--ink:#e9e8e4;--soft:#a5a49d;--page:#171716;--card:#21211f;
--line:#3a3935;--block:#ff8f88;--warn:#f0bd58;--info:#a9bccd;--pass:#7fd3a0;--loud:#3a1d1b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.25rem 4rem;max-width:60rem;background:var(--page);color:var(--ink);
font:1rem/1.55 system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .35rem;font-weight:650}
h2{font-size:1.05rem;margin:2.5rem 0 .75rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h1 code{font-size:1em;background:none;padding:0}
code{font:.88em/1.45 ui-monospace,"SF Mono",Menlo,Consolas,monospace;background:var(--card);
padding:.08em .3em;border-radius:.25em;overflow-wrap:anywhere}
.badge{display:inline-block;padding:.15rem .7rem;border-radius:1rem;font-weight:650;color:var(--page)}
.badge.block,.badge.red{background:var(--block)}.badge.warn,.badge.yellow{background:var(--warn)}
.badge.pass,.badge.green{background:var(--pass)}
dl{margin:1.5rem 0 0;display:grid;grid-template-columns:7rem 1fr}
dt,dd{padding:.45rem .6rem;margin:0;border-top:1px solid var(--line)}
dt{color:var(--soft);font-size:.78rem;letter-spacing:.06em;padding-top:.65rem;padding-left:0}
dd div+div{margin-top:.2rem}
dt.loud{color:var(--block);font-weight:700;background:var(--loud);padding-left:.6rem}
dd.loud{background:var(--loud)}dd.who.loud{font-size:1.12rem;font-weight:600}
article{border:1px solid var(--line);border-left:.3rem solid var(--info);border-radius:.35rem;
padding:.75rem 1rem;margin:.75rem 0}
article.block{border-left-color:var(--block)}article.warn{border-left-color:var(--warn)}
article p{margin:.3rem 0}article h3{font-size:1rem;margin:0;font-weight:600}
article .place,.quiet{color:var(--soft);font-size:.88rem}
.level{font-weight:650}.level.block{color:var(--block)}.level.warn{color:var(--warn)}.level.info{color:var(--info)}
pre{margin:.5rem 0;padding:.55rem .75rem;background:var(--card);border-radius:.3rem;overflow-x:auto;
white-space:pre-wrap;overflow-wrap:anywhere}pre code{background:none;padding:0}
table{border-collapse:collapse;width:100%;font-size:.92rem}
td,th{padding:.3rem .6rem .3rem 0;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
th{white-space:nowrap;color:var(--soft);font-weight:500}td.number{text-align:right;white-space:nowrap}
@media(max-width:36rem){dl{grid-template-columns:1fr}dd{border-top:0;padding-left:0}}
@media print{body{max-width:none}article{break-inside:avoid}}
"""
_OURS = re.compile(r"`([^`]*)`")


def as_html(report: Report) -> str:
    """A whole document. Everything the package says is text: a policy forbids all but our style."""
    title = escape(plain(report.title))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    body = "\n".join(
        (*_first(report), *_findings(report), *_abilities(report), *_run(report), *_files(report))
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def rendered(phrase: Phrase) -> str:
    """A phrase as HTML: the package's words in <code>."""
    parts = (_code(part.text) if isinstance(part, Quoted) else _ours(part) for part in phrase)
    return "".join(parts)


def _code(text: str) -> str:
    return f"<code>{escape(escaped(text))}</code>" if text else ""


def _ours(text: str) -> str:
    return _OURS.sub(r"<code>\1</code>", escape(text))


def _first(report: Report) -> Iterator[str]:
    verdict, lane = report.vetting.verdict, report.lane
    yield f"<header><h1>{rendered(report.title)}</h1>"
    yield f'<span class="badge {verdict}">{verdict}</span>'
    yield f'<span class="badge {lane.colour}">lane {lane.colour}</span></header>'
    yield "<dl>"
    for section in report.sections:
        kind = f"{section.label.lower().replace(' ', '-')} {section.tone}"
        lines = "".join(f"<div>{rendered(line)}</div>" for line in section.lines)
        yield f'<dt class="{section.tone}">{section.label}</dt><dd class="{kind}">{lines}</dd>'
    yield "</dl>"


def _findings(report: Report) -> Iterator[str]:
    if report.listed:
        yield "<h2>Findings</h2>"
    for finding, new in report.listed:
        yield from _finding(finding, "" if new is None else " · new" if new else " · known")
    if report.vetting.accepted:
        yield "<h2>Accepted</h2>"
    for item in report.vetting.accepted:
        a = item.acceptance
        signed = (Quoted(", ".join(a.by)), " until ", Quoted(a.until), ": ", Quoted(a.because))
        yield from _finding(item.finding, f" · accepted by {rendered(signed)}")


def _finding(finding: Finding, state: str) -> Iterator[str]:
    special: Phrase = (": ", Quoted(finding.detail)) if finding.detail else ()
    yield f'<article class="{finding.level}">'
    yield f"<h3>{rendered((finding.rule.summary, *special))}</h3>"
    level = f'<span class="level {finding.level}">{finding.level}</span>'
    place = rendered(at(finding.file, finding.line))
    yield f'<p class="place">{level} · {finding.code} · {place} · {finding.mark}{state}</p>'
    if snippet(finding):
        yield f"<pre>{_code(finding.excerpt)}</pre>"
    yield f"<p>{_ours(finding.rule.why)}</p><p><strong>Fix:</strong> {_ours(finding.rule.fix)}</p>"
    yield "</article>"


def _abilities(report: Report) -> Iterator[str]:
    can = abilities(report.vetting.profile.facts)
    if not can:
        return
    yield "<h2>What it can do</h2>\n<table>"
    more = report.bump.more if report.bump else {}
    for ability, values in can.items():
        new = set(more.get(ability, ()))
        shown = " ".join(
            f"{'<strong>new</strong> ' if value in new else ''}{_code(value)}" for value in values
        )
        yield f"<tr><th>{ability}</th><td>{shown}</td></tr>"
    yield "</table>"


def _run(report: Report) -> Iterator[str]:
    if report.vetting.behaviour is None:
        return
    yield "<h2>What it did when it ran</h2>\n<table>"
    for what, which in report.vetting.behaviour.lines():
        yield f"<tr><th>{escape(what)}</th><td>{_code(which)}</td></tr>"
    yield "</table>"


def _files(report: Report) -> Iterator[str]:
    if not (report.bump and report.bump.changes):
        return
    yield "<h2>Changed files, the riskiest first</h2>\n<table>"
    for c in report.bump.changes:
        lines = f'<td class="number">+{c.added} -{c.removed}</td>'
        yield f"<tr><th>{c.how}</th><td>{_code(c.path)}</td>{lines}<td>{_ours(c.reason)}</td></tr>"
    yield "</table>"
