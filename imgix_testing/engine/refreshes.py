"""Asks the provider for the live state of every resource that the stack knows.

What has gone leaves the state; what has changed enters it, as inputs too if the provider says so,
and so the next preview shows it as something to put back.
"""

from collections.abc import Callable

from attrs import evolve, frozen

from imgix_testing.engine.operation import Operation
from imgix_testing.engine.property_values import same, with_secret_outputs
from imgix_testing.engine.report import Step, make_step
from imgix_testing.engine.stack_state import ResourceState


def refresh_all(operation: Operation, on_step: Callable[[Step], None]) -> None:
    """Refresh the whole stack; a resource that cannot be read keeps its state and fails the run."""
    resources = operation.snapshot.resources()

    def refreshed(old: ResourceState) -> _Refreshed:
        return _refreshed(operation, old, on_step)

    made = operation.in_parallel(refreshed, resources)
    fresh = [old if new is None else new.state for old, new in zip(resources, made, strict=True)]
    operation.snapshot.restore([resource for resource in fresh if resource is not None])
    operation.ensure_running()


@frozen
class _Refreshed:
    state: ResourceState | None  # None when the resource is gone


def _refreshed(
    operation: Operation, old: ResourceState, on_step: Callable[[Step], None]
) -> _Refreshed:
    if not old.custom or old.delete or old.pending_replacement:
        return _Refreshed(old)
    with operation.slot(), operation.provider_errors(old.urn):
        live = operation.provider.read(old.urn, old.id, inputs=old.inputs, outputs=old.outputs)
        if not live.id:
            on_step(make_step("delete", old, None))
            return _Refreshed(None)
        new = evolve(
            old,
            id=live.id,
            inputs=old.inputs if live.inputs is None else live.inputs,
            outputs=with_secret_outputs(live.outputs, old.additional_secret_outputs),
        )
        changed = _differs(operation, old, new)
    on_step(make_step("update" if changed else "same", old, new, compare_outputs=changed))
    return _Refreshed(new)


def _differs(operation: Operation, old: ResourceState, new: ResourceState) -> bool:
    if old.external:
        return not same(old.outputs, new.outputs)
    # What an update right after this would find, seen from the other side.
    diff = operation.provider.diff(
        new.urn, new.id, old_inputs=new.inputs, olds=new.outputs, news=old.inputs
    )
    if diff.changes is None:
        return not same(old.inputs, new.inputs)
    return diff.changes
