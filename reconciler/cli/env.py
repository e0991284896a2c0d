"""`wpaas env`: where everything is, without a secret."""

import argparse

from reconciler.cli.open import add_format, fleet, print_json, print_table


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    env = commands.add_parser("env", help="repository, engines, ports and addresses; no secrets")
    add_format(env)
    env.set_defaults(run=_env)


def _env(arguments: argparse.Namespace) -> int:
    opened = fleet(arguments)
    opened.recall()
    found = opened.context
    values: dict[str, str | list[str]] = {
        "name": found.name,
        "repository": found.repository,
        "branch": found.branch,
        "engines": list(found.engines),
        "http": found.http,
        **opened.services.addresses(),
        "state": str(found.state),
    }
    if arguments.format == "json":
        print_json(values)
    else:
        print_table(
            [
                (key, " ".join(value) if isinstance(value, list) else value)
                for key, value in values.items()
            ]
        )
    return 0
