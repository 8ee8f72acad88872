"""The adapter to `pulumi.dynamic`: passes each verb's properties to the lifecycle and back.

Every stored state refers to `ImgixSourceProvider` in this module, so neither may be renamed. The
class holds no data: what a process shares is in its `Run`.
"""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from imgix_provider.errors import ConfigurationError, ImgixError, NotFoundError
from imgix_provider.messages import Notice, Severity

if TYPE_CHECKING:
    from imgix_provider.run import Run
    from imgix_provider.settings import Settings

try:
    from pulumi.dynamic import ConfigureRequest
except ImportError:  # requirements.txt allows no such version, but pip can be overruled
    raise pulumi.RunError(
        "the Pulumi SDK is too old for imgix_provider: pip install --upgrade pulumi"
    ) from None

_PROVIDER_KEY: Final = "__provider"
_run: Run | None = None

P = ParamSpec("P")
R = TypeVar("R")

# Python puts a class's module before its name unless that is "builtins", and the engine shows the
# line unchanged. This one reads "ImgixError: …".
_Shown = type("ImgixError", (Exception,), {"__module__": "builtins"})


def _in_one_line(verb: Callable[P, R]) -> Callable[P, R]:
    """Turn whatever `verb` raises into one line, without a traceback and without any value."""

    @functools.wraps(verb)
    def shown(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return verb(*args, **kwargs)
        except ImgixError as error:
            line = str(error)
            raise _Shown(line if _run is None else _run.secrets.redact(line)) from None
        except Exception as error:
            # Not extract_tb, which obeys the limit set by `configure` and finds nothing.
            *_, (frame, line_number) = traceback.walk_tb(error.__traceback__)
            place = f"{Path(frame.f_code.co_filename).name}:{line_number}"
            raise _Shown(
                f"unexpected {type(error).__name__} at {place} while the imgix provider ran "
                f"{verb.__name__}; this is a bug in the provider, please report it"
            ) from None

    return shown


class ImgixSourceProvider(ResourceProvider):
    """Implements check, diff, create, read, update and delete of an imgix source for Pulumi."""

    # The class is stored as a reference and holds no secret, so there is nothing to encrypt.
    serialize_as_secret_always = False

    @_in_one_line
    def configure(self, req: ConfigureRequest) -> None:
        """Take the key, the address and the limits from the stack's configuration."""
        # Imported only when needed: programs import this module too, and send nothing.
        from imgix_provider.process import widen_thread_pool
        from imgix_provider.run import run_for
        from imgix_provider.settings import load_settings

        # The engine shows the traceback of whatever a verb raises, which does not help users. This
        # is not set in the program's process, where it would hide tracebacks of the user's code.
        sys.tracebacklimit = 0
        widen_thread_pool()
        settings = load_settings(lambda name: _text(req.config.get(f"imgix:{name}")))
        use_run(run_for(settings, _make))

    @_in_one_line
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Report all problems of the inputs at once, and return them in canonical form."""
        run = _running()
        outcome = run.lifecycle.check(
            _own(news), _own(_olds), _is_unknown, resource=_calling_resource()
        )
        # The engine prints the value of the property that a failure names, so name none.
        lines = [run.secrets.redact(str(problem)) for problem in outcome.problems]
        return CheckResult(dict(outcome.inputs), [CheckFailure("", line) for line in lines])

    @_in_one_line
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Return whether declared keys changed, and whether a new source replaces the old one."""
        outcome = _running().lifecycle.diff(
            _id, _own(_olds), _own(_news), _is_unknown, resource=_calling_resource()
        )
        if outcome.replaces:
            return DiffResult(True, list(outcome.replaces), delete_before_replace=True)
        return DiffResult(changes=outcome.changes)

    @_in_one_line
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Adopt, reuse or make the source."""
        from imgix_provider.sources.declaration import Declaration

        declaration = Declaration.from_properties(_own(props))
        run, resource = _running(), _calling_resource()
        with run.services.waits.work(resource):
            source_id, outputs = run.lifecycle.create(declaration, resource)
        return CreateResult(source_id, _kept(outputs))

    @_in_one_line
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the source's current outputs and inputs; an empty id if it is gone."""
        from imgix_provider.deployments.fields import KEEP
        from imgix_provider.process import is_lookup, keys_declared_as
        from imgix_provider.sources.declaration import without_defaults

        known = _own(props)
        if kept := keys_declared_as(KEEP):
            # The outputs still have the value from before, which the engine would no longer hide.
            known["deployment"] = {**known["deployment"], **dict.fromkeys(kept, KEEP)}
        looks_up = is_lookup()
        outcome = _running().lifecycle.read(
            id_, known, resource=_calling_resource(), looks_up=looks_up
        )
        if outcome is not None:
            result = ReadResult(id_, _kept(outcome.outputs))
            # In the form that the program sends; SDKs before 3.216 ignore them.
            result.inputs = None if looks_up else without_defaults(outcome.inputs)
            return result
        if not known.get("deployment"):
            raise NotFoundError(
                f"there is no imgix source {id_} in this account",
                "Check the id given to ImgixSource.get, and that imgix:apiKey belongs to the right "
                "account.",
                status=404,
            )
        return ReadResult("", {})

    @_in_one_line
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Send what changed, or nothing if only local options did."""
        from imgix_provider.sources.declaration import Declaration

        declaration = Declaration.from_properties(_own(_news))
        olds = _own(_olds)
        run, resource = _running(), _calling_resource()
        with run.services.waits.work(resource):
            outputs = run.lifecycle.update(_id, olds, declaration, resource)
        return UpdateResult(_kept(outputs))

    @_in_one_line
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Do what `on_delete` says, and report it in one line."""
        _running().lifecycle.delete(_id, _own(_props), _calling_resource())


def use_run(run: Run) -> None:
    """Make the verbs of this process work in a run."""
    global _run
    _run = run


def _make(settings: Settings) -> Run:
    """Make what all sources of this process share."""
    from imgix_provider.process import engine_of_this_process
    from imgix_provider.run import Run
    from imgix_provider.settings import NO_KEY
    from imgix_provider.sources.neighbours import Neighbours
    from imgix_provider.waits import Waits

    engine = engine_of_this_process()
    engine.watch()
    run = Run(
        settings,
        before_change=engine.leave_if_gone,
        neighbours=Neighbours(engine.address),
        waits=Waits(engine.address),
    )
    if settings.api_key is None:
        run.notify(Notice(Severity.INFO, NO_KEY))
    return run


def _calling_resource() -> str:
    from imgix_provider.process import calling_resource

    return calling_resource()


def _running() -> Run:
    if _run is None:
        raise ConfigurationError("the imgix provider was used before it was configured")
    return _run


def _own(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties without the one that names this provider, and learn their secrets."""
    _running().learn_secrets(properties)
    return {key: value for key, value in properties.items() if key != _PROVIDER_KEY}


def _kept(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return outputs as the state keeps them, which drops None; see `secure_url_token`."""
    return {**outputs, "secure_url_token": outputs.get("secure_url_token") or ""}


def _is_unknown(value: object) -> bool:
    return isinstance(value, Unknown)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
