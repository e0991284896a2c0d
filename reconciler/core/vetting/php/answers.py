"""What functions answer: folded where it can be known, otherwise where it comes from and how clean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.php.call import Call, callback_of
from reconciler.core.vetting.php.constants import constant
from reconciler.core.vetting.php.folding import FOLDED_ARRAYS, FOLDS, folded, folded_array
from reconciler.core.vetting.php.formatted import formatted, merged_arguments
from reconciler.core.vetting.php.notes import NOTED, noted
from reconciler.core.vetting.php.tables import (
    DECODERS,
    IDENTITY_CALLS,
    IDENTITY_OPTIONS,
    PASSERS,
    PLACES,
    PLACES_AGAIN,
    SAFE,
    SANITISERS,
    SOURCES_OF,
    WITH_PATH,
)
from reconciler.core.vetting.php.value import (
    CLEAN,
    DECODED,
    HOLE,
    HOME,
    HTML,
    IDENTITY,
    LOCAL_FILE,
    NUMBER,
    REMOTE,
    REQUEST,
    SQL_QUOTED,
    STORED,
    UNKNOWN,
    UPLOAD,
    Value,
    array,
    either,
    item_of,
    joined,
    literal,
    tainted,
)
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from reconciler.core.vetting.php.run import Run

UNCLEANING: Final = DECODERS | words(
    "urldecode rawurldecode html_entity_decode htmlspecialchars_decode"
    " wp_specialchars_decode json_decode unserialize maybe_unserialize stripcslashes"
)
UNSLASHING: Final = frozenset(("stripslashes", "wp_unslash", "stripslashes_deep"))
SAFE_FILTERS: Final = words(
    "FILTER_VALIDATE_INT FILTER_SANITIZE_NUMBER_INT FILTER_VALIDATE_BOOLEAN"
    " FILTER_VALIDATE_BOOL FILTER_VALIDATE_FLOAT FILTER_VALIDATE_IP"
)


def answer(run: Run, call: Call) -> Value:
    """What a function that is not of this file gives."""
    name = call.name
    if name not in _KNOWN:
        return UNKNOWN
    if name in NOTED:
        noted(run, call)
    special = _SPECIAL.get(name)
    if special is not None:
        return special(run, call)
    place = PLACES.get(name) or PLACES_AGAIN.get(name)
    if place is not None:
        if name in WITH_PATH and call.at(0).text:
            return joined(place, literal("/" + (call.at(0).text or "").lstrip("/")))
        return place
    text = folded(name, call.arguments)
    taint, clean = merged_arguments(call)
    # A quote or a line's end by its number hides nothing.
    if name in DECODERS and (text is None or any(c.isalnum() for c in text)):
        taint |= DECODED
    if text is not None and HOLE not in text:
        return Value(text, taint, CLEAN if clean == CLEAN else clean)
    if name in SAFE:
        return NUMBER
    found = folded_array(name, call.arguments)
    if found is not None:
        return found
    if name in SOURCES_OF:
        return tainted(SOURCES_OF[name])
    if name in IDENTITY_CALLS:
        return tainted(IDENTITY)
    cleaned = SANITISERS.get(name)
    if name in PASSERS:
        if name in UNCLEANING:
            clean = 0
        elif name in UNSLASHING:
            clean &= ~SQL_QUOTED
        return Value(text, taint, clean | (cleaned or 0))
    return UNKNOWN


def _option(run: Run, call: Call) -> Value:
    name = call.known(0)
    if name is not None and call.name == "get_option":
        if name in IDENTITY_OPTIONS:
            return tainted(IDENTITY)
        if name in {"home", "siteurl"}:
            return Value("{home}", HOME, CLEAN)
    return tainted(STORED)


def _bloginfo(_run: Run, call: Call) -> Value:
    if call.known(0) == "admin_email":
        return tainted(IDENTITY)
    return Value("{home}", HOME, CLEAN) if call.known(0) in {"url", "wpurl"} else UNKNOWN


def read_file(_run: Run, call: Call) -> Value:
    path = call.at(0).text or ""
    if path.startswith(("http://", "https://", "ftp://")):
        return tainted(REMOTE)
    if path.startswith("php://input"):
        return tainted(REQUEST)
    if path.startswith(("{uploads}", "{temp}")) or call.at(0).taint & UPLOAD:
        return tainted(UPLOAD)
    return tainted(LOCAL_FILE)


def _filtered(run: Run, call: Call) -> Value:
    at = 2 if call.name == "filter_input" else 1
    word = run.text(call.nodes[at]).lstrip("\\") if at < len(call.nodes) else ""
    if word in SAFE_FILTERS:
        return NUMBER
    return tainted(REQUEST) if call.name == "filter_input" else Value(None, call.at(0).taint)


def _mapped(run: Run, call: Call) -> Value:
    """`array_map(f, list)`, `map_deep(list, f)` and their kin: f decides how clean it comes out."""
    first = 1 if call.name == "map_deep" else 0
    callback, values = call.at(first), call.at(1 - first)
    function = callback_of(run, callback)
    whole = Value(None, values.taint, values.clean)
    if function is not None:
        result = run.call(function, [whole])
        return Value(None, result.taint, result.clean)
    name = (callback.known or "").lower()
    if not name:
        return whole
    if values.items is not None and all(one.known is not None for one in values.items.values()):
        return array(
            {key: answer(run, Call(name, call.node, [one])) for key, one in values.items.items()}
        )
    return answer(run, Call(name, call.node, [whole], []))


def _compact(run: Run, call: Call) -> Value:
    names = [one.known for one in call.arguments]
    return array({name: run.env.get(name, UNKNOWN) for name in names if name is not None})


def _extract(run: Run, call: Call) -> Value:
    values = call.at(0)
    for name, value in (values.items or {}).items():
        run.env[name] = value
    if values.items is None:
        run.extracted |= values.taint
    return NUMBER


def _defaults(_run: Run, call: Call) -> Value:
    """Arrays laid over one another: each item is one of theirs."""
    first, second = call.at(0), call.at(1)
    if call.name == "shortcode_atts":
        first, second = second, first
    whole = either(first, second)
    if second.items is None:
        return Value(None, whole.taint, whole.clean if first.taint or second.taint else 0)
    items = {key: either(value, item_of(first, key)) for key, value in second.items.items()}
    items.update({key: one for key, one in (first.items or {}).items() if key not in items})
    return Value(None, whole.taint, whole.clean, items)


def _filters(_run: Run, call: Call) -> Value:
    # A default that is switched on or off is a question to others, not an answer.
    value = call.at(1)
    return Value(value.text if len(value.text or "") > 1 else None, value.taint, value.clean)


def _environment(_run: Run, call: Call) -> Value:
    """What the web server put there from the request's own headers, and what it did not."""
    name = (call.known(0) or "").upper()
    outside = name.startswith("HTTP_") or name in {"QUERY_STRING", "REQUEST_URI", "PATH_INFO"}
    return tainted(REQUEST) if outside else UNKNOWN


