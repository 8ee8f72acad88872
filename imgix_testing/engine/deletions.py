"""Deletes resources, those that depend on others before those others.

Used at the end of an update, for what the program no longer declares, and by destroy.
"""

from collections.abc import Iterator
from functools import partial

from imgix_testing.engine.operation import AbortedError, Operation
from imgix_testing.engine.report import make_step
from imgix_testing.engine.stack_state import ResourceState


def delete_all(operation: Operation, resources: list[ResourceState]) -> None:
    """Delete the resources, or none of them if one is protected."""
    _refuse_protected(operation, resources)
    for level in _levels(resources):
        operation.in_parallel(partial(_delete, operation), level)
        operation.ensure_running()


def _refuse_protected(operation: Operation, resources: list[ResourceState]) -> None:
    refused = [resource for resource in resources if resource.protect and not resource.delete]
    for resource in refused:
        operation.fail(
            resource.urn,
            f'resource "{resource.urn}" cannot be deleted\nbecause it is protected. To unprotect '
            "the resource, either remove the `protect` flag from the resource in your Pulumi "
            f"program and run `pulumi up`, or use the command:\n"
            f"`pulumi state unprotect '{resource.urn}'`",
        )
    if refused:
        raise AbortedError


def _levels(resources: list[ResourceState]) -> Iterator[list[ResourceState]]:
    """The resources in groups, none of which is needed by a later one."""
    left = list(resources)
    while left:
        needed = {urn for resource in left for urn in resource.needs() - {resource.urn}}
        free = [resource for resource in left if resource.urn not in needed]
        # Only a damaged state has a circle; then any order is as good as another.
        level = free or left
        yield level
        left = [resource for resource in left if resource not in level]


def _delete(operation: Operation, resource: ResourceState) -> None:
    with operation.slot():
        owned = resource.custom and not resource.external and not resource.retain_on_delete
        if owned and not resource.pending_replacement and not operation.preview:
            with operation.provider_errors(resource.urn):
                operation.provider.delete(
                    resource.urn, resource.id, inputs=resource.inputs, outputs=resource.outputs
                )
        operation.snapshot.forget(resource)
        op = "discard" if resource.external else "delete"
        operation.report.step(
            make_step("delete-replaced" if resource.delete else op, resource, None)
        )
