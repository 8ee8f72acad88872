"""The process that runs a stack's program, with the real SDK; started by file name, never imported.

It does what the CLI's language host does for Python: it takes the configuration from the
environment, connects the SDK to the engine, and runs the folder's `__main__.py` inside the stack.
It imports nothing from this package, so the program finds the same modules as without it.
"""

import asyncio
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

# The program must not import from this file's folder.
sys.path.pop(0)

import pulumi
from pulumi import runtime

# The status that says: the error has been shown, add nothing.
TOLD = 32


def _own_traceback(program: str) -> str:
    """Return the traceback from the program's first frame on, without the code that ran it."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    for index, frame in enumerate(frames):
        if os.path.dirname(frame.filename) == program:
            return traceback.format_exc(limit=index - len(frames))
    return traceback.format_exc()


def _run(folder: str, parallel: int) -> int:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Every registration waits in its own thread until the engine has answered.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=4 * parallel))
    # A program that fails leaves behind futures that nobody awaits; do not warn about them.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    def program() -> None:
        runpy.run_path(folder, run_name="__main__")

    try:
        loop.run_until_complete(runtime.run_in_stack(program))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception:
        reason = _own_traceback(folder)
        pulumi.log.error(f"Program failed with an unhandled exception:\n{reason}")
        return TOLD
    return 0


def main() -> int:
    """Run the program described by the only argument, the SDK's settings as JSON."""
    settings = json.loads(sys.argv[1])
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(runtime.Settings(**settings))
    sys.argv = [settings["root_directory"]]
    return _run(settings["root_directory"], settings["parallel"])


if __name__ == "__main__":
    sys.exit(main())
