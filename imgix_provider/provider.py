"""The adapter to `pulumi.dynamic`: hands each verb's properties to the lifecycle and back.

Every state that was ever written names `ImgixSourceProvider` by this module, so neither is ever
renamed, and the class holds nothing: what a run shares stands in this module, made once per
provider process by `configure`.
"""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.limits import Limits
from imgix_provider.api.transport import Transport
from imgix_provider.deployments.values import canonical_inputs, secrets_in
from imgix_provider.errors import ConfigurationError, ImgixError
from imgix_provider.messages import redact, to_stderr
from imgix_provider.settings import Settings, load_settings
from imgix_provider.sources.claims import Claims
from imgix_provider.sources.declaration import declared_from
from imgix_provider.sources.diff import between, describe_type_change
from imgix_provider.sources.lifecycle import Lifecycle
from imgix_provider.sources.validation import Problem, problems_of, warnings_of

_PROVIDER_KEY: Final = "__provider"
_run: Lifecycle | None = None
_claims = Claims()
_secrets: frozenset[str] = frozenset()  # replaced, never changed: threads read it at any time

P = ParamSpec("P")
R = TypeVar("R")

# Python puts a class's module before its name unless that is "builtins", and the engine shows the
# line as it is: this one reads "ImgixError: …".
_Shown = type("ImgixError", (Exception,), {"__module__": "builtins"})


def _in_one_line(verb: Callable[P, R]) -> Callable[P, R]:
    """Make whatever `verb` raises one line, without a traceback and without any value in it."""

    @functools.wraps(verb)
    def shown(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return verb(*args, **kwargs)
        except ImgixError as error:
            raise _Shown(redact(str(error), _secrets)) from None
        except Exception as error:
            # Not extract_tb: that obeys the limit which `configure` sets, and finds nothing.
            *_, (frame, line) = traceback.walk_tb(error.__traceback__)
            place = f"{Path(frame.f_code.co_filename).name}:{line}"
            raise _Shown(
                f"unexpected {type(error).__name__} at {place} while the imgix provider ran "
                f"{verb.__name__}; this is a defect of the provider, please report it"
            ) from None

    return shown


class ImgixSourceProvider(ResourceProvider):
    """Implements check, diff, create, read, update and delete of an imgix source for Pulumi."""

    # The class travels as a reference and holds no secret, so there is nothing to encrypt.
    serialize_as_secret_always = False

    @_in_one_line
    def configure(self, req: ConfigureRequest) -> None:
        """Take the key, the address and the limits from the stack's configuration."""
        # Only the provider's process: in the program's process this hides what is not ours.
        sys.tracebacklimit = 0
        start(load_settings(lambda name: _text(req.config.get(f"imgix:{name}"))))

    @_in_one_line
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Report all problems of the inputs at once, and return them in canonical form."""
        olds, news = _own(_olds), _own(news)
        inputs = canonical_inputs(news, olds, _is_unknown)
        problems = problems_of(inputs, before=olds, unknown=_is_unknown)
        problems += _claims.problems_of(inputs)
        name = news.get("name")
        for warning in warnings_of(inputs, _is_unknown):
            _tell(f'warning: imgix source "{name}": {warning}')
        if not problems and not olds and not pulumi.contains_unknowns(inputs):
            declared = declared_from(inputs)
            if declared.adopt is None:
                _lifecycle().plan_create(declared)
            else:
                _tell(
                    f'imgix source "{name}": the existing source {declared.adopt} is taken over; '
                    "nothing is created"
                )
        return CheckResult(inputs, [_failure(problem) for problem in problems])

    @_in_one_line
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Tell whether declared keys changed, and in words if the type does."""
        olds, news = _own(_olds), _own(_news)
        if _is_unknown(news.get("deployment")):
            return DiffResult(changes=True)
        old, new = declared_from(olds), declared_from(_known(news))
        type_known = not _is_unknown(news["deployment"].get("type"))
        if type_known and old.type != new.type:
            replaces = new.on_type_change == "replace"
            how = "a new source replaces the old one" if replaces else "the source stays the same"
            _tell(f'imgix source "{old.name}": {describe_type_change(old, new)}; {how}')
            if replaces:
                _lifecycle().plan_replace(_id)
                return DiffResult(True, ["deployment.type"], delete_before_replace=True)
        if pulumi.contains_unknowns(news):
            return DiffResult(changes=True)
        changes = between(old, new)
        if changes.sends:
            _lifecycle().plan_update(_id)
        return DiffResult(changes=changes.any)

    @_in_one_line
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the source, or take over the one to adopt."""
        source_id, outputs = _lifecycle().create(declared_from(_own(props)))
        return CreateResult(source_id, outputs)

    @_in_one_line
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the source as it stands, as outputs and as inputs; gone is an empty id."""
        reading = _lifecycle().read(id_, _own(props))
        if reading is None:
            return ReadResult("", {})
        return ReadResult(id_, dict(reading.outputs), inputs=dict(reading.inputs))

    @_in_one_line
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Send what changed, and nothing where only local options did."""
        return UpdateResult(_lifecycle().update(_id, _own(_olds), declared_from(_own(_news))))

    @_in_one_line
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Do what `on_delete` says, and tell it in one line."""
        _lifecycle().delete(_id, _own(_props))


def start(settings: Settings) -> None:
    """Make what all sources of this process share."""
    global _run, _claims
    _claims = Claims()
    if settings.api_key is None:
        _tell("no imgix API key is set; a preview needs none, but everything else does")
    limits = Limits(settings)
    _run = Lifecycle(SourcesClient(Transport(settings, limits, _tell)), limits, _tell)


def _failure(problem: Problem) -> CheckFailure:
    """Return what the engine shows of a problem: the path, and the value there, which it prints."""
    message = redact(problem.message, _secrets)
    if problem.path == "deployment":  # its value may hold anything, so the path goes to the words
        return CheckFailure("", f"deployment {message}")
    return CheckFailure(problem.path, message)


def _lifecycle() -> Lifecycle:
    if _run is None:
        raise ConfigurationError("the imgix provider was used before it was configured")
    return _run


def _own(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties without the one that names this provider, and learn their secrets."""
    global _secrets
    _secrets |= frozenset(secrets_in(properties))
    return {key: value for key, value in properties.items() if key != _PROVIDER_KEY}


def _tell(line: str) -> None:
    """Tell a person one line, without any secret that a source of this run has."""
    to_stderr(redact(line, _secrets))


def _is_unknown(value: object) -> bool:
    return isinstance(value, Unknown)


def _known(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties without those that become known only later."""
    deployment = properties.get("deployment") or {}
    return {
        **{key: value for key, value in properties.items() if not _is_unknown(value)},
        "deployment": {
            key: value for key, value in deployment.items() if not pulumi.contains_unknowns(value)
        },
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
