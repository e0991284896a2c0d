"""Work that runs by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.value import Value

if TYPE_CHECKING:
    from reconciler.core.vetting.php.function import Function
    from reconciler.core.vetting.php.run import Run

OFTEN = Rule(
    code="cron-often",
    level="warn",
    family="cron",
    summary="runs more often than each quarter of an hour",
    why="Each run is a request to a webhead; with many sites on a cluster they add up.",
    fix="15 minutes or more, or when something happens.",
)
EACH_LOAD = Rule(
    code="cron-each-load",
    level="warn",
    family="cron",
    summary="schedules without looking whether it is scheduled",
    why="Each page view then adds an event to one option that every request reads.",
    fix="if (! wp_next_scheduled('…')), or schedule at activation.",
)
SLEEPS = Rule(
    code="sleeps",
    level="warn",
    family="cron",
    summary="waits while it holds a PHP process",
    why="A webhead has few PHP processes; each one that sleeps serves nobody.",
    fix="Schedule the next step by cron.",
)

RULES = (OFTEN, EACH_LOAD, SLEEPS)

MIN_INTERVAL_S: Final = 900
ACTIVATION: Final = ("activat", "install", "enable", "setup", "upgrade")


def _scheduled(run: Run, call: Call) -> None:
    at = 1 if call.name == "wp_schedule_single_event" else 2
    hook = call.at(at).text
    run.fact("cron", hook or "?", call.node)
    guarded = bool(
        run.here.all_calls()
        & {
            "wp_next_scheduled",
            "wp_get_schedule",
            "wp_get_scheduled_event",
            "wp_clear_scheduled_hook",
        }
    )
    name = run.here.name.rpartition("\\")[2]
    starts = any(word in name for word in ACTIVATION)
    if not guarded and not starts and call.name == "wp_schedule_event":
        run.report(EACH_LOAD, call.node, hook or "")


def judge_schedules(run: Run, function: Function) -> None:
    """The callback of `cron_schedules`: which intervals it adds."""
    found = function.result
    for value in (found.items or {}).values():
        _interval(run, value, function)


def _interval(run: Run, value: Value, function: Function) -> None:
    interval = (value.items or {}).get("interval")
    seconds = interval.known if interval is not None else None
    if seconds is not None and seconds.isdigit() and int(seconds[:9]) < MIN_INTERVAL_S:
        node = function.body
        if node is not None:
            run.report(OFTEN, node, f"every {seconds} s")


def _slept(run: Run, call: Call) -> None:
    seconds = call.known(0)
    if run.loops and not run.cli:
        run.report(SLEEPS, call.node, "in a loop")
    elif call.name == "sleep" and seconds is not None and seconds.isdigit() and int(seconds) > 1:
        run.report(SLEEPS, call.node, f"{seconds} s", level="info" if run.cli else None)


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(("wp_schedule_event", "wp_schedule_single_event"), _scheduled),
    **dict.fromkeys(("sleep", "usleep", "time_nanosleep"), _slept),
}
METHODS: dict[str, Check] = {}
CLASSES: dict[str, Check] = {}
