"""Hosts that the server asks, and hosts that pages load from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.value import CHECKED, HOLE, HOME, IDENTITY, REQUEST, URL, Value
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

SSRF = Rule(
    code="request-aims-server",
    level="warn",
    family="network",
    summary="a visitor chooses which address the server asks",
    why="The server reaches what visitors do not. The egress proxy stops most, not all.",
    fix="wp_safe_remote_get(), and a list of allowed hosts.",
)
TLS = Rule(
    code="tls-unverified",
    level="block",
    family="network",
    summary="asks a host without checking who answers",
    why="Anyone on the way can answer in its place.",
    fix="Leave sslverify alone; the image has current certificates.",
)
IDENTITY_SENT = Rule(
    code="sends-identity",
    level="warn",
    family="network",
    summary="sends out who runs the site",
    why="The administrator's address, the list of plugins or of users goes to a third party.",
    fix="Ask the author for an opt-in, or grant no host to it.",
)
HOST_UNKNOWN = Rule(
    code="host-unknown",
    level="info",
    family="network",
    summary="asks a host that the file does not name",
    why="The egress proxy lets only granted hosts through; which one is asked shows when it runs.",
    fix="See the hosts that the trial run recorded.",
)

RULES = (SSRF, TLS, IDENTITY_SENT, HOST_UNKNOWN)

REQUESTS: Final = words(
    "wp_remote_get wp_remote_post wp_remote_head wp_remote_request wp_safe_remote_get"
    " wp_safe_remote_post wp_safe_remote_head wp_safe_remote_request download_url"
    " wp_remote_fopen wp_get_http media_sideload_image fetch_feed"
)
_SOCKETS: Final = words(
    "fsockopen pfsockopen stream_socket_client get_headers getimagesize"
    " simplexml_load_file file_get_contents fopen readfile copy file get_meta_tags"
)
_OPENERS: Final = frozenset(("fsockopen", "pfsockopen", "stream_socket_client"))
_HOST = re.compile(
    r"(?i)(?:(?:https?|ftps?|ssl|tls|tcp|udp|wss?)://|//)(?:[^/@\s]*@)?"
    r"((?:[a-z0-9_-]+\.)+[a-z0-9-]{2,}|\d+(?:\.\d+){3})(?::\d+)?(?:[/?#]|$|" + HOLE + ")"
)
_NAME = re.compile(r"(?i)(?:[a-z0-9_-]+\.)+[a-z]{2,}")
_ASSET = re.compile(
    r"(?is)<(?:script|link|iframe)\b[^>]*?\b(?:src|href)\s*=\s*[\"']?((?:https?:)?//[^\"'\s>]+)"
)
_STYLE_LINK = re.compile(r"(?is)<link\b[^>]*rel\s*=\s*[\"']?stylesheet")
_IDENTITY_WORDS = {IDENTITY: "the administrator, plugins or users"}
UNKNOWN_HOST: Final = "?"


def host_of(text: str) -> str | None:
    """The host that an address names; None where it names none."""
    matched = _HOST.match(text)
    return matched[1].lower() if matched is not None else None


def _asked(run: Run, call: Call) -> None:
    address = call.at(0)
    run.effect("remote", call.node)
    run.sink(judge_host, address, call.node)
    if "safe" not in call.name and call.name != "media_sideload_image":
        run.sink(judge_aim, address, call.node)
    options = call.at(1)
    if options.items is not None:
        _options(run, address, options, call.node)
    elif options.taint & IDENTITY:
        run.report(IDENTITY_SENT, call.node)
    if address.taint & IDENTITY:
        run.report(IDENTITY_SENT, call.node)


def _options(run: Run, address: Value, options: Value, node: Node) -> None:
    items = options.items or {}
    verify = items.get("sslverify")
    own = (address.text or "").startswith("{home}")  # the site asks itself
    if verify is not None and verify.known in {"", "0", "false"} and not own:
        run.report(TLS, node)
    for key in ("body", "headers", "user-agent"):
        value = items.get(key)
        if value is None:
            continue
        if value.taint & IDENTITY:
            run.report(IDENTITY_SENT, node, _IDENTITY_WORDS[IDENTITY])
        elif value.taint & HOME and key == "body":
            run.report(IDENTITY_SENT, node, "the site's address", level="info")


def _unverified(run: Run, call: Call) -> None:
    if call.at(1).known in {"", "0"}:
        run.report(TLS, call.node, f"add_filter {call.known(0)}")


def judge_host(run: Run, value: Value, node: Node) -> None:
    """The address that is asked: its host is a fact."""
    text = value.text or ""
    if text.startswith(("{home}", "/")):
        return
    host = host_of(text)
    if host is not None:
        run.fact("host", host, node)
    else:
        run.fact("host", UNKNOWN_HOST, node)
        run.report(HOST_UNKNOWN, node)


def judge_aim(run: Run, value: Value, node: Node) -> None:
    """An address that a visitor may choose; a fixed host with a visitor's parameters is fine."""
    if host_of(value.text or "") is not None or (value.text or "").startswith("{home}"):
        return
    if value.comes_from(REQUEST, safe=URL | CHECKED):
        run.report(SSRF, node)


