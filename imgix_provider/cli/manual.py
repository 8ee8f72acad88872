"""The manual of the command line: what `--help` says besides the arguments.

Each command has a summary for the list of commands, a description, and notes: exit statuses,
environment, examples.
"""

from __future__ import annotations

from typing import Final

import attrs

PROGRAM: Final = "python -m imgix_provider"

_ENVIRONMENT: Final = """\
Environment:
  IMGIX_API_KEY  the API key, with the Sources permission (required)
  IMGIX_API_URL  the address of the API; default https://api.imgix.com/api/v1
"""
_STATUS: Final = """\
Exit status:
  0    done
  1    it failed; standard error says why, in one line
  2    wrong usage
  130  interrupted by Ctrl-C
"""


@attrs.frozen
class Page:
    """The manual of one command."""

    summary: str
    """For the list of commands: lower case, without a full stop."""
    description: str
    """What it does, in whole sentences."""
    notes: str
    """What comes after the arguments."""


def _examples(*commands: str) -> str:
    return "Examples:\n" + "\n".join(f"  {PROGRAM} {command}" for command in commands) + "\n"


MAIN: Final = Page(
    "the sources of an imgix account",
    "Shows, checks and imports the sources of an imgix account, and reviews Pulumi previews.",
    f"""\
`{PROGRAM} COMMAND --help` says more about a command. Results go to standard
output, everything else to standard error.

{_ENVIRONMENT}
To use the key of a stack:

  export IMGIX_API_KEY="$(pulumi config get imgix:apiKey)"

{_STATUS}
Completion, for the same command under its installed name, imgix-provider (needs
`pip install shtab`):

  imgix-provider --print-completion bash > ~/.local/share/bash-completion/completions/imgix-provider
""",
)

LIST: Final = Page(
    "list the sources of the account",
    "Lists the sources of the account, sorted by name: a table on a terminal, tab-separated lines "
    "with a header in a pipe. Changes nothing. Reads 100 sources per request.",
    f"{_ENVIRONMENT}\n{_STATUS}\n"
    + _examples(
        "list --type s3 --enabled true",
        "list --imgix-subdomain acme-blog",
        "list --sort -date_deployed --json",
    ),
)

SHOW: Final = Page(
    "show one source in full, without its secrets",
    "Shows all that imgix says about a source, one line per value. A secret shows as [secret]. "
    "Changes nothing.",
    f"{_ENVIRONMENT}\n{_STATUS}\n"
    + _examples("show 6b0257deeb2083e6ce164dba", "show 6b0257deeb2083e6ce164dba --json"),
)

CHECK: Final = Page(
    "check the address, the key and its permission",
    "Checks with one request that imgix can be reached, that the key is valid and that it may read "
    "sources. Gives up after 15 seconds. Changes nothing.",
    f"{_ENVIRONMENT}\n{_STATUS}\n" + _examples("check"),
)

IMPORT: Final = Page(
    "write the files that bring existing sources into a stack",
    "Reads the account and writes a program, or a stack's configuration, that declares its "
    "sources, and the file for `pulumi import`. Prints what to run next. Changes nothing at "
    "imgix, and overwrites files only with --force.",
    f"{_ENVIRONMENT}\n{_STATUS}\n"
    + _examples("import --out acme", "import --out . --format yaml --stack prod --enabled true"),
)

REVIEW: Final = Page(
    "review a preview, for a pull request",
    "Reads previews, says in words what they would change, and finds what would go wrong. Needs no "
    "account and sends nothing.",
    f"""\
FILE is the output of `pulumi preview --json --refresh --show-sames`, or its engine events, one per
line. Several files are several stacks. - is standard input.

Environment, for --format github:
  GITHUB_STEP_SUMMARY, GITHUB_OUTPUT  the files that the report and the results are added to

Exit status:
  0    reviewed
  1    a preview failed or cannot be read
  2    wrong usage
  3    --fail-on is hit
  130  interrupted by Ctrl-C

Examples:
  pulumi preview --json --refresh --show-sames | {PROGRAM} review
  {PROGRAM} review --format markdown --fail-on error dev=dev.json prod=prod.json
""",
)
