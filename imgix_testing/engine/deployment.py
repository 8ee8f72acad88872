"""Decides what each resource that the program declares needs, and does it through the provider.

Decisions are taken one at a time, as in Pulumi; what they ask for then runs in parallel. Deleting
what the program no longer declares is `deletions`' affair, refreshing what is there `refreshes`'.

Leaves out: the dependents of a resource that is deleted before it is replaced, `replace_with`,
`deleted_with`, hooks, transforms, targets.
"""

import threading
from collections.abc import Callable, Iterable

from attrs import evolve, frozen

from imgix_testing.engine import property_paths
from imgix_testing.engine.operation import Operation
from imgix_testing.engine.property_values import Properties, contains_secret, same
from imgix_testing.engine.property_values import with_secret_outputs as marked_outputs
from imgix_testing.engine.provider_process import Diff
from imgix_testing.engine.report import make_step
from imgix_testing.engine.stack_state import STACK_TYPE, ResourceState, make_urn, urn_name

_Act = Callable[[], ResourceState]


@frozen
class Alias:
    """A former name of a resource: a whole URN, or the parts in which it differed."""

    urn: str = ""
    name: str = ""
    type: str = ""
    parent: str = ""
    no_parent: bool = False
    stack: str = ""
    project: str = ""


@frozen
class Goal:
    """What the program declares about one resource; the state it should reach has no id yet."""

    state: ResourceState
    import_id: str = ""
    delete_before_replace: bool | None = None
    aliases: tuple[Alias, ...] = ()


