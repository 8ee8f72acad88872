"""The process that runs a stack's program, with the real SDK; started by file name, never imported.

It does what the CLI's language host does for Python: configuration from the environment, the SDK
connected to the engine, the folder's `__main__.py` run inside the stack. It imports nothing of this
package, so that the program finds the modules that it would find without it.
"""

import argparse
import asyncio
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

# This file's own folder is no place for the program to import from.
sys.path.pop(0)

import pulumi
from pulumi import runtime

# The status that says: the person has been told, add nothing.
TOLD = 32


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run a Pulumi program.")
    for name in ("monitor", "engine", "project", "stack", "organization", "program"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--parallel", type=int, required=True)
    parser.add_argument("--preview", action="store_true")
    return parser.parse_args()


def _connect(arguments: argparse.Namespace) -> None:
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(
        runtime.Settings(
            monitor=arguments.monitor,
            engine=arguments.engine,
            project=arguments.project,
            stack=arguments.stack,
            organization=arguments.organization,
            parallel=arguments.parallel,
            dry_run=arguments.preview,
            root_directory=arguments.program,
        )
    )


def _own_traceback(program: str) -> str:
    """The traceback from the program's first frame on, without the machinery that ran it."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    for index, frame in enumerate(frames):
        if os.path.dirname(frame.filename) == program:
            return traceback.format_exc(limit=index - len(frames))
    return traceback.format_exc()


def _run(arguments: argparse.Namespace) -> int:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Every registration waits in a thread of its own until the engine has answered.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=4 * arguments.parallel))
    # A program that fails leaves futures behind that nobody awaits; that is no news.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    def program() -> None:
        runpy.run_path(arguments.program, run_name="__main__")

    try:
        loop.run_until_complete(runtime.run_in_stack(program))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception:
        reason = _own_traceback(arguments.program)
        pulumi.log.error(f"Program failed with an unhandled exception:\n{reason}")
        return TOLD
    return 0


def main() -> int:
    """Run the program that the command line names and return its exit status."""
    arguments = _arguments()
    _connect(arguments)
    sys.argv = [arguments.program]
    return _run(arguments)


if __name__ == "__main__":
    sys.exit(main())
