"""A stand-in for the Pulumi engine; `stack` says what it does and what it leaves out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imgix_testing.engine.background import BackgroundRun
    from imgix_testing.engine.report import Step
    from imgix_testing.engine.stack import Result, Stack

__all__ = ["BackgroundRun", "Result", "Stack", "Step"]


def __getattr__(name: str) -> Any:
    # Not imported before it is asked for: the shell's `config` commands need no gRPC.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from imgix_testing.engine import background, report, stack

    modules = {"BackgroundRun": background, "Step": report, "Result": stack, "Stack": stack}
    return getattr(modules[name], name)
