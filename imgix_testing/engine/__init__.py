"""A stand-in for the Pulumi engine; `stack` says what it does and what it leaves out."""

from imgix_testing.engine.background import BackgroundRun
from imgix_testing.engine.report import Step
from imgix_testing.engine.stack import Result, Stack

__all__ = ["BackgroundRun", "Result", "Stack", "Step"]
