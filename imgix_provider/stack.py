"""Declares the sources that a stack's configuration lists, for the program in the root.

`imgix-sources:sources` maps a resource name to a source, with the arguments of `ImgixSource` and
`protect`. All mistakes of all sources are told at once, each with its path in the configuration,
and a secret that is not set yet with the command that sets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pulumi

from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.types import CREDENTIALS, WRITE_ONLY
from imgix_provider.resource import ImgixSource
from imgix_provider.sources.claims import Claims
from imgix_provider.sources.validation import Problem, problems_of

_KEY: Final = "sources"


def declare_sources(config: pulumi.Config | None = None) -> dict[str, ImgixSource]:
    """Declare every source in the stack's configuration and return them by resource name.

    Raises:
        pulumi.RunError: The configuration has mistakes; it holds one line for each.
    """
    config = config or pulumi.Config()
    sources = _configured(config)
    claims = Claims()
    lines = [
        line
        for resource_name, source in sources.items()
        for line in _problem_lines(f"{config.name}:{_KEY}", resource_name, source, claims)
    ]
    if lines:
        raise pulumi.RunError("\n".join(lines))
    _warn_of_plain_text(f"{config.name}:{_KEY}", sources)
    return {name: _declare(name, source) for name, source in sources.items()}


def _warn_of_plain_text(place: str, sources: Mapping[str, Any]) -> None:
    """Warn of secrets that stand in the stack's file as they are; the engine says if none is not.

    One encrypted value makes the engine count the whole map as secret, so this finds the first.
    """
    if pulumi.runtime.is_config_secret(place):
        return
    for resource_name, source in sources.items():
        for key, value in source["deployment"].items():
            if key in WRITE_ONLY and value not in (None, KEEP):
                path = f"{place}.{resource_name}.deployment.{key}"
                pulumi.log.warn(
                    f"{path} stands in the stack's file in plain text; to encrypt it, run: "
                    f"pulumi config set --secret --path '{path}'"
                )


def _configured(config: pulumi.Config) -> Mapping[str, Any]:
    place = f"{config.name}:{_KEY}"
    stack_file = f"Pulumi.{pulumi.get_stack()}.yaml"
    try:
        sources = config.get_object(_KEY)
    except pulumi.ConfigTypeError:
        raise pulumi.RunError(f"{place} in {stack_file} must be a map of sources") from None
    if sources is None:
        raise pulumi.RunError(
            f"{place} is not set: list the stack's sources there in {stack_file}, or write {{}} "
            "for none"
        )
    if not isinstance(sources, Mapping):
        raise pulumi.RunError(f"{place} in {stack_file} must be a map of sources")
    return sources


def _problem_lines(place: str, resource_name: str, source: Any, claims: Claims) -> list[str]:
    here = f"{place}.{resource_name}"
    if not isinstance(source, Mapping):
        return [f"{here}: must be a map with name and deployment"]
    protect = source.get("protect", False)
    found = [] if isinstance(protect, bool) else [Problem("protect", "must be true or false")]
    found += problems_of({key: value for key, value in source.items() if key != "protect"})
    found += claims.problems_of(source)
    return [_problem_line(here, problem) for problem in found]


def _problem_line(here: str, problem: Problem) -> str:
    line = f"{here}.{problem.path}: {problem.message}"
    key = problem.path.removeprefix("deployment.")
    if key in CREDENTIALS and problem.message.startswith("is required"):
        line += f"; run: pulumi config set --secret --path '{here}.{problem.path}'"
    return line


def _declare(resource_name: str, source: Mapping[str, Any]) -> ImgixSource:
    arguments = {key: value for key, value in source.items() if key != "protect"}
    options = pulumi.ResourceOptions(protect=bool(source.get("protect", False)))
    return ImgixSource(resource_name, **arguments, opts=options)
