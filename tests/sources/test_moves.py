"""A domain on its way from one source to another, where one of the two does not get there."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from imgix_provider.errors import ImgixError, InvalidSourceError, RefusedError
from imgix_provider.run import Run
from imgix_provider.sources.declaration import Declaration
from imgix_testing.server import Fault, SimulatedImgix
from tests.accounts import held
from tests.declarations import small
from tests.runs import fast_run

X, Y = "urn:pulumi:dev::acme::imgix:Source::x", "urn:pulumi:dev::acme::imgix:Source::y"

Inputs = dict[str, Any]


def source(name: str, *domains: str, kind: str = "webfolder", **more: Any) -> Inputs:
    """Return the inputs of a source with these subdomains."""
    deployment = small(kind, imgix_subdomains=list(domains))
    return {"name": name, "deployment": deployment, "wait_for_deployed": False, **more}


class Stack:
    """Two sources, x with the domains m1 and m2, y with n1, and their states."""

    def __init__(self, imgix: SimulatedImgix, told: list[str], **of_x: Any) -> None:
        """Create them."""
        self.imgix, self.told = imgix, told
        self.settings: dict[str, Any] = {}
        self.inputs = {X: source("x", "m1", "m2", **of_x), Y: source("y", "n1")}
        first = fast_run(imgix, told)
        made = {
            urn: first.lifecycle.create(Declaration.from_properties(inputs), urn)
            for urn, inputs in self.inputs.items()
        }
        self.ids = {urn: source_id for urn, (source_id, _) in made.items()}
        self.states = {urn: outputs for urn, (_, outputs) in made.items()}

    def run(self, *order: str, **inputs: Inputs) -> Run:
        """Return a run whose engine has compared the sources in this order."""
        self.inputs |= {{"x": X, "y": Y}[name]: given for name, given in inputs.items()}
        run = fast_run(self.imgix, self.told, **self.settings)
        self.told.clear()
        for urn in order:
            olds, news = self.states[urn], self.inputs[urn]
            run.lifecycle.check(news, olds, resource=urn)
            run.lifecycle.diff(self.ids[urn], olds, news, resource=urn)
        return run

    def update(self, run: Run, urn: str) -> None:
        """Update a source, and store its new state."""
        declared = Declaration.from_properties(self.inputs[urn])
        self.states[urn] = run.lifecycle.update(self.ids[urn], self.states[urn], declared, urn)


@pytest.fixture
def stack(imgix: SimulatedImgix, told: list[str]) -> Stack:
    """The stack before anything moves."""
    return Stack(imgix, told)


def moved_halfway(stack: Stack) -> str:
    """Move m2 from x to y in a run that fails at the rest of x, and return the error."""
    stack.imgix.faults.add(Fault("status", status=400, method="PATCH", path=stack.ids[X], after=1))
    run = stack.run(X, Y, x=source("x", "m1", kind="s3"), y=source("y", "n1", "m2"))
    stack.update(run, Y)
    with pytest.raises(ImgixError) as error:
        stack.update(run, X)
    stack.imgix.faults.clear()
    return str(error.value)


def test_a_source_that_fails_after_it_gave_says_what_the_state_does_not_know(
    imgix: SimulatedImgix, stack: Stack
) -> None:
    """Its state still lists the domain, so the advice is to read it again."""
    told = moved_halfway(stack)

    assert told.startswith('imgix refused to update "x": ')
    assert (
        "It gave up m2 before, which the state does not know: the next time, run "
        "`pulumi up --refresh`." in told
    )
    assert "  " not in told
    assert held(imgix) == {"x": {"m1"}, "y": {"n1", "m2"}}


def test_a_source_whose_domain_was_taken_early_ends_as_imgix_shows_it(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """Its own update has nothing left to send, and yet waits for the deploy that has begun."""
    imgix.configure(deploy_seconds=0.5)
    signed = {"deployment": small("webfolder", imgix_subdomains=["m1", "m2"])}
    signed["deployment"]["secure_url_enabled"] = True
    stack = Stack(imgix, told, wait_for_deployed=True, **signed)
    token = stack.states[X]["secure_url_token"]
    fewer = {**signed["deployment"], "imgix_subdomains": ["m1"]}

    run = stack.run(
        X,
        Y,
        x=source("x", "m1", wait_for_deployed=True, deployment=fewer),
        y=source("y", "n1", "m2"),
    )
    stack.update(run, Y)
    stack.update(run, X)

    state = stack.states[X]
    assert state["urls"] == ["https://m1.imgix.net"]
    assert state["effective_deployment"]["imgix_subdomains"] == ["m1"]
    assert state["deployment_status"] == "deployed"
    assert state["secure_url_token"] == token
    assert token


@pytest.mark.parametrize("order", [(X, Y), (Y, X)], ids=["x first", "y first"])
def test_going_back_after_such_a_run_does_not_lose_the_domain(
    imgix: SimulatedImgix, stack: Stack, order: tuple[str, str]
) -> None:
    """The state has it in both, so the program looks as if only y were to give it up."""
    moved_halfway(stack)

    with pytest.raises(InvalidSourceError) as error:
        stack.run(*order, x=source("x", "m1", "m2"), y=source("y", "n1"))

    assert "m2 is there twice" in str(error.value)
    assert "Run `pulumi up --refresh`" in str(error.value)
    assert held(imgix)["y"] == {"n1", "m2"}


def test_going_on_after_such_a_run_needs_nothing_else(imgix: SimulatedImgix, stack: Stack) -> None:
    """The same program again: x gives up in the state what it no longer has."""
    moved_halfway(stack)

    run = stack.run(Y, X)
    stack.update(run, X)

    assert held(imgix) == {"x": {"m1"}, "y": {"n1", "m2"}}


@pytest.mark.parametrize("down", [True, False])
def test_a_state_with_a_domain_twice_is_no_problem_if_the_giver_lacks_it(
    imgix: SimulatedImgix, stack: Stack, down: bool
) -> None:
    """Or if imgix does not say who has it: then the run finds out."""
    stack.states[Y] = {**stack.states[Y], "deployment": source("y", "n1", "m2")["deployment"]}
    if down:
        imgix.faults.add(Fault("status", status=403, times=None))

    run = stack.run(X, Y)
    imgix.faults.clear()
    stack.update(run, Y)

    assert held(imgix) == {"x": {"m1", "m2"}, "y": {"n1"}}


def test_a_source_whose_own_update_failed_gives_nothing_up_any_more(
    imgix: SimulatedImgix, stack: Stack
) -> None:
    """It would stay without the domain in a run that does not come back to it."""
    run = stack.run(X, Y, x=source("x", "m1"), y=source("y", "n1", "m2"))
    imgix.faults.add(Fault("status", status=400, method="PATCH", path=stack.ids[X]))
    with pytest.raises(ImgixError):
        stack.update(run, X)

    with pytest.raises(RefusedError) as error:
        stack.update(run, Y)

    assert "subdomain m2 is taken by source" in str(error.value)
    assert str(error.value).endswith(
        '"x" was to give it up, and its own update failed: correct that first.'
    )
    assert held(imgix) == {"x": {"m1", "m2"}, "y": {"n1"}}


def test_a_source_that_is_replaced_gives_its_domain_to_another(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """Whether the old source is deleted before or after."""
    stack = Stack(imgix, told, on_type_change="replace")
    replaced = source("x", "m1", kind="s3", on_type_change="replace")
    run = stack.run(X, Y, x=replaced, y=source("y", "n1", "m2"))

    stack.update(run, Y)
    run.lifecycle.delete(stack.ids[X], stack.states[X], X)

    assert held(imgix)["y"] == {"n1", "m2"}
    assert not imgix.source(stack.ids[X]).enabled


def test_a_domain_that_becomes_free_while_it_is_waited_for_is_taken(
    imgix: SimulatedImgix, stack: Stack
) -> None:
    """A source of another provider of the stack gives it up: this one cannot know of that."""
    taking = stack.run(Y, y=source("y", "n1", "m2"))
    giving = stack.run(X, x=source("x", "m1"))

    def give_late() -> None:
        while not any(record.path.endswith(stack.ids[Y]) for record in imgix.requests):
            time.sleep(0.01)
        stack.update(giving, X)

    giver = threading.Thread(target=give_late)
    giver.start()
    stack.update(taking, Y)
    giver.join()

    assert held(imgix) == {"x": {"m1"}, "y": {"n1", "m2"}}


def test_a_source_whose_domain_another_was_refused_is_not_deleted(
    imgix: SimulatedImgix, stack: Stack
) -> None:
    """With `--continue-on-error` the engine goes on to the deletes, as after a forgotten alias."""
    run = stack.run()
    renamed = Declaration.from_properties(stack.inputs[X])
    with pytest.raises(RefusedError):
        run.lifecycle.create(renamed, f"{X}-renamed")

    with pytest.raises(InvalidSourceError) as error:
        run.lifecycle.delete(stack.ids[X], stack.states[X], X)

    assert str(error.value).startswith(f'imgix source "x" ({stack.ids[X]}) was not deleted: "x" of')
    assert imgix.source(stack.ids[X]).enabled


@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "Until that works"), (500, "Unless it was carried out after all")],
)
def test_an_update_that_fails_to_take_says_what_nobody_serves(
    imgix: SimulatedImgix, stack: Stack, status: int, words: str
) -> None:
    """The other source has given the domain up for it."""
    stack.settings["timeout"] = 1
    run = stack.run(X, Y, x=source("x", "m1"), y=source("y", "n1", "m2"))
    imgix.faults.add(Fault("status", status=status, method="PATCH", path=stack.ids[Y], times=None))

    with pytest.raises(ImgixError, match=f"{words}, nobody serves m2"):
        stack.update(run, Y)

    assert held(imgix) == {"x": {"m1"}, "y": {"n1"}}


def test_a_source_keeps_a_domain_that_another_one_failed_to_take(
    imgix: SimulatedImgix, stack: Stack
) -> None:
    """The move fails before it is begun, so nothing of it is done, and both say so."""
    run = stack.run(X, Y, x=source("x", "m1"), y=source("y", "n1", "m2"))
    imgix.faults.add(Fault("status", status=400, method="PATCH", path=stack.ids[X]))
    with pytest.raises(
        ImgixError, match='cannot update imgix source "y": "x" could not give up m2: '
    ):
        stack.update(run, Y)

    with pytest.raises(ImgixError) as kept:
        stack.update(run, X)

    assert str(kept.value) == (
        f'imgix source "x" ({stack.ids[X]}) was not updated: "y" of this stack takes m2 from it, '
        "and failed to in this run. Correct that first: as it is, nobody would serve it."
    )
    assert held(imgix) == {"x": {"m1", "m2"}, "y": {"n1"}}
    again = stack.run(X, Y)
    stack.update(again, Y)
    stack.update(again, X)
    assert held(imgix) == {"x": {"m1"}, "y": {"n1", "m2"}}


def test_a_source_that_gives_up_a_domain_while_another_fails_to_take_it_says_so(
    imgix: SimulatedImgix, stack: Stack, told: list[str]
) -> None:
    """Its update is under way already, and the other one does not wait for its end."""
    run = stack.run(X, x=source("x", "m1"))
    imgix.faults.add(Fault("slow", method="PATCH", path=stack.ids[X], delay=1.0))
    taker = Declaration.from_properties(source("y", "n1", "m2"))
    with ThreadPoolExecutor() as pool:
        giving = pool.submit(stack.update, run, X)
        while not imgix.faults.describe()[0]["fired"]:
            time.sleep(0.02)
        run.services.transfers.miss({"m2"}, taker.name)
        giving.result()

    assert told[-1] == (
        f'warning: imgix source "x" ({stack.ids[X]}): gave up m2, which nobody serves: "y" failed '
        "to take it"
    )


def test_an_update_without_an_answer_says_what_it_may_have_given_up(
    imgix: SimulatedImgix, stack: Stack
) -> None:
    """The state still lists the domain, which imgix may have freed."""
    stack.settings["timeout"] = 1
    run = stack.run(X, Y, x=source("x", "m1"), y=source("y", "n1", "m2"))
    imgix.faults.add(Fault("slow", method="PATCH", path=stack.ids[X], delay=3.0, times=None))

    with pytest.raises(ImgixError, match="It may have given up m2 before") as error:
        stack.update(run, X)

    assert str(error.value).endswith("the next time, run `pulumi up --refresh`.")


@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "Until that works"), (500, "Unless it was carried out after all")],
)
def test_a_create_that_fails_to_take_says_what_nobody_serves(
    imgix: SimulatedImgix, stack: Stack, status: int, words: str
) -> None:
    """The same for a source that the run makes."""
    stack.settings["timeout"] = 1
    run = stack.run(X, Y, x=source("x", "m1"))
    imgix.faults.add(Fault("status", status=status, method="POST", times=None))

    with pytest.raises(ImgixError, match=f"{words}, nobody serves m2"):
        run.lifecycle.create(Declaration.from_properties(source("new", "m2")), f"{X}-new")


def test_a_replacement_that_comes_before_the_delete_says_why_it_cannot(stack: Stack) -> None:
    """With delete_before_replace=False, the source that goes has the domains until then."""
    replaced = source("x", "m1", "m2", kind="s3", on_type_change="replace")
    run = stack.run(X, x=replaced)

    with pytest.raises(RefusedError) as error:
        run.lifecycle.create(Declaration.from_properties(replaced), X)

    assert str(error.value).endswith(
        "That is what it replaces: let Pulumi delete it first, without "
        "delete_before_replace=False and retain_on_delete=True; or change the type in place, with "
        'on_type_change="update".'
    )
    assert "adopt" not in str(error.value)


def test_a_replacement_that_is_refused_says_what_nobody_serves(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """The old source was deleted first, which freed its domains."""
    stack = Stack(imgix, told, on_type_change="replace")
    replaced = source("x", "m1", kind="s3", on_type_change="replace")
    run = stack.run(X, x=replaced)
    run.lifecycle.delete(stack.ids[X], stack.states[X], X)
    imgix.faults.add(Fault("status", status=400, method="POST", times=None))

    with pytest.raises(ImgixError, match="Until that works, nobody serves m1"):
        run.lifecycle.create(Declaration.from_properties(replaced), X)
