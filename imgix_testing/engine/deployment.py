"""Decides what each declared resource needs, and does it through the provider.

Decisions are made one at a time, as in Pulumi, and at most one ahead of what is being carried out,
which runs in parallel. A replaced resource is always deleted first, because two sources cannot
share a domain. `run` refreshes, and deletes what the program no longer declares.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from attrs import evolve

from imgix_testing.engine import property_paths
from imgix_testing.engine.property_values import (
    Properties,
    contains_secret,
    same,
    with_secret_outputs,
)
from imgix_testing.engine.report import Step
from imgix_testing.engine.run import Run, now
from imgix_testing.engine.state import STACK_TYPE, ResourceState, make_urn

_Act = Callable[[], ResourceState]


class Deployment:
    """One run of the program against the stack."""

    def __init__(self, run: Run) -> None:
        """Start with nothing declared."""
        self._run = run
        self._state = run.state
        self._deciding = threading.Lock()
        self._seen: set[str] = set()
        self.stack_outputs: Properties | None = None

    def urn(self, parent: str, type_: str, name: str) -> str:
        """Return the URN of a resource of this stack."""
        return make_urn(self._run.stack, self._run.project, parent, type_, name)

    def register(self, new: ResourceState, import_id: str) -> ResourceState:
        """Make a resource as the program declares it; `new` has no id or outputs yet."""
        with ExitStack() as place:
            with self._deciding:
                self._run.ensure_running()
                self._claim(new.urn)
                act = self._decide(new, import_id)
                # As in Pulumi, nothing more is decided until this has a place.
                place.enter_context(self._run.slot())
            return act()

    def resource_outputs(self) -> Properties:
        """Return the outputs of all resources in the state, as the engine lets a program read."""
        return {
            resource.urn: {"type": resource.type, "outputs": resource.outputs}
            for resource in self._state.every()
        }

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Store the outputs of a component, or of the stack itself."""
        resource = self._state.registered(urn)
        if resource.type == STACK_TYPE:
            # They are saved once it is known whether the run succeeded.
            self.stack_outputs = outputs
        else:
            self._state.record(evolve(resource, outputs=outputs))

    def finish_stack(self, stack_urn: str) -> None:
        """Save the stack's outputs; after a failure, the old ones stay beside the new ones."""
        if self.stack_outputs is not None:
            resource = self._state.registered(stack_urn)
            kept = resource.outputs if self._run.aborted else {}
            self._state.record(evolve(resource, outputs={**kept, **self.stack_outputs}))

    def read(self, wanted: ResourceState) -> ResourceState:
        """Look up a resource that is managed elsewhere, even in a preview."""
        with self._deciding:
            self._run.ensure_running()
            self._claim(wanted.urn)
        old = self._state.old(wanted.urn)
        with self._run.slot(), self._run.provider_errors(wanted.urn):
            live = self._run.provider.read(
                wanted.urn, wanted.id, inputs=wanted.inputs, outputs=wanted.inputs
            )
            if old is not None and not old.external and old.id != wanted.id:
                self._run.delete_at_provider(old)
                self._run.report.add(Step("delete-replaced", old, None))
        found = evolve(wanted, id=live.id or wanted.id, outputs=live.outputs, external=True)
        return self._done("read", old, found)

    def _claim(self, urn: str) -> None:
        if urn in self._seen:
            raise self._run.fail(
                urn, f"Duplicate resource URN '{urn}'; try giving it a unique name"
            )
        self._seen.add(urn)

    def _decide(self, new: ResourceState, import_id: str) -> _Act:
        old = self._state.old(new.urn)
        if old is not None:
            new = evolve(new, created=old.created, modified=old.modified)
        if not new.custom:
            return lambda: self._component(old, new)
        if import_id and (old is None or old.id != import_id):
            # As with the CLI: only the inputs say which dynamic provider to use.
            raise self._run.fail(new.urn, "a dynamic resource cannot be imported: it has no inputs")
        with self._run.provider_errors(new.urn):
            checked = self._check(new, old)
            if old is None:
                return lambda: self._create("create", None, checked)
            if old.external or old.pending_replacement:
                return lambda: self._create("replace", old, checked)
            changes, replaces = self._run.provider.diff(old, checked.inputs)
            if changes and replaces:
                return self._decide_replacement(new, old, replaces)
        if changes:
            return lambda: self._update(old, checked)
        return lambda: self._done("same", old, evolve(checked, id=old.id, outputs=old.outputs))

    def _check(self, new: ResourceState, old: ResourceState | None) -> ResourceState:
        inputs, olds = new.inputs, old.inputs if old is not None else {}
        for path in new.ignore_changes if old is not None else ():
            inputs = property_paths.restored(inputs, olds, property_paths.parse(path))
        inputs, failures = self._run.provider.check(new.urn, olds, inputs)
        if failures:
            complaints = [_complaint(new, property_, reason) for property_, reason in failures]
            raise self._run.fail(new.urn, *complaints)
        return evolve(new, inputs=inputs)

    def _decide_replacement(
        self, new: ResourceState, old: ResourceState, keys: Sequence[str]
    ) -> _Act:
        if old.protect and new.protect:
            raise self._run.fail(
                new.urn,
                f'unable to replace resource "{new.urn}"\n'
                "as it is currently marked for protection. To unprotect the resource, remove the "
                "`protect` flag from the resource in your Pulumi program and run `pulumi up`",
            )
        # The inputs that led to this decision were completed from the old resource.
        checked = self._check(new, None)
        return lambda: self._replace(old, checked, keys)

    def _component(self, old: ResourceState | None, new: ResourceState) -> ResourceState:
        if old is None:
            return self._done("create", None, new)
        op = "same" if same(old.inputs, new.inputs) else "update"
        return self._done(op, old, evolve(new, outputs=old.outputs))

    def _create(
        self, op: str, old: ResourceState | None, new: ResourceState, keys: Sequence[str] = ()
    ) -> ResourceState:
        if self._run.preview:
            return self._done(op, old, evolve(new, outputs=new.inputs), keys)
        with self._run.provider_errors(new.urn):
            id_, outputs = self._run.provider.create(new.urn, new.inputs)
        return self._done(op, old, evolve(new, id=id_, outputs=outputs), keys)

    def _update(self, old: ResourceState, new: ResourceState) -> ResourceState:
        if self._run.preview:
            return self._done("update", old, evolve(new, id=old.id, outputs=new.inputs))
        with self._run.provider_errors(new.urn):
            outputs = self._run.provider.update(old, new.inputs)
        return self._done("update", old, evolve(new, id=old.id, outputs=outputs))

    def _replace(
        self, old: ResourceState, new: ResourceState, keys: Sequence[str]
    ) -> ResourceState:
        self._run.delete_at_provider(old)
        waiting = evolve(old, pending_replacement=True)
        self._state.put_back([waiting])
        self._run.report.add(Step("delete-replaced", old, None))
        made = self._create("replace", waiting, new, keys)
        self._run.report.add(Step("create-replacement", waiting, made, list(keys)))
        return made

    def _done(
        self,
        op: str,
        old: ResourceState | None,
        new: ResourceState,
        keys: Sequence[str] = (),
    ) -> ResourceState:
        """Record the result of a step, and report it."""
        outputs = with_secret_outputs(new.outputs, new.additional_secret_outputs)
        new = evolve(new, outputs=outputs)
        if not self._run.preview and op not in ("same", "read"):
            at = now()
            new = evolve(new, created=at if op != "update" else new.created, modified=at)
        self._state.record(new)
        self._run.report.add(Step(op, old, new, list(keys), compare_outputs=op == "read"))
        return new


def _complaint(new: ResourceState, property_: str, reason: str) -> str:
    subject = f"{new.type} resource '{new.name}'"
    if not property_:
        return f"{subject} has a problem: {reason}"
    value = new.inputs.get(property_, "<nil>")
    shown = "[secret]" if contains_secret(value) else value
    return f"{subject}: property {property_} value {{{shown}}} has a problem: {reason}"
