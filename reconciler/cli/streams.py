"""The three standard streams, made fit for use: a closed one, or one that cannot write a letter."""

import io
import os
import sys


def prepare() -> None:
    """Open what was closed on nothing, and write what an encoding lacks as `\\u2026`."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # The lowest free number is this one: no other file may get it and be written to.
            opened = os.open(os.devnull, os.O_WRONLY if number else os.O_RDONLY)
            setattr(sys, name, os.fdopen(opened, "w" if number else "r"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def give_up_output() -> None:
    """Send the rest to nobody: who read it has gone, or its disk is full."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def coloured() -> bool:
    """Whether colour is wanted: on a terminal that knows it, unless NO_COLOR is set."""
    capable = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return capable and "NO_COLOR" not in os.environ
