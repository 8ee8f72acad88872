"""The shell commands of `imgix_testing.engine`; named and used like the Pulumi CLI's."""

import argparse
import functools
import json
import os
import sys
from pathlib import Path
from typing import Any


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add this module's commands; each sets `run`, a function of the parsed arguments."""
    preview = _command(commands, "preview", "show what an update would do", _preview)
    up = _command(commands, "up", "create, change and delete what the program declares", _up)
    for command in (preview, up):
        command.add_argument("--refresh", action="store_true", help="ask for the live state first")
    up.add_argument("--skip-preview", action="store_true")
    refresh = _command(commands, "refresh", "bring the state up to the live state", _refresh)
    destroy = _command(commands, "destroy", "delete everything that the state knows", _destroy)
    for command in (refresh, destroy):
        command.add_argument("--preview-only", action="store_true")
    for command in (up, refresh, destroy):
        command.add_argument("--yes", "-y", action="store_true", help="do not ask")
    import_ = _command(commands, "import", "take over resources that a file describes", _import)
    import_.add_argument("--file", type=Path, required=True)
    import_.add_argument("--protect", choices=("true", "false"), default="true")
    _add_config(commands)


def _command(
    commands: "argparse._SubParsersAction[Any]", name: str, words: str, act: Any
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    parser.add_argument("--cwd", type=Path, default=Path(), help="the program's folder")
    parser.add_argument("--stack", default="dev")
    parser.add_argument("--state", type=Path, help="the state file")
    parser.set_defaults(run=functools.partial(_run, act))
    return parser


def _add_config(commands: "argparse._SubParsersAction[Any]") -> None:
    config = commands.add_parser("config", help="the configuration in Pulumi.<stack>.yaml")
    verbs = config.add_subparsers(required=True, metavar="VERB")
    set_ = _command(verbs, "set", "give a key a value", _config_set)
    set_.add_argument("--secret", action="store_true", help="encrypt the value")
    get = _command(verbs, "get", "print the value of a key, decrypted", _config_get)
    remove = _command(verbs, "rm", "take a key away", _config_remove)
    for verb in (set_, get, remove):
        verb.add_argument("--path", action="store_true", help="KEY is a path into an object")
        verb.add_argument("key", metavar="KEY")
    set_.add_argument("value", metavar="VALUE", nargs="?", help="standard input if not given")


def _run(act: Any, chosen: argparse.Namespace) -> int:
    from imgix_testing.engine.passphrase import PassphraseError
    from imgix_testing.engine.stack_config import ConfigError

    try:
        return int(act(chosen))
    except (ConfigError, PassphraseError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _stack(chosen: argparse.Namespace) -> Any:
    from imgix_testing.engine.passphrase import passphrase_from
    from imgix_testing.engine.stack import Stack

    return Stack(
        chosen.cwd,
        chosen.stack,
        state_file=chosen.state.resolve() if chosen.state else None,
        passphrase=passphrase_from(os.environ),
        on_line=functools.partial(print, flush=True),
        colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
    )


def _agreed(chosen: argparse.Namespace, question: str) -> bool:
    if chosen.yes:
        return True
    if not sys.stdin.isatty():
        print("error: --yes must be passed when nobody can be asked", file=sys.stderr)
        return False
    return input(f"{question} [yes/no] ") in ("y", "yes")


def _status(ok: bool) -> int:
    return 0 if ok else 1


def _preview(chosen: argparse.Namespace) -> int:
    return _status(_stack(chosen).preview(refresh=chosen.refresh).ok)


def _up(chosen: argparse.Namespace) -> int:
    stack = _stack(chosen)
    if not chosen.skip_preview and not stack.preview(refresh=chosen.refresh).ok:
        return 1
    if not _agreed(chosen, "Do you want to perform this update?"):
        return 1
    return _status(stack.up(skip_preview=True, refresh=chosen.refresh).ok)


def _refresh(chosen: argparse.Namespace) -> int:
    stack = _stack(chosen)
    if chosen.preview_only:
        return _status(stack.refresh(preview_only=True).ok)
    if not _agreed(chosen, "Do you want to refresh the state?"):
        return 1
    return _status(stack.refresh().ok)


def _destroy(chosen: argparse.Namespace) -> int:
    stack = _stack(chosen)
    if not stack.destroy(preview_only=True).ok:
        return 1
    if chosen.preview_only:
        return 0
    if not _agreed(chosen, "Do you want to delete all of this?"):
        return 1
    return _status(stack.destroy().ok)


def _import(chosen: argparse.Namespace) -> int:
    result = _stack(chosen).import_file(chosen.file, protect=chosen.protect == "true")
    return _status(result.ok)


def _config_file(chosen: argparse.Namespace) -> Any:
    from imgix_testing.engine.passphrase import Keyring, passphrase_from
    from imgix_testing.engine.stack_config import load_project, stack_file
    from imgix_testing.engine.stack_config_file import StackConfigFile

    directory = chosen.cwd.resolve()
    keyring = Keyring(passphrase_from(os.environ))
    project = load_project(directory).name
    return StackConfigFile(stack_file(directory, chosen.stack), project, keyring)


def _config_set(chosen: argparse.Namespace) -> int:
    value = chosen.value if chosen.value is not None else sys.stdin.read().rstrip("\n")
    _config_file(chosen).set(chosen.key, value, path=chosen.path, secret=chosen.secret)
    return 0


def _config_get(chosen: argparse.Namespace) -> int:
    value = _config_file(chosen).get(chosen.key, path=chosen.path)
    print(value if isinstance(value, str) else json.dumps(value))
    return 0


def _config_remove(chosen: argparse.Namespace) -> int:
    _config_file(chosen).remove(chosen.key, path=chosen.path)
    return 0
