"""What the verbs promise beyond one source at a time: owners, accounts, words, requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from imgix_provider.deployments.fields import KEEP
from imgix_provider.errors import ConfigurationError, ImgixError
from imgix_provider.run import Run
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.lifecycle import Lifecycle
from imgix_testing.server import Fault, SimulatedImgix
from tests.declarations import small
from tests.runs import ShortPauses, fast_run

BLOG = "urn:pulumi:dev::acme::imgix:Source::blog"
JOURNAL = "urn:pulumi:dev::acme::imgix:Source::journal"


class Later:
    """Stands for a value that becomes known only later."""


def is_later(value: object) -> bool:
    """Return whether a value is one that becomes known later."""
    return isinstance(value, Later)


def source(kind: str = "webfolder", name: str = "Blog", **more: Any) -> dict[str, Any]:
    """Return the inputs of a source; `deployment` changes keys of a small one."""
    return {"name": name, **more, "deployment": small(kind, **more.get("deployment", {}))}


def create(run: Run, inputs: Mapping[str, Any], resource: str = BLOG) -> tuple[str, dict[str, Any]]:
    """Check and create a source as an engine does."""
    checked = run.lifecycle.check(inputs, {}, resource=resource)
    assert checked.problems == ()
    return run.lifecycle.create(Declaration.from_properties(checked.inputs), resource)


def compare(
    lifecycle: Lifecycle,
    source_id: str,
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    resource: str,
) -> bool:
    """Return whether an engine that comes to a resource finds it changed."""
    lifecycle.check(news, olds, resource=resource)
    return lifecycle.diff(source_id, olds, news, resource=resource).changes


@pytest.fixture
def run(imgix: SimulatedImgix, told: list[str]) -> Run:
    """A run whose pauses are short."""
    return fast_run(imgix, told, clock=ShortPauses([]))


# Owners.


@pytest.mark.parametrize("seen_by", ["diff", "read"])
@pytest.mark.parametrize("on_delete", ["disable", "release"])
def test_a_source_adopted_in_one_run_outlives_its_old_resource_in_the_next(
    imgix: SimulatedImgix, told: list[str], on_delete: str, seen_by: str
) -> None:
    """The delete of the old name leaves alone what the new one has, however that was seen."""
    inputs = source(on_delete=on_delete)
    source_id, old = create(fast_run(imgix, told), inputs)
    _, new = create(fast_run(imgix, told), {**inputs, "adopt": source_id}, JOURNAL)
    third = fast_run(imgix, told).lifecycle
    if seen_by == "diff":
        compare(third, source_id, new, {**inputs, "adopt": source_id}, JOURNAL)
    else:
        third.read(source_id, new, resource=JOURNAL)

    third.delete(source_id, old, BLOG)

    assert imgix.source(source_id).enabled
    assert imgix.source(source_id).deployment["imgix_subdomains"] == ["acme"]
    assert 'left as it is: resource "journal" of this stack has this source now' in told[-1]


def test_a_forced_replacement_of_what_is_adopted_serves_on(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """With `--replace` the same resource adopts its own source first and is deleted then."""
    source_id, first = create(run, source())
    again = fast_run(imgix, told)
    inputs = source(adopt=source_id)
    again.lifecycle.check(inputs, source(), resource=BLOG)
    again.lifecycle.diff(source_id, first, inputs, resource=BLOG)
    new_id, _ = create(again, inputs)

    again.lifecycle.delete(source_id, first, BLOG)

    assert new_id == source_id
    assert imgix.source(source_id).enabled


def test_a_source_that_is_deleted_first_to_be_replaced_serves_on(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """With `--replace` and delete_before_replace, the engine neither compares nor creates first."""
    source_id, first = create(run, source())
    again = fast_run(imgix, told)
    again.lifecycle.check(source(), {}, resource=BLOG)
    imgix.requests.clear()

    again.lifecycle.delete(source_id, first, BLOG)
    new_id, _ = create(again, source())

    assert new_id == source_id
    assert [request.method for request in imgix.requests if request.method != "GET"] == []
    assert "left as it is: what replaces it has a domain of it" in told[-2]
    assert "kept: this resource had it before, with a domain that stays" in told[-1]


def test_such_a_source_does_not_become_another_one(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """It has the domain that is declared, so it stays, and what cannot be is said."""
    source_id, first = create(run, source())
    other = imgix.add_source(name="Other", deployment=small("webfolder", imgix_subdomains=["b"]))
    again = fast_run(imgix, told)
    adopting = source(adopt=other)
    again.lifecycle.check(adopting, {}, resource=BLOG)

    again.lifecycle.delete(source_id, first, BLOG)
    new_id, _ = create(again, adopting)

    assert new_id == source_id
    assert any("warning" in line and "adopt has no effect" in line for line in told)


def next_run(
    imgix: SimulatedImgix,
    told: list[str],
    inputs: dict[str, Any],
    source_id: str,
    outputs: dict[str, Any],
) -> Run:
    """Return a run whose engine has asked about a source as it is, with nothing told yet."""
    run = fast_run(imgix, told)
    run.lifecycle.check(inputs, inputs, resource=BLOG)
    run.lifecycle.diff(source_id, outputs, inputs, resource=BLOG)
    told.clear()
    return run


def test_a_replacement_that_failed_halfway_takes_its_source_back(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """An engine asks about the old source, creates, and deletes the old: it is one and the same."""
    inputs = source(on_delete="retain")
    source_id, first = create(run, inputs)
    again = next_run(imgix, told, inputs, source_id, first)

    kept_id, _ = create(again, inputs)
    again.lifecycle.delete(source_id, {**first, "on_delete": "disable"}, BLOG)

    assert kept_id == source_id
    assert list(imgix.sources) == [source_id]
    assert imgix.source(source_id).enabled
    assert told[0].endswith("what replaces it has a domain of it, so the source is kept")


@pytest.mark.parametrize("on_delete", ["disable", "retain"])
def test_a_replacement_that_deletes_first_keeps_its_source_on(
    imgix: SimulatedImgix, run: Run, told: list[str], on_delete: str
) -> None:
    """The new one would need the same domains, so the old one would only go off and on again."""
    source_id, first = create(run, source(on_delete=on_delete))
    inputs = source(on_delete=on_delete, deployment={"annotation": "new"})
    again = next_run(imgix, told, inputs, source_id, first)
    imgix.requests.clear()

    again.lifecycle.delete(source_id, first, BLOG)
    new_id, _ = create(again, inputs)

    assert new_id == source_id
    assert "left as it is: what replaces it has a domain of it" in told[0]
    assert told[-1].endswith("kept: this resource had it before, with a domain that stays")
    assert imgix.source(source_id).deployment["annotation"] == "new"
    sent = [record.body["data"]["attributes"] for record in imgix.requests if record.body]
    assert not any("enabled" in attributes for attributes in sent)


def test_a_replacement_that_imgix_refuses_leaves_its_source_on(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """It was not disabled for it, and stays in the state, so the next run does what failed."""
    source_id, first = create(run, source())
    inputs = source(deployment={"annotation": "new"})
    again = next_run(imgix, told, inputs, source_id, first)
    again.lifecycle.delete(source_id, first, BLOG)
    imgix.faults.add(Fault("status", status=400, method="PATCH", times=None))

    kept_id, kept = create(again, inputs)

    assert kept_id == source_id
    assert imgix.source(source_id).enabled
    assert told[-1].startswith("warning:")
    assert 'kept as it was: imgix refused to update "Blog": ' in told[-1]
    assert told[-1].endswith("; the next `pulumi up` tries again")
    imgix.faults.clear()
    assert compare(again.lifecycle, source_id, kept, inputs, BLOG)
    again.lifecycle.update(source_id, kept, Declaration.from_properties(inputs), BLOG)
    assert imgix.source(source_id).deployment["annotation"] == "new"


def test_a_replacement_whose_source_lost_its_domains_before_makes_a_new_one(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """A replacement that failed had freed them, so the old source serves nothing any more."""
    inputs = source(on_delete="release")
    source_id, first = create(run, inputs)
    fast_run(imgix, told).lifecycle.delete(source_id, first, BLOG)
    again = next_run(imgix, told, source(), source_id, {**first, "on_delete": "disable"})

    again.lifecycle.check(source(), {}, resource=BLOG)
    told.clear()

    again.lifecycle.delete(source_id, {**first, "on_delete": "disable"}, BLOG)
    new_id, _ = create(again, source())

    assert new_id != source_id
    assert f"disabled, and keeps released-{source_id}" in told[0]
    assert imgix.source(new_id).enabled


def test_a_replacement_with_other_domains_that_deletes_first_makes_a_new_source(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """Nothing stands in its way, so the old one goes as it was asked to."""
    source_id, first = create(run, source())
    inputs = source(deployment={"imgix_subdomains": ["other"]})
    again = next_run(imgix, told, inputs, source_id, first)

    again.lifecycle.delete(source_id, first, BLOG)
    new_id, _ = create(again, inputs)

    assert new_id != source_id
    assert not imgix.source(source_id).enabled


def test_a_replacement_that_deletes_first_and_frees_the_domains_makes_a_new_source(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """The preview does not know what goes first, and promises nothing that does not hold."""
    inputs = source(on_delete="release")
    source_id, first = create(run, inputs)
    again = next_run(imgix, told, inputs, source_id, first)
    again.lifecycle.check(inputs, {}, resource=BLOG)
    assert "if the run deletes it first, nobody serves its domains until a new source" in told[0]

    again.lifecycle.delete(source_id, first, BLOG)
    new_id, _ = create(again, inputs)

    assert new_id != source_id


@pytest.mark.parametrize("first", ["the owner", "the adopter"])
def test_two_resources_that_would_own_one_source_are_told(
    imgix: SimulatedImgix, run: Run, told: list[str], first: str
) -> None:
    """Whichever of the two the engine asks about first, the other is told of it in preview."""
    source_id, state = create(run, source())
    lifecycle = fast_run(imgix, told).lifecycle
    adopting = source(name="J", adopt=source_id, deployment={"imgix_subdomains": ["journal"]})
    said = 'source {} is managed by resource "{}" of this stack too'
    if first == "the owner":
        compare(lifecycle, source_id, state, source(), BLOG)
        (problem,) = lifecycle.check(adopting, {}, resource=JOURNAL).problems
        assert said.format(source_id, "blog") in str(problem)
    else:
        assert lifecycle.check(adopting, {}, resource=JOURNAL).problems == ()
        with pytest.raises(ImgixError) as error:
            compare(lifecycle, source_id, state, source(), BLOG)
        assert said.format(source_id, "journal") in str(error.value)


def test_a_destroy_still_disables_what_nobody_else_has(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """The protection is for sources with another owner; a plain delete works as it says."""
    source_id, state = create(run, source())
    fast_run(imgix, told).lifecycle.delete(source_id, state, BLOG)
    assert not imgix.source(source_id).enabled


def test_what_another_resource_has_is_not_found_after_a_lost_answer(
    imgix: SimulatedImgix, run: Run
) -> None:
    """A twin whose create is lost does not take the source that the first one made."""
    source_id, _ = create(run, source())
    imgix.faults.add(Fault("reset_before", method="POST"))

    with pytest.raises(ImgixError, match=f"taken by source {source_id}"):
        run.lifecycle.create(Declaration.from_properties(source()), JOURNAL)

    assert list(imgix.sources) == [source_id]


def test_a_move_whose_giver_is_heard_of_late_goes_through(imgix: SimulatedImgix, run: Run) -> None:
    """A taker that was refused waits a moment for the engine to ask about the giver."""
    giver = source(name="Giver", deployment={"imgix_subdomains": ["a", "b"]})
    taker = source(name="Taker", deployment={"imgix_subdomains": ["c"]})
    giver_id, giver_state = create(run, giver)
    taker_id, taker_state = create(run, taker, JOURNAL)
    less = source(name="Giver", deployment={"imgix_subdomains": ["a"]})
    more = source(name="Taker", deployment={"imgix_subdomains": ["c", "b"]})
    later = fast_run(imgix, []).lifecycle
    compare(later, taker_id, taker_state, more, JOURNAL)
    imgix.requests.clear()

    with ThreadPoolExecutor() as pool:
        taking = pool.submit(
            later.update, taker_id, taker_state, Declaration.from_properties(more), JOURNAL
        )
        while not any(request.status == 400 for request in imgix.requests):
            assert not taking.done()
        compare(later, giver_id, giver_state, less, BLOG)
        later.update(giver_id, giver_state, Declaration.from_properties(less), BLOG)
        taking.result(timeout=30)

    assert imgix.source(giver_id).deployment["imgix_subdomains"] == ["a"]
    assert sorted(imgix.source(taker_id).deployment["imgix_subdomains"]) == ["b", "c"]


# Accounts.


@pytest.mark.parametrize("verb", ["read", "update", "delete"])
def test_a_key_of_another_account_drops_nothing_from_the_state(
    imgix: SimulatedImgix, run: Run, told: list[str], verb: str
) -> None:
    """A source that is not there under another account is an error that names the key."""
    source_id, state = create(run, source())
    assert state["account_id"] == imgix.account_id
    other = imgix.add_account("ak_" + "0" * 64, "0" * 24)
    other.add_source(name="Theirs", deployment=small("webfolder", imgix_subdomains=["theirs"]))
    wrong = fast_run(imgix, told, api_key=other.api_key).lifecycle

    changed = Declaration.from_properties(source(name="Changed"))
    verbs: dict[str, Callable[[], object]] = {
        "read": lambda: wrong.read(source_id, state, BLOG),
        "update": lambda: wrong.update(source_id, state, changed, BLOG),
        "delete": lambda: wrong.delete(source_id, state, BLOG),
    }

    with pytest.raises(ConfigurationError) as error:
        verbs[verb]()

    assert f"belongs to account {imgix.account_id}, and imgix:apiKey to account 0000" in str(
        error.value
    )
    assert imgix.source(source_id).enabled


@pytest.mark.parametrize("shown", [True, False])
def test_sources_dropped_as_gone_are_named_where_the_account_is_not_known(
    imgix: SimulatedImgix, run: Run, told: list[str], shown: bool
) -> None:
    """An empty account shows no id: each source is named with a warning, at one list for all."""
    imgix.add_account("ak_" + "0" * 64, "0" * 24 if shown else None)
    states = [
        create(run, source(name=f"S{n}", deployment={"imgix_subdomains": [f"s{n}"]}), f"::s{n}")
        for n in range(6)
    ]
    told.clear()
    imgix.requests.clear()
    wrong = fast_run(imgix, told, api_key="ak_" + "0" * 64).lifecycle

    for source_id, state in states:
        assert wrong.read(source_id, state) is None

    assert len(told) == 6
    assert all("warning" in line and "imgix:apiKey" in line for line in told)
    lists = [request for request in imgix.requests if request.path.endswith("/sources")]
    assert len(lists) <= 2
    assert len(imgix.requests) <= 6 + 2


@pytest.mark.parametrize("status", [403, 404, 503])
@pytest.mark.parametrize("verb", ["read", "delete"])
def test_nothing_is_dropped_from_the_state_if_the_account_cannot_be_listed(
    imgix: SimulatedImgix, run: Run, told: list[str], verb: str, status: int
) -> None:
    """A wrong address answers 404 for everything, and is no reason to forget a source."""
    source_id, state = create(run, source())
    imgix.faults.add(Fault("status", status=404, path=source_id, times=None))
    imgix.faults.add(Fault("status", method="GET", path="/sources$", status=status, times=None))
    lifecycle = fast_run(imgix, told, timeout=1).lifecycle
    told.clear()

    with pytest.raises(ImgixError) as error:
        (lifecycle.read if verb == "read" else lifecycle.delete)(source_id, state, BLOG)

    assert f'imgix does not show source "Blog" ({source_id})' in str(error.value)
    assert "leaves the state" not in "".join(told)


def test_a_destroy_with_the_key_of_an_empty_account_keeps_the_state(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """The account shows no id, so the source may well serve on in its own."""
    source_id, state = create(run, source())
    imgix.add_account("ak_" + "0" * 64, "0" * 24)
    wrong = fast_run(imgix, told, api_key="ak_" + "0" * 64).lifecycle

    with pytest.raises(ConfigurationError) as error:
        wrong.delete(source_id, state, BLOG)
    assert f"the state has it in account {imgix.account_id}. Set the key" in str(error.value)
    assert "`pulumi refresh` takes it out of the state" in str(error.value)
    changed = Declaration.from_properties(source(name="Changed"))
    with pytest.raises(ImgixError, match="If imgix:apiKey belongs to another account, correct it"):
        wrong.update(source_id, state, changed, BLOG)

    again = fast_run(imgix, told, api_key="ak_" + "0" * 64).lifecycle
    again.delete(source_id, {**state, "account_id": None}, BLOG)
    assert told[-1].endswith("not found in this account, so nothing was disabled")


# Words in a preview.


def test_an_unknown_name_never_stands_in_a_message(imgix: SimulatedImgix, run: Run) -> None:
    """Two resources whose names are unknown are told apart by themselves, not by their names."""
    lifecycle = run.lifecycle
    inputs = {**source(), "name": Later()}
    assert lifecycle.check(inputs, {}, is_later, BLOG).problems == ()
    assert lifecycle.check({**inputs, "name": Later()}, {}, is_later, BLOG).problems == ()

    (problem,) = lifecycle.check({**source(), "name": Later()}, {}, is_later, JOURNAL).problems

    assert str(problem) == (
        'deployment.imgix_subdomains[0]: "acme" is declared by resource "blog" of this stack too'
    )


def test_adopting_tells_in_words_what_it_changes(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """One read tells the type, the name and each key; values that are secret are not shown."""
    theirs = imgix.add_source(name="Old", deployment=small("webfolder"), enabled=False)
    inputs = source("s3", adopt=theirs, deployment={"cache_ttl_error": 60})

    assert run.lifecycle.check(inputs, {}, resource=BLOG).problems == ()

    (line,) = told
    assert f"source {theirs} is adopted, nothing is created; this changes the type, from " in line
    assert 'from webfolder to s3, the name, which is "Old" now, whether it serves' in line
    assert "s3_bucket" in line
    assert "cache_ttl_error" in line
    assert "s3-secret-value" not in line
    assert [request.method for request in imgix.requests] == ["GET"]


def test_adopting_tells_what_it_knows_where_other_values_come_later(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """A value that is not known yet hides neither a missing source nor a change of type."""
    theirs = imgix.add_source(name="Old", deployment=small("webfolder"))
    inputs = source("s3", adopt=theirs, deployment={"s3_secret_key": Later()})
    run.lifecycle.check(inputs, {}, is_later, BLOG)
    assert "the type, from webfolder to s3" in told[-1]
    missing = run.lifecycle.check({**inputs, "adopt": "0" * 24}, {}, is_later, BLOG)
    assert [problem.path for problem in missing.problems] == ["adopt"]


def test_a_missing_source_to_adopt_is_told_in_preview(run: Run) -> None:
    """The check finds that there is no such source, before anything is created."""
    (problem,) = run.lifecycle.check(source(adopt="0" * 24), {}, resource=BLOG).problems
    assert str(problem).startswith(f"adopt: there is no source {'0' * 24} in this account")


def test_without_a_key_an_adoption_says_that_it_cannot_look(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """No key means no request, and a line that what changes is not known."""
    lifecycle = fast_run(imgix, told, api_key=None).lifecycle
    assert lifecycle.check(source(adopt="0" * 24), {}, resource=BLOG).problems == ()
    assert "is adopted; what that changes is not known: no API key is set" in told[-1]
    assert imgix.requests == []


def test_changing_adopt_on_a_source_that_exists_says_that_it_does_nothing(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """Another id to adopt changes nothing at imgix, and a line says so."""
    source_id, state = create(run, source())
    imgix.requests.clear()

    changed = run.lifecycle.diff(source_id, state, source(adopt="0" * 24), resource=BLOG)

    assert changed.changes
    assert told[-1].endswith("adopt has no effect: the source already exists")
    assert imgix.requests == []


def test_a_type_changed_in_the_dashboard_is_taken_over_by_a_refresh(
    imgix: SimulatedImgix, run: Run
) -> None:
    """With `ignore_changes` on the deployment, the next run accepts the live type as it is."""
    source_id, state = create(run, source())
    imgix.edit(source_id, deployment=small("s3"))
    refreshed = fast_run(imgix, []).lifecycle
    found = refreshed.read(source_id, state, BLOG)
    assert found is not None
    assert found.inputs["deployment"]["type"] == "s3"
    assert found.inputs["deployment"]["s3_bucket"] == "acme-images"
    assert found.inputs["deployment"]["s3_secret_key"] == KEEP

    # `ignore_changes` puts the state's deployment in the place of the program's.
    news = {**source(), "deployment": found.inputs["deployment"]}
    checked = refreshed.check(news, found.inputs, resource=BLOG)

    assert checked.problems == ()
    assert not refreshed.diff(source_id, found.outputs, checked.inputs, resource=BLOG).changes


def test_a_rotated_secret_is_told_in_words(imgix: SimulatedImgix, run: Run) -> None:
    """A preview masks both sides; the diff names the key, what it means, and no value."""
    lines: list[str] = []
    source_id, state = create(run, source("s3"))
    diffs = fast_run(imgix, lines).lifecycle

    diffs.diff(source_id, state, source("s3", deployment={"s3_secret_key": "rotated"}))
    assert lines[-1].endswith("s3_secret_key changes; imgix deploys the source again")
    secret = {"secret_keys": ["name"]}
    diffs.diff(source_id, {**state, **secret}, source("s3", name="Other", **secret))
    assert lines[-1].endswith("name changes")
    assert "rotated" not in "".join(lines)


def test_removing_the_cache_behaviour_of_a_gcs_source_keeps_its_caching(
    imgix: SimulatedImgix, run: Run, told: list[str]
) -> None:
    """GCS says "do not store" of most files, so such a source goes back to enforce_minimum."""
    with_behaviour = source("gcs", deployment={"cache_ttl_behavior": "override_origin"})
    source_id, state = create(run, with_behaviour)

    run.lifecycle.diff(source_id, state, source("gcs"), resource=BLOG)
    assert told[-1].endswith(
        'no longer declared: deployment.cache_ttl_behavior goes back to "enforce_minimum"'
    )
    run.lifecycle.update(source_id, state, Declaration.from_properties(source("gcs")), BLOG)

    assert imgix.source(source_id).deployment["cache_ttl_behavior"] == "enforce_minimum"


def test_addresses_follow_the_declared_order(imgix: SimulatedImgix, run: Run) -> None:
    """However imgix orders domains, `urls` are in the order of the program."""
    names = ["zebra", "acme", "mint", "blog"]
    source_id, state = create(run, source(deployment={"imgix_subdomains": names}))
    urls = [f"https://{name}.imgix.net" for name in names]
    assert state["urls"] == urls
    found = run.lifecycle.read(source_id, state, BLOG)
    assert found is not None
    assert found.outputs["urls"] == urls


# Requests and quotas.


@pytest.mark.parametrize("others", [0, 501])
def test_a_refusal_for_another_reason_costs_a_handful_of_requests(
    imgix: SimulatedImgix, run: Run, others: int
) -> None:
    """However many domains a source has, few requests look for who might hold them."""
    for number in range(others):
        deployment = small("webfolder", imgix_subdomains=[f"other{number}"])
        imgix.add_source(name="Other", deployment=deployment)
    many = {"custom_domains": [f"d{number}.example.com" for number in range(100)]}
    imgix.faults.add(Fault("status", method="POST", status=422))

    with pytest.raises(ImgixError):
        run.lifecycle.create(Declaration.from_properties(source("s3", deployment=many)), BLOG)

    assert len(imgix.requests) <= 6


def test_taking_eight_disabled_sources_back_costs_at_most_26_requests(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """One list serves all; each source then takes an enabling, a change and a look."""
    sources = [
        source(name=f"S{n}", deployment={"imgix_subdomains": [f"s{n}"]}, wait_for_deployed=False)
        for n in range(8)
    ]
    for each in sources:
        imgix.add_source(name=each["name"], deployment=each["deployment"], enabled=False)
    run = fast_run(imgix, told)

    threads = [
        threading.Thread(target=create, args=(run, each, f"::{number}"))
        for number, each in enumerate(sources)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(imgix.sources) == 8
    assert all(one.enabled for one in imgix.sources.values())
    assert len(imgix.requests) <= 26


def test_the_quota_of_creates_counts_what_was_made_and_what_others_made(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """Three runs in a row make no more than the account may; the message counts what is so."""
    made = 0
    messages = []
    for number in range(3):
        run = fast_run(imgix, told, creates_per_hour=3)
        for name in (f"a{number}", f"b{number}"):
            inputs = source(name=name, deployment={"imgix_subdomains": [name]})
            try:
                create(run, inputs, f"::{name}")
                made += 1
            except ImgixError as error:
                messages.append(str(error))

    assert made == len(imgix.sources) == 3
    assert "imgix allows 3 creates an hour; this run has made 1 so far, and" in messages[0]
    assert "others made 2 within the hour" in messages[0]
    assert "this run has made 0" in messages[1]
    assert "others made 3 within the hour" in messages[1]


@pytest.mark.parametrize(
    ("change", "told_of"),
    [({"deployment": {"annotation": "new"}}, True), ({"on_delete": "retain"}, False), ({}, False)],
)
def test_a_change_of_a_disabled_source_is_told_to_enable_it_for_a_while(
    imgix: SimulatedImgix, run: Run, told: list[str], change: dict[str, Any], told_of: bool
) -> None:
    """Whoever disabled it may not want it on, but imgix takes no change of a disabled source."""
    before = source(enabled=False)
    source_id, state = create(run, before)
    told.clear()

    compare(
        fast_run(imgix, told).lifecycle,
        source_id,
        state,
        {**before, **source(**change, enabled=False)},
        BLOG,
    )

    said = [line for line in told if "it is enabled for this change, and disabled again" in line]
    assert len(said) == told_of


@pytest.mark.parametrize("backwards", [False, True])
def test_a_change_is_told_once_and_in_one_order(
    imgix: SimulatedImgix, told: list[str], run: Run, backwards: bool
) -> None:
    """An engine that refreshes compares twice, and its maps have no order."""
    secrets = {"s3_access_key": "a", "s3_secret_key": "s"}
    gone = {"annotation": "a", "cache_ttl_error": 5}
    source_id, olds = create(run, source("s3", deployment=gone))
    news = source("s3", deployment=secrets)
    news["deployment"] = dict(sorted(news["deployment"].items(), reverse=backwards))
    olds["deployment"] = dict(sorted(olds["deployment"].items(), reverse=backwards))
    told.clear()

    for _ in range(2):
        run.lifecycle.diff(source_id, olds, news, resource=BLOG)

    secret, removed = told
    assert "s3_access_key and s3_secret_key change;" in secret
    assert removed.endswith(
        "no longer declared: deployment.annotation is cleared; deployment.cache_ttl_error goes "
        "back to 300"
    )


# Deletes that an earlier run left behind.


@pytest.mark.parametrize("annotation", ["a", "b"], ids=["unchanged", "changed"])
def test_a_delete_left_over_from_a_forced_replacement_leaves_the_source_alone(
    imgix: SimulatedImgix, run: Run, told: list[str], annotation: str
) -> None:
    """The run before ended after the create that kept the source, so it is in the state twice."""
    source_id, state = create(run, source(deployment={"annotation": "a"}))
    inputs = source(deployment={"annotation": annotation})
    later = next_run(imgix, told, inputs, source_id, state).lifecycle
    if annotation == "b":
        later.update(source_id, state, Declaration.from_properties(inputs), BLOG)

    later.delete(source_id, state, BLOG)

    assert imgix.source(source_id).enabled
    assert 'left as it is: resource "blog" of this stack has this source now' in told[-1]


def test_a_destroy_that_refreshes_disables_what_it_only_compared(
    imgix: SimulatedImgix, run: Run
) -> None:
    """The engine compares each source with its declaration after reading it, but checks none."""
    inputs = source()
    source_id, state = create(run, inputs)
    later = fast_run(imgix, []).lifecycle
    later.read(source_id, state, BLOG)
    later.diff(source_id, state, inputs, resource=BLOG)

    later.delete(source_id, state, BLOG)

    assert not imgix.source(source_id).enabled


def test_a_refresh_plans_nothing(imgix: SimulatedImgix, run: Run, told: list[str]) -> None:
    """The engine compares what it read with what was declared before, and checks nothing.

    So a swap made by hand can be taken over, and an old name keeps nobody from adopting.
    """
    states = {
        urn: create(run, source(name=name, deployment={"imgix_subdomains": [name]}), urn)
        for urn, name in ((BLOG, "a"), (JOURNAL, "b"))
    }
    for urn, other in ((BLOG, "b"), (JOURNAL, "a")):
        source_id = states[urn][0]
        imgix.edit(source_id, deployment={"imgix_subdomains": [other]})
    told.clear()
    later = fast_run(imgix, told).lifecycle

    for urn, (source_id, state) in states.items():
        found = later.read(source_id, state, urn)
        assert found is not None
        assert later.diff(source_id, found.outputs, state, resource=urn).changes
    blog, (source_id, _) = source(name="a", deployment={"imgix_subdomains": ["b"]}), states[BLOG]
    renamed = later.check({**blog, "adopt": source_id}, {}, resource=f"{BLOG}-renamed")

    assert renamed.problems == ()
    assert [line for line in told if "adopted, nothing is created" not in line] == []