class Deployment:
    """One run of the program against the stack."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._snapshot = operation.snapshot
        self._report = operation.report
        self._deciding = threading.Lock()
        self._seen: set[str] = set()
        self._former_urns: dict[str, str] = {}
        self.stack_outputs: Properties | None = None

    def urn(self, parent: str, type_: str, name: str) -> str:
        """The name of a resource of this stack."""
        return make_urn(self._operation.stack, self._operation.project, parent, type_, name)

    def register(self, goal: Goal) -> ResourceState:
        """Bring a resource to what the program declares."""
        with self._deciding:
            self._operation.ensure_running()
            self._claim(goal.state.urn)
            act = self._decide(goal)
        with self._operation.slot():
            return act()

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Take the outputs of a component, or of the stack itself."""
        resource = self._snapshot.registered(urn)
        if resource is None:
            raise self._operation.fail(urn, f"there is no resource '{urn}' to give outputs to")
        if resource.type == STACK_TYPE:
            # They count once it is known whether the run succeeded.
            self.stack_outputs = outputs
        else:
            self._snapshot.record(evolve(resource, outputs=outputs))

    def finish_stack(self, stack_urn: str, *, succeeded: bool) -> None:
        """Save the stack's outputs; after a failure the old ones stay beside the new."""
        resource = self._snapshot.registered(stack_urn)
        if resource is None or self.stack_outputs is None:
            return
        kept = {} if succeeded else resource.outputs
        self._snapshot.record(evolve(resource, outputs={**kept, **self.stack_outputs}))

    def read(self, wanted: ResourceState) -> ResourceState:
        """Look up a resource that is managed elsewhere; this happens in previews too."""
        with self._deciding:
            self._operation.ensure_running()
            self._claim(wanted.urn)
        with self._operation.slot(), self._operation.provider_errors(wanted.urn):
            live = self._operation.provider.read(
                wanted.urn, wanted.id, inputs=wanted.inputs, outputs=wanted.inputs
            )
        outputs = marked_outputs(live.outputs, wanted.additional_secret_outputs)
        found = evolve(wanted, id=live.id or wanted.id, outputs=outputs, external=True)
        old = self._snapshot.old(wanted.urn)
        if old is not None and not old.external and old.id != wanted.id:
            self._snapshot.record_replacement(found)
        else:
            self._snapshot.record(found)
        self._report.step(make_step("read", old, found, compare_outputs=True))
        return found

    def _claim(self, urn: str) -> None:
        if urn in self._seen:
            raise self._operation.fail(
                urn, f"Duplicate resource URN '{urn}'; try giving it a unique name"
            )
        self._seen.add(urn)

    def _decide(self, goal: Goal) -> _Act:
        new = goal.state
        old = self._find_old(goal)
        if not new.custom:
            return lambda: self._component(old, new)
        with self._operation.provider_errors(new.urn):
            if goal.import_id and (old is None or old.external or old.id != goal.import_id):
                self._import(goal)
            inputs = self._with_ignored(old, new)
            checked = self._check(new, old.inputs if old else {}, inputs)
            if old is None:
                return lambda: self._create(checked)
            if old.external or old.pending_replacement:
                return lambda: self._replace(old, checked, (), delete_first=False)
            diff = self._diff(old, checked)
            if diff.changes and diff.replaces:
                return self._decide_replacement(goal, old, diff)
            return lambda: self._update(old, checked) if diff.changes else self._same(old, checked)

    def _find_old(self, goal: Goal) -> ResourceState | None:
        """What is there already, under this name or one that the program says it had."""
        new = goal.state
        if (old := self._snapshot.old(new.urn)) is not None:
            return old
        for urn in self._former_names(goal):
            if self._snapshot.old(urn) is None:
                continue
            self._snapshot.rename(urn, new.urn)
            self._former_urns[new.urn] = urn
            return self._snapshot.old(new.urn)
        return None

    def _former_names(self, goal: Goal) -> Iterable[str]:
        new = goal.state
        own = [self._alias_urn(new, alias) for alias in goal.aliases]
        yield from own
        former_parent = self._former_urns.get(new.parent)
        if former_parent is None:
            return
        for urn in [new.urn, *own]:
            name, type_ = urn_name(urn), urn.split("::")[2].rsplit("$", 1)[-1]
            # A child named after its parent was renamed with it.
            if name.startswith(urn_name(new.parent)):
                name = urn_name(former_parent) + name.removeprefix(urn_name(new.parent))
            yield self.urn(former_parent, type_, name)

    def _alias_urn(self, new: ResourceState, alias: Alias) -> str:
        if alias.urn:
            return alias.urn
        parent = alias.parent or new.parent
        parent = "" if alias.no_parent else self._former_urns.get(parent, parent)
        return make_urn(
            alias.stack or self._operation.stack,
            alias.project or self._operation.project,
            parent,
            alias.type or new.type,
            alias.name or new.name,
        )

    def _import(self, goal: Goal) -> None:
        """Read what should be taken over; a dynamic provider cannot be found without inputs."""
        urn = goal.state.urn
        self._operation.provider.read(urn, goal.import_id, inputs={}, outputs={})
        raise self._operation.fail(urn, "the `import` option is not supported here")

    def _with_ignored(self, old: ResourceState | None, new: ResourceState) -> Properties:
        inputs = new.inputs
        if old is None:
            return inputs
        for path in new.ignore_changes:
            inputs = property_paths.restored(inputs, old.inputs, property_paths.parse(path))
        return inputs

    def _check(self, new: ResourceState, olds: Properties, news: Properties) -> ResourceState:
        inputs, failures = self._operation.provider.check(new.urn, olds, news)
        if failures:
            raise self._operation.fail(
                new.urn,
                *(self._complaint(new, found.property, found.reason) for found in failures),
            )
        return evolve(new, inputs=inputs)

    def _complaint(self, new: ResourceState, property_: str, reason: str) -> str:
        subject = f"{new.type} resource '{new.name}'"
        if not property_:
            return f"{subject} has a problem: {reason}"
        value = new.inputs.get(property_, "<nil>")
        shown = "[secret]" if contains_secret(value) else value
        return f"{subject}: property {property_} value {{{shown}}} has a problem: {reason}"

    def _diff(self, old: ResourceState, new: ResourceState) -> Diff:
        diff = self._operation.provider.diff(
            new.urn, old.id, old_inputs=old.inputs, olds=old.outputs, news=new.inputs
        )
        if diff.changes is None:
            return evolve(diff, changes=not same(old.inputs, new.inputs))
        return diff

    def _decide_replacement(self, goal: Goal, old: ResourceState, diff: Diff) -> _Act:
        new = goal.state
        if old.protect and new.protect:
            raise self._operation.fail(
                new.urn,
                f'unable to replace resource "{new.urn}"\n'
                "as it is currently marked for protection. To unprotect the resource, remove the "
                "`protect` flag from the resource in your Pulumi program and run `pulumi up`",
            )
        # The provider decided on inputs that it had filled from the old resource.
        checked = self._check(new, {}, new.inputs)
        delete_first = diff.delete_before_replace
        if goal.delete_before_replace is not None:
            delete_first = goal.delete_before_replace
        return lambda: self._replace(old, checked, diff.replaces, delete_first=delete_first)

    def _component(self, old: ResourceState | None, new: ResourceState) -> ResourceState:
        if old is not None:
            new = evolve(new, outputs=old.outputs)
        op = "create" if old is None else "same" if same(old.inputs, new.inputs) else "update"
        return self._done(op, old, new)

    def _same(self, old: ResourceState, new: ResourceState) -> ResourceState:
        outputs = marked_outputs(old.outputs, new.additional_secret_outputs)
        return self._done("same", old, evolve(new, id=old.id, outputs=outputs))

    def _create(self, new: ResourceState) -> ResourceState:
        return self._done("create", None, self._created(new))

    def _created(self, new: ResourceState) -> ResourceState:
        if self._operation.preview:
            return evolve(new, outputs=new.inputs)
        with self._operation.provider_errors(new.urn):
            id_, outputs = self._operation.provider.create(new.urn, new.inputs)
        if not id_:
            message = f"provider for {new.type} resource '{new.urn}' gave no id for it"
            raise self._operation.fail(new.urn, message)
        return evolve(new, id=id_, outputs=marked_outputs(outputs, new.additional_secret_outputs))

    def _update(self, old: ResourceState, new: ResourceState) -> ResourceState:
        if self._operation.preview:
            return self._done("update", old, evolve(new, id=old.id, outputs=new.inputs))
        with self._operation.provider_errors(new.urn):
            outputs = self._operation.provider.update(
                new.urn, old.id, old_inputs=old.inputs, olds=old.outputs, news=new.inputs
            )
        outputs = marked_outputs(outputs, new.additional_secret_outputs)
        return self._done("update", old, evolve(new, id=old.id, outputs=outputs))

    def _replace(
        self, old: ResourceState, new: ResourceState, keys: tuple[str, ...], *, delete_first: bool
    ) -> ResourceState:
        if old.pending_replacement:
            return self._done("replace", old, self._created(new), keys)
        if not delete_first:
            created = self._created(new)
            self._snapshot.record_replacement(created)
            self._report.step(make_step("replace", old, created, keys))
            return created
        if not self._operation.preview:
            if not old.retain_on_delete:
                with self._operation.provider_errors(old.urn):
                    self._operation.provider.delete(
                        old.urn, old.id, inputs=old.inputs, outputs=old.outputs
                    )
            self._snapshot.await_replacement(old)
        self._report.step(make_step("delete-replaced", old, None))
        return self._done("replace", old, self._created(new), keys)

    def _done(
        self,
        op: str,
        old: ResourceState | None,
        new: ResourceState,
        keys: tuple[str, ...] = (),
    ) -> ResourceState:
        self._snapshot.record(new)
        self._report.step(make_step(op, old, new, keys))
        return new
