"""The shell commands of `imgix_testing.server`."""

import argparse
import errno
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from imgix_testing.server.simulated import API_KEY, SimulatedImgix
from imgix_testing.server.state_file import UnreadableStateError


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add this module's commands; each sets `run`, a function of the parsed arguments."""
    server = commands.add_parser(
        "server",
        help="run the simulated imgix Sources API",
        description="Run the simulated imgix Sources API until Ctrl-C.",
    )
    server.add_argument(
        "--port", type=_port, default=8787, help="the port; 0 uses any free one; default 8787"
    )
    server.add_argument("--host", default="127.0.0.1", help="where to listen; default 127.0.0.1")
    server.add_argument("--state", type=Path, metavar="FILE", help="keep the sources in this file")
    server.add_argument(
        "--key", default=API_KEY, help="the API key that it accepts; default one that it prints"
    )
    server.add_argument(
        "--seed", type=int, default=0, help="the seed of ids and probabilities; default 0"
    )
    server.add_argument(
        "--deploy-seconds", type=float, default=0.0, help="how long a deploy takes; default 0"
    )
    server.set_defaults(run=_serve)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is no port: it must be from 0 to 65535")
    return port


def _serve(arguments: argparse.Namespace) -> int:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    imgix = SimulatedImgix(
        api_key=arguments.key,
        port=arguments.port,
        host=arguments.host,
        seed=arguments.seed,
        deploy_seconds=arguments.deploy_seconds,
        state_file=arguments.state,
    )
    try:
        imgix.start()
    except OSError as error:
        where = error.filename or f"{arguments.host}:{arguments.port}"
        why = "the port is taken" if error.errno == errno.EADDRINUSE else error.strerror
        print(f"Cannot start the simulated API: {where}: {why}", file=sys.stderr)
        return 1
    except UnreadableStateError as error:
        print(f"Cannot start the simulated API: {error}", file=sys.stderr)
        return 1
    print(f"Simulated imgix Sources API at {imgix.url} with the key {imgix.api_key}", flush=True)
    over.wait()
    imgix.stop()
    return 0
