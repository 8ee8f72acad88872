"""`python -m imgix_testing`: the simulated imgix API from a shell."""

import argparse
import sys

DESCRIPTION = "The simulated imgix API from a shell."


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        from imgix_testing.server import cli
    except ModuleNotFoundError as error:
        needs = f"error: the simulated API needs the package {error.name}, of the extra testing"
        print(f"{needs}. Run in a clone: pip install '.[testing]'", file=sys.stderr)
        return 1
    parser = argparse.ArgumentParser(prog="python -m imgix_testing", description=DESCRIPTION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    cli.add_commands(commands)
    chosen = parser.parse_args(arguments)
    status: int = chosen.run(chosen)
    return status


if __name__ == "__main__":
    sys.exit(main())
