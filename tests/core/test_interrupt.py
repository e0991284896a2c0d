"""One signal ends a command; more of them do not end what it puts away."""

import signal
import subprocess
import sys

import pytest

# Whoever starts the tests may not listen to a signal either (a job in the background), so it is said.
COMMAND = """
import signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
if "nohup" in sys.argv:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
from reconciler.cli.interrupt import tidily
try:
    with tidily("putting away"):
        try:
            print("at work", flush=True)
            sys.stdin.readline()
        finally:
            print("putting away", flush=True)
            sys.stdin.readline()
            print("put away", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_and_the_next_ones_do_not(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "at work\n"
        process.send_signal(number)
        assert process.stdout.readline() == "putting away\n"
        for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process.send_signal(again)
        out, err = process.communicate("\n", timeout=10)
    assert (out, err) == ("put away\ninterrupted\n", "\nwpaas: putting away\n")


def test_what_is_not_listened_to_stays_so() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "nohup"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGHUP)
        out, _ = process.communicate("\n\n", timeout=10)
    assert out == "putting away\nput away\n"
