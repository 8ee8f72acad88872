"""`ImgixSource`, the resource that people declare."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast
from weakref import WeakKeyDictionary, WeakSet

import pulumi
from pulumi.runtime import config
from pulumi.runtime.mocks import MockMonitor

from imgix_provider.deployments.types import Deployment
from imgix_provider.errors import ConfigurationError
from imgix_provider.inputs import as_mapping, awaited_once, is_not_known_yet, secret_keys, secured
from imgix_provider.messages import show
from imgix_provider.provider import ImgixSourceProvider
from imgix_provider.settings import NAMESPACE, load_settings, warnings_of
from imgix_provider.sources.declaration import OUTPUTS, without_defaults
from imgix_provider.sources.ledger import Ledger
from imgix_provider.sources.validation import Problem, is_source_id, problems_of

if TYPE_CHECKING:
    from imgix_provider.turns import Turns

Init = TypeVar("Init", bound=Callable[..., None])

DeploymentArgument = Deployment | Mapping[str, Any]
"""A deployment class, or a mapping with `type` and the same keys."""


def _checks_arguments(init: Init) -> Init:
    """Report wrong arguments like any other mistake, in one line and without a traceback."""
    parameters = list(inspect.signature(init).parameters.values())[2:]  # self, resource_name
    known = {each.name for each in parameters}
    required = {each.name for each in parameters if each.default is each.empty}

    @functools.wraps(init)
    def checked(self: ImgixSource, resource_name: str, *args: Any, **given: Any) -> None:
        if not known >= given.keys() >= required:
            inputs = {key: as_mapping(value) for key, value in given.items() if key != "opts"}
            problems = problems_of(inputs, unknown=is_not_known_yet)
            raise _run_error(resource_name, [_as_option(problem) for problem in problems])
        init(self, resource_name, *args, **given)

    return cast(Init, checked)


def _as_option(problem: Problem) -> Problem:
    """Return the problem; of an unknown argument that is an option of every resource, say so."""
    if problem.path not in inspect.signature(pulumi.ResourceOptions.__init__).parameters:
        return problem
    text = "is an option of the resource: write opts=pulumi.ResourceOptions"
    return Problem(problem.path, f"{text}({problem.path}=…)")


def _run_error(resource_name: str, problems: list[Problem]) -> pulumi.RunError:
    return pulumi.RunError(
        "\n".join(f'imgix source "{resource_name}": {problem}' for problem in problems)
    )


class ImgixSource(pulumi.dynamic.Resource, module="imgix", name="Source"):
    """A source of imgix: where images come from, and the addresses that serve them.

    Documented on https://docs.imgix.com/apis/management/sources.
    """

    if TYPE_CHECKING:
        # Only for type checkers and readers: at run time the SDK would process annotations again
        # for every resource, to no effect.
        name: pulumi.Output[str]
        """The display name."""
        deployment: pulumi.Output[dict[str, Any]]
        """The deployment as declared, with current values."""
        effective_deployment: pulumi.Output[dict[str, Any]]
        """All that imgix serves with, including its defaults, without any part of a credential."""
        deployment_status: pulumi.Output[str]
        """`deploying`, `deployed`, `disabled` or `deleted`."""
        date_deployed: pulumi.Output[int]
        """When the source was deployed, in seconds of Unix time."""
        enabled: pulumi.Output[bool]
        """Whether the source serves; a disabled one answers 410 Gone for what is not cached."""
        urls: pulumi.Output[list[str]]
        """The addresses that serve the images: imgix's subdomains first, then custom domains. A
        list of domains with a secret in it is left out."""

    @property
    def secure_url_token(self) -> pulumi.Output[str]:
        """The token that signs URLs, a secret; None unless `secure_url_enabled` is true."""
        # Of what the state lacks, the SDK says in every preview that it is unknown: so the state
        # has an empty text in place of None.
        held: pulumi.Output[str] = self.__dict__["secure_url_token"]
        token = pulumi.Output.unsecret(held)
        return token.apply(lambda text: pulumi.Output.secret(text) if text else cast(str, None))

    @_checks_arguments
    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        deployment: pulumi.Input[DeploymentArgument],
        enabled: pulumi.Input[bool] = True,
        on_delete: pulumi.Input[str] = "disable",
        on_type_change: pulumi.Input[str] = "update",
        adopt: pulumi.Input[str] | None = None,
        wait_for_deployed: pulumi.Input[bool] = True,
        deploy_timeout: pulumi.Input[float] = 300,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a source.

        Args:
            resource_name: The name of the resource in the stack.
            name: The display name in imgix; does not affect how images are served.
            deployment: One of the six deployment classes, or a mapping with `type` and the same
                keys. Credentials in it become Pulumi secrets automatically.
            enabled: Whether the source serves images. Default true.
            on_delete: What deleting does, since imgix has no delete: `disable` (the default)
                keeps the domains taken, `release` frees them and disables, `retain` does nothing.
            on_type_change: `update` (the default) changes the type in place, with the same id and
                domains; `replace` makes a new source.
            adopt: The id of an existing source to adopt instead of creating one. Has no effect on
                a source that the stack already has.
            wait_for_deployed: Whether to wait until imgix has deployed a change. Default true.
            deploy_timeout: How long to wait for that, in seconds, at most 86400. Default 300;
                after that there is a warning, and the source is kept.
            opts: Options of the resource.

        Raises:
            pulumi.RunError: Values that are already known break the documented rules; it has one
                line for each problem. Values that become known later are checked in preview.
        """
        inputs: dict[str, Any] = {
            "name": name,
            "deployment": deployment,
            "enabled": enabled,
            "on_delete": on_delete,
            "on_type_change": on_type_change,
            "adopt": adopt,
            "wait_for_deployed": wait_for_deployed,
            "deploy_timeout": deploy_timeout,
        }
        inputs = {key: awaited_once(value) for key, value in inputs.items()}
        problems = problems_of(inputs, unknown=is_not_known_yet)
        resource = f"{id(opts.parent) if opts else None}::{resource_name}"
        program = _program()
        ignored = (opts and opts.ignore_changes) or ()
        if not ignored:  # the provider knows what of it is asked for
            problems += program.ledger.claim(resource, inputs, is_not_known_yet, creates=True)
        if problems:
            raise _run_error(resource_name, problems)
        _require_settings()
        self._register(
            resource_name,
            {
                **without_defaults(inputs),
                "deployment": secured(inputs["deployment"]),
                "secret_keys": secret_keys(inputs, ignored),
            },
            opts,
            turn=program.turns.of(self, resource_name, inputs["deployment"], opts),
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> ImgixSource:
        """Look up an existing source by its id, without managing it.

        Args:
            resource_name: The name of the resource in the stack.
            id: The id of the source, 24 hexadecimal characters.
            opts: Options of the resource.

        Raises:
            pulumi.RunError: The id is already known and is not the id of a source.
        """
        if not is_not_known_yet(id) and not is_source_id(id):
            raise pulumi.RunError(
                f'ImgixSource.get("{resource_name}"): {show(id)} is not the id of a source'
            )
        source = cls.__new__(cls)
        inputs = ("name", "deployment", "enabled")
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        source._register(resource_name, dict.fromkeys(inputs), options)
        return source

    def _register(
        self,
        resource_name: str,
        inputs: dict[str, Any],
        opts: pulumi.ResourceOptions | None,
        turn: Awaitable[None] | None = None,
    ) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["secure_url_token"])
        *outputs, last = OUTPUTS
        super().__init__(
            ImgixSourceProvider(),
            resource_name,
            # A resource only has the outputs listed in these properties. The SDK awaits them in
            # order, and leaves out what comes to nothing: so the turn comes after the inputs, under
            # the name of an output.
            {**dict.fromkeys(("enabled", *outputs)), **inputs, last: turn},
            pulumi.ResourceOptions.merge(secret, opts),
        )