def _opened(run: Run, call: Call) -> None:
    address = call.at(0)
    text = address.text or ""
    if call.name in _OPENERS:
        run.effect("remote", call.node)
        host = host_of(text) or (text.lower() if _NAME.fullmatch(text) else None)
        run.fact("host", host or UNKNOWN_HOST, call.node)
        run.sink(judge_aim, address, call.node)
    elif text.lower().startswith(("http://", "https://", "ftp://")):
        run.effect("remote", call.node)
        run.sink(judge_host, address, call.node)


def _curl(run: Run, call: Call) -> None:
    if call.name == "curl_init":
        if call.arguments and call.known(0) != "":
            _curl_address(run, call.at(0), call)
        return
    if len(call.nodes) < 2:
        return
    if call.name == "curl_setopt_array":
        _curl_many(run, call)
        return
    word = run.source(call.nodes[1]).decode("utf-8", "replace").lstrip("\\")
    _curl_option(run, word, call.at(2), call)


def _curl_many(run: Run, call: Call) -> None:
    for element in call.nodes[1].named_children:
        parts = element.named_children
        if len(parts) == 2:
            word = run.source(parts[0]).decode("utf-8", "replace").lstrip("\\")
            _curl_option(run, word, run.value(parts[1]), call)


def _curl_option(run: Run, word: str, value: Value, call: Call) -> None:
    if word == "CURLOPT_URL":
        _curl_address(run, value, call)
    elif word in {"CURLOPT_SSL_VERIFYPEER", "CURLOPT_SSL_VERIFYHOST"} and value.known in {"", "0"}:
        # Libraries switch it off where their caller asks for that.
        run.report(TLS, call.node, word, level="warn" if run.branched else None)
    elif word == "CURLOPT_POSTFIELDS" and value.taint & IDENTITY:
        run.report(IDENTITY_SENT, call.node)


def _curl_address(run: Run, value: Value, call: Call) -> None:
    run.effect("remote", call.node)
    run.sink(judge_host, value, call.node)
    run.sink(judge_aim, value, call.node)


def _requested(run: Run, call: Call) -> None:
    if call.name == "request" and not call.target.kind.endswith(("client", "requests")):
        return
    for value in call.arguments[:2]:
        if host_of(value.text or "") is not None:
            run.effect("remote", call.node)
            run.sink(judge_host, value, call.node)


def _mailed(run: Run, call: Call) -> None:
    run.effect("mail", call.node)
    if call.at(2).taint & IDENTITY and (call.known(0) or "").count("@"):
        run.report(IDENTITY_SENT, call.node, "by mail")


def _asset(run: Run, call: Call) -> None:
    text = call.at(1).text or ""
    host = host_of(text)
    if host is not None:
        run.fact("asset-host", host, call.node)


def assets_in_markup(run: Run, text: str, node: Node) -> None:
    """Scripts and styles that a piece of HTML loads from other hosts."""
    if "//" not in text or "<" not in text:
        return
    for matched in _ASSET.finditer(text):
        tag = matched[0].lower()
        if tag.startswith("<link") and not _STYLE_LINK.match(text, matched.start()):
            continue
        host = host_of(matched[1])
        if host is not None:
            run.fact("asset-host", host, node)


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(REQUESTS, _asked),
    **dict.fromkeys(_SOCKETS, _opened),
    **dict.fromkeys(("curl_init", "curl_setopt", "curl_setopt_array"), _curl),
    **dict.fromkeys(
        words(
            "wp_enqueue_script wp_enqueue_style wp_register_script wp_register_style"
            " wp_enqueue_script_module wp_register_script_module"
        ),
        _asset,
    ),
    **dict.fromkeys(("wp_mail", "mail"), _mailed),
}
METHODS: dict[str, Check] = dict.fromkeys(("request", "get", "post", "put"), _requested)
CLASSES: dict[str, Check] = dict.fromkeys(("soapclient",), _opened)
