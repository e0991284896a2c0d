"""`wpaas env`: where everything is, without a secret."""

import argparse

from reconciler.cli.open import add_format, command, context, print_json, print_table

EPILOG = """\
examples:
  wpaas env
  wpaas --cluster test env --format json
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    env = command(
        commands,
        "env",
        "repository, engines, ports and addresses; no secrets",
        "Print where everything of the cluster is: repository, engines, addresses, state.\n"
        "No secret is among it.",
        EPILOG,
    )
    add_format(env)
    env.set_defaults(run=_env)


def _env(arguments: argparse.Namespace) -> int:
    from reconciler.sync.services import addresses, last_platform, repository

    found = context(arguments)
    platform = last_platform(repository(found), found.state)
    values: dict[str, str | list[str]] = {
        "name": found.name,
        "repository": found.repository,
        "branch": found.branch,
        "engines": list(found.engines),
        "http": found.http,
        **addresses(found, platform),
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
