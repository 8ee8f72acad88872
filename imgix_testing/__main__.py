"""`python -m imgix_testing`: the simulated imgix API from a shell."""

import argparse
import sys

from imgix_testing.server import cli


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m imgix_testing", description="The simulated imgix API from a shell."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    cli.add_commands(commands)
    chosen = parser.parse_args(arguments)
    status: int = chosen.run(chosen)
    return status


if __name__ == "__main__":
    sys.exit(main())
