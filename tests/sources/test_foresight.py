"""A preview asks once who holds the domains of new sources, and names whoever does."""

from __future__ import annotations

from typing import Any

import pytest

from imgix_provider.errors import ImgixError
from imgix_provider.sources.declaration import Declaration
from imgix_testing.server import Fault, SimulatedImgix
from tests.runs import fast_run


def folder(subdomain: str) -> dict[str, Any]:
    """Return the inputs of a web folder with this subdomain."""
    deployment = {
        "type": "webfolder",
        "imgix_subdomains": [subdomain],
        "webfolder_base_url": "https://www.example.com/images/",
    }
    return {"name": f"Source {subdomain}", "deployment": deployment}


def fill(imgix: SimulatedImgix, count: int) -> None:
    """Put sources into the account."""
    for number in range(count):
        imgix.add_source(deployment={"type": "webproxy", "imgix_subdomains": [f"old-{number}"]})


@pytest.mark.parametrize(("held", "requests"), [(0, 1), (100, 1), (150, 2), (200, 2)])
def test_all_new_sources_are_looked_at_together(
    imgix: SimulatedImgix, told: list[str], held: int, requests: int
) -> None:
    """However many sources a run creates, an account of 200 costs two requests at most."""
    fill(imgix, held)
    lifecycle = fast_run(imgix, told).lifecycle

    for number in range(30):
        assert (
            lifecycle.check(folder(f"new-{number}"), {}, resource=f"urn::{number}").problems == ()
        )

    assert [record.method for record in imgix.requests] == ["GET"] * requests
    assert told == []


def test_a_holder_is_named_with_the_way_out(imgix: SimulatedImgix, told: list[str]) -> None:
    """A person reads in the preview what `up` would end with, and nothing is written."""
    holder = imgix.add_source(
        name="Old blog", deployment={"type": "webproxy", "imgix_subdomains": ["blog"]}
    )

    outcome = fast_run(imgix, told).lifecycle.check(folder("blog"), {}, resource="urn::blog")

    assert outcome.problems == ()
    (line,) = told
    assert line.startswith('warning: imgix source "Source blog": imgix will refuse to create it')
    assert f'subdomain blog is taken by source {holder} "Old blog" (enabled)' in line
    assert f'set adopt="{holder}"' in line
    assert {record.method for record in imgix.requests} == {"GET"}


def test_a_source_that_will_be_reused_is_told(imgix: SimulatedImgix, told: list[str]) -> None:
    """A disabled source of the same name and subdomain is no conflict."""
    imgix.add_source(
        name="Source blog",
        enabled=False,
        deployment={"type": "webproxy", "imgix_subdomains": ["blog"]},
    )

    fast_run(imgix, told).lifecycle.check(folder("blog"), {}, resource="urn::blog")

    (line,) = told
    assert "is disabled: it is reused" in line


def test_a_source_of_another_resource_is_not_reused(imgix: SimulatedImgix, told: list[str]) -> None:
    """The engine comes to that resource later, so the preview ends with what to do."""
    first = fast_run(imgix, told)
    olds = {**folder("blog"), "enabled": False}
    olds["deployment"] = {**olds["deployment"], "imgix_subdomains": ["blog", "news"]}
    source_id, state = first.lifecycle.create(Declaration.from_properties(olds), "urn::blog")
    rest = {**olds, "deployment": {**olds["deployment"], "imgix_subdomains": ["news"]}}

    run = fast_run(imgix, told)
    run.lifecycle.check(folder("blog"), {}, resource="urn::new")
    run.lifecycle.check(rest, state, resource="urn::blog")
    with pytest.raises(ImgixError) as error:
        run.lifecycle.diff(source_id, state, rest, resource="urn::blog")

    assert f'"Source blog" has its name and a subdomain of it, and would reuse {source_id}' in str(
        error.value
    )
    assert "Let the new one come after this one with depends_on" in str(error.value)


