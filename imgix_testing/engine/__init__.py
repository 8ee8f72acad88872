"""A stand-in for the Pulumi engine; `stack` says what it does and what it leaves out."""

from imgix_testing.engine.background_run import BackgroundRun
from imgix_testing.engine.report import Step
from imgix_testing.engine.result import Result
from imgix_testing.engine.stack import Stack

__all__ = ["BackgroundRun", "Result", "Stack", "Step"]
