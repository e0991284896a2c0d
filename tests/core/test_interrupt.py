"""One signal ends a command; more of them do not end what it puts away."""

import os
import signal
import subprocess
import sys

import pytest

COMMAND = """
import sys
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
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with subprocess.Popen(
            [sys.executable, "-c", COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == "at work\n"
            os.kill(process.pid, signal.SIGHUP)
            out, _ = process.communicate("\n\n", timeout=10)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert out == "putting away\nput away\n"