class _Program(NamedTuple):
    """What one run of a program has declared so far."""

    ledger: Ledger
    turns: Turns

    @classmethod
    def start(cls) -> _Program:
        """Return a program that has declared nothing."""
        from imgix_provider.turns import Turns  # not needed by one that only looks sources up

        return cls(Ledger(), Turns())


_programs: WeakKeyDictionary[Any, _Program] = WeakKeyDictionary()
_warned: WeakSet[Any] = WeakSet()


def _program() -> _Program:
    """Return this run of the program; a process may have several runs.

    A user's unit tests declare many programs under one set of mocks, so those get a new one each.
    """
    monitor = pulumi.runtime.settings.get_monitor()
    if monitor is None or isinstance(monitor, MockMonitor):
        return _Program.start()
    if monitor not in _programs:
        _programs[monitor] = _Program.start()
        warn_of_settings()
    return _programs[monitor]


def warn_of_settings() -> None:
    """Warn once per run of a program about settings without effect and a key in plain text."""
    monitor = pulumi.runtime.settings.get_monitor()
    if monitor is None or isinstance(monitor, MockMonitor) or monitor in _warned:
        return
    _warned.add(monitor)
    secret = pulumi.runtime.is_config_secret(f"{NAMESPACE}:apiKey")
    names = pulumi.get_project(), pulumi.get_stack()
    for warning in warnings_of(_configured_keys(), *names, is_key_secret=secret):
        pulumi.log.warn(warning)


def _configured_keys() -> set[str]:
    """Return all keys of the stack's configuration, with their namespaces."""
    held: Any = config.CONFIG  # a dict itself in older SDKs
    return {*(held.get() if isinstance(held, ContextVar) else held), *config.get_config_env()}


def _require_settings() -> None:
    """Raise a `pulumi.RunError` if a setting in the stack's configuration is invalid."""
    try:
        load_settings(pulumi.Config("imgix").get)
    except ConfigurationError as error:
        raise pulumi.RunError(str(error)) from None
