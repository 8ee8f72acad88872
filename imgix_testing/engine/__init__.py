"""A stand-in for the Pulumi engine; see `stack` for what it does and leaves out."""

from imgix_testing.engine.background_run import BackgroundRun
from imgix_testing.engine.report import Step
from imgix_testing.engine.result import Result
from imgix_testing.engine.stack import Stack

__all__ = ["BackgroundRun", "Result", "Stack", "Step"]