def _variables(_run: Run, _call: Call) -> Value:
    return Value(None, 0, 0, None, "GLOBALS")


def _address(_run: Run, call: Call) -> Value:
    """Addresses with parameters changed, or cleaned: scheme and host stay."""
    taint, clean = merged_arguments(call)
    base = call.arguments[-1] if call.arguments else UNKNOWN
    if call.name.endswith("_query_arg"):
        # Without an address it is that of this request. (list, address) and (key, value) look alike
        # where the list is not known.
        key = call.known(0) is not None
        if len(call.arguments) < 2 or (key and len(call.arguments) < 3 and call.name[0] == "a"):
            return Value(None, taint | REQUEST, 0)
        return Value((base.text or HOLE) + HOLE, taint, clean)
    first = call.at(0)
    return Value(first.text, first.taint, first.clean | SANITISERS.get(call.name, 0))


def _search(_run: Run, call: Call) -> Value:
    return Value(None, REQUEST, HTML if call.known(0) != "" else 0)


def _define(run: Run, call: Call) -> Value:
    name = call.known(0)
    if name is not None:
        value = call.at(1)
        run.constants[name.rpartition("\\")[2]] = value
        if run.here is run.main and not run.guards:
            run.declared.append(f"constant {name}")
    return NUMBER


def _constant(run: Run, call: Call) -> Value:
    name = call.known(0)
    return UNKNOWN if name is None else constant(run, name)


def _own_folder(_run: Run, call: Call) -> Value:
    path = call.at(0).text
    if path is None or HOLE in path:
        return Value("{package?}/", 0, CLEAN)
    return Value(path.rpartition("/")[0] + "/", 0, CLEAN)


def _clock(_run: Run, call: Call) -> Value:
    if call.name in {"strtotime", "mktime", "gmmktime", "date_create"}:
        texts = [one.known for one in call.arguments]
        fixed = bool(texts) and None not in texts and any(c.isdigit() for c in texts[-1] or "")
        first = (texts[0] or "") if texts else ""
        dated = len(texts) >= 6 or "-" in first or "/" in first
        return Value(None, 0, CLEAN, None, "date" if fixed and dated else "")
    if call.name in {"date", "gmdate", "wp_date", "date_i18n"} and len(call.arguments) > 1:
        return NUMBER
    return Value(None, 0, CLEAN, None, "clock")


Special = Callable[["Run", Call], Value]

_SPECIAL: Final[Mapping[str, Special]] = {
    **dict.fromkeys(("get_option", "get_site_option"), _option),
    "get_bloginfo": _bloginfo,
    **dict.fromkeys(("file_get_contents", "file", "fopen", "readfile"), read_file),
    **dict.fromkeys(("sprintf", "vsprintf"), formatted),
    **dict.fromkeys(("filter_var", "filter_input"), _filtered),
    **dict.fromkeys(("array_map", "map_deep"), _mapped),
    "compact": _compact,
    "extract": _extract,
    "define": _define,
    "constant": _constant,
    "getenv": _environment,
    "apache_getenv": _environment,
    "get_defined_vars": _variables,
    **dict.fromkeys(
        words("add_query_arg remove_query_arg esc_url esc_url_raw sanitize_url set_url_scheme"),
        _address,
    ),
    **dict.fromkeys(("wp_parse_args", "shortcode_atts", "array_merge"), _defaults),
    "apply_filters": _filters,
    "get_search_query": _search,
    "plugin_dir_path": _own_folder,
    **dict.fromkeys(
        words(
            "time date gmdate wp_date date_i18n current_time microtime strtotime mktime"
            " gmmktime current_datetime date_create"
        ),
        _clock,
    ),
}

_KNOWN: Final = (
    NOTED
    | PASSERS
    | IDENTITY_CALLS
    | DECODERS
    | frozenset((*_SPECIAL, *PLACES, *PLACES_AGAIN, *FOLDS, *FOLDED_ARRAYS, *SAFE, *SOURCES_OF))
)