def test_a_reused_source_goes_back_to_what_is_declared(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """Settings that the program knows nothing of would serve other images than it says."""
    left_over = {
        "custom_domains": ["img.example.com"],
        "default_params": {"auto": "format"},
        "secure_url_enabled": True,
        "username": "someone",
        "annotation": "kept",
        "cache_ttl_behavior": "enforce_minimum",
    }
    new = folder("blog")
    source_id = imgix.add_source(
        name="Source blog", enabled=False, deployment={**new["deployment"], **left_over}
    )
    lifecycle = fast_run(imgix, told).lifecycle

    lifecycle.check(new, {}, resource="urn::blog")
    reused_id, _ = lifecycle.create(Declaration.from_properties(new), "urn::blog")

    named = "custom_domains, default_params, secure_url_enabled and username"
    assert told[0].endswith(f"is disabled: it is reused; this changes {named}")
    assert told[-1].endswith(f"imgix has no delete; this changed {named}")
    assert reused_id == source_id
    deployment = imgix.source(source_id).deployment
    assert {key: deployment.get(key) for key in left_over} == {
        "custom_domains": [],
        "default_params": {},
        "secure_url_enabled": False,
        "username": None,
        "annotation": "kept",
        "cache_ttl_behavior": "enforce_minimum",
    }


def test_a_source_that_is_reused_as_it_was_takes_one_request(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """All that imgix shows is at its default or as declared, so it only has to be enabled."""
    new = folder("blog")
    source_id = imgix.add_source(name="Source blog", enabled=False, deployment=new["deployment"])
    new["wait_for_deployed"] = False

    fast_run(imgix, told).lifecycle.create(Declaration.from_properties(new), "urn::blog")

    changing = [record.body for record in imgix.requests if record.method == "PATCH"]
    assert [body["data"]["attributes"] for body in changing] == [{"enabled": True}]
    assert imgix.source(source_id).enabled


@pytest.mark.parametrize("giver_first", [True, False])
def test_a_domain_that_the_run_frees_is_no_conflict_whatever_the_order(
    imgix: SimulatedImgix, told: list[str], giver_first: bool
) -> None:
    """Where the new source is declared first, its warning is taken back as soon as it is known."""
    giver = imgix.add_source(name="Old", deployment=folder("blog")["deployment"])
    lifecycle = fast_run(imgix, told).lifecycle

    def change_giver() -> None:
        before, after = folder("blog"), folder("other")
        lifecycle.check(after, before, resource="urn::giver")
        lifecycle.diff(giver, before, after, resource="urn::giver")

    if giver_first:
        change_giver()
    for _ in range(2):  # as an engine may
        lifecycle.check(folder("blog"), {}, resource="urn::taker")
    if giver_first:
        assert told == []
        return
    change_giver()
    warning, settled = told
    assert "imgix will refuse to create it, unless this run frees the domain first" in warning
    assert settled.startswith(f'imgix source "Source blog": imgix can create it: source {giver} ')


def test_a_source_that_keeps_one_of_two_wanted_domains_is_still_a_conflict(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """A warning is taken back only once every wanted domain becomes free."""
    before, wanted = folder("one"), folder("one")
    before["deployment"]["imgix_subdomains"] = ["one", "two", "three"]
    wanted["deployment"]["imgix_subdomains"] = ["one", "two"]
    giver = imgix.add_source(name="Old", deployment=before["deployment"])
    lifecycle = fast_run(imgix, told).lifecycle
    lifecycle.check(wanted, {}, resource="urn::taker")
    half = {**before, "deployment": {**before["deployment"], "imgix_subdomains": ["two", "three"]}}

    lifecycle.check(half, before, resource="urn::giver")
    lifecycle.diff(giver, before, half, resource="urn::giver")

    (line,) = told
    assert "imgix will refuse to create it" in line


@pytest.mark.parametrize(
    ("refreshed", "of_the_stack"), [(True, False), (True, True), (False, False)]
)
def test_an_update_that_takes_a_domain_of_a_stranger_is_told_after_a_refresh(
    imgix: SimulatedImgix, told: list[str], refreshed: bool, of_the_stack: bool
) -> None:
    """Without one it is not known who is a stranger, and a source of the stack may yet give it."""
    holder = imgix.add_source(name="Old", deployment=folder("blog")["deployment"])
    taker = imgix.add_source(name="Source shop", deployment=folder("shop")["deployment"])
    lifecycle = fast_run(imgix, told).lifecycle
    if refreshed:
        lifecycle.read(taker, folder("shop"), "urn::taker")
    if of_the_stack:
        lifecycle.read(holder, folder("blog"), "urn::holder")
    imgix.requests.clear()
    before = folder("shop")
    wanted = {**before, "deployment": folder("blog")["deployment"]}

    lifecycle.check(wanted, before, resource="urn::taker")
    lifecycle.diff(taker, before, wanted, resource="urn::taker")

    assert len(imgix.requests) == refreshed
    said = [line for line in told if "will refuse" in line]
    assert len(said) == (refreshed and not of_the_stack)
    for line in said:
        assert line == (
            'warning: imgix source "Source shop": imgix will refuse to update it: subdomain blog '
            f'is taken by source {holder} "Old" (enabled). Free it there first, or declare another.'
        )


def test_nobody_is_asked_where_it_is_turned_off(imgix: SimulatedImgix, told: list[str]) -> None:
    """`imgix:checkDomains: false` keeps a preview from sending anything."""
    imgix.add_source(deployment={"type": "webproxy", "imgix_subdomains": ["blog"]})

    fast_run(imgix, told, check_domains=False).lifecycle.check(folder("blog"), {})

    assert (list(imgix.requests), told) == ([], [])


def test_without_a_key_it_is_silent(imgix: SimulatedImgix, told: list[str]) -> None:
    """A preview in a pull request of a stranger has no key."""
    imgix.add_source(deployment={"type": "webproxy", "imgix_subdomains": ["blog"]})

    fast_run(imgix, told, api_key=None).lifecycle.check(folder("blog"), {})

    assert (list(imgix.requests), told) == ([], [])


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_imgix_refuses_is_told_once(
    imgix: SimulatedImgix, told: list[str], status: int
) -> None:
    """A preview does not fail for it, but `up` would: so nobody is promised anything."""
    imgix.faults.add(Fault("status", status=status, times=None))
    lifecycle = fast_run(imgix, told).lifecycle

    for name in ("blog", "shop"):
        assert lifecycle.check(folder(name), {}, resource=f"urn::{name}").problems == ()

    (line,) = told
    assert line.startswith(
        f"warning: imgix could not be asked whether domains are taken: imgix answered {status}: "
    )
    assert "Check that imgix:apiKey" in line


def test_an_api_that_does_not_answer_costs_seconds_once(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """A preview of many sources gives up looking after one short try, and says so once."""
    imgix.faults.add(Fault("status", status=503, times=None))
    run = fast_run(imgix, told)
    began = run.clock.now()

    for number in range(20):
        new = folder(f"new-{number}")
        assert run.lifecycle.check(new, {}, resource=f"urn::{number}").problems == ()
    tried = len(imgix.requests)
    run.lifecycle.check({**folder("old"), "adopt": "0" * 24}, {}, resource="urn::old")

    assert run.clock.now() - began < 60
    assert len(imgix.requests) == tried < 8
    first, second = told
    assert first.startswith("imgix could not be asked whether domains are taken: ")
    assert "what that changes is not known: " in second


def test_an_update_asks_nobody(imgix: SimulatedImgix, told: list[str]) -> None:
    """A source that exists has its domains already."""
    fast_run(imgix, told).lifecycle.check(folder("blog"), folder("blog"))

    assert list(imgix.requests) == []


@pytest.mark.parametrize(
    ("count", "in_pairs", "told_of"),
    [(3, False, False), (4, False, True), (9, False, True), (9, True, False)],
)
@pytest.mark.parametrize("new", [True, False])
def test_a_preview_tells_when_more_sources_wait_than_the_engine_may_work_on_at_once(
    imgix: SimulatedImgix, told: list[str], count: int, in_pairs: bool, told_of: bool, new: bool
) -> None:
    """It is told once, and only where those who take come before those who give."""
    run = fast_run(imgix, told)
    numbers = [str(number) for number in range(count)]
    takers, givers = [f"taker-{each}" for each in numbers], [f"giver-{each}" for each in numbers]
    pairs = [name for pair in zip(takers, givers, strict=True) for name in pair]

    for name in pairs if in_pairs else takers + givers:
        number = name.partition("-")[2]
        before, after = folder(name), folder(name)
        if name in takers:
            after["deployment"]["imgix_subdomains"] = [name, f"moved-{number}"]
        else:
            before["deployment"]["imgix_subdomains"] = [name, f"moved-{number}"]
        created = new and name in takers
        run.lifecycle.check(after, {} if created else before, resource=f"urn::{name}")
        if not created:
            run.lifecycle.diff(name, before, after, resource=f"urn::{name}")

    hints = [line for line in told if "--parallel" in line]
    assert len(hints) == told_of
    assert all("run `pulumi up --parallel 64`" in line for line in hints)
