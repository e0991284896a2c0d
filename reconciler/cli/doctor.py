"""`wpaas doctor`: looks at everything the reconciler needs, and says what to do about what is off."""

import argparse

from reconciler.cli.open import add_format, command, fleet, print_json

EXIT_FAILED = 1


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    doctor = command(
        commands,
        "doctor",
        "check Git, engine, nodes, registry, database, store",
        "Check what the reconciler needs, one after the other, and say what to do about "
        "what is off.",
        "exit codes: 0 all is well, 1 something is off, 2 wrong usage",
    )
    add_format(doctor)
    doctor.set_defaults(run=_doctor)


def _doctor(arguments: argparse.Namespace) -> int:
    from reconciler.sync.checks import checks

    results = list(checks(fleet(arguments)))
    if arguments.format == "json":
        print_json([{"check": r.name, "ok": r.ok, "found": r.found, "fix": r.fix} for r in results])
    else:
        for result in results:
            print(f"{'ok  ' if result.ok else 'FAIL'}  {result.name}: {result.found}")
            if not result.ok and result.fix:
                print(f"      fix: {result.fix}")
    return 0 if all(result.ok for result in results) else EXIT_FAILED
