"""Each rule: what it finds, and the nearest case that is innocent."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pytest

from imgix_provider.errors import ImgixError
from imgix_provider.review.model import Severity
from imgix_provider.review.rules.table import KINDS, RULES, review, rules_named
from imgix_provider.review.words import plain
from tests.review.documents import (
    SECRET,
    UNKNOWN,
    Case,
    azure,
    compatible,
    folder,
    gcs,
    inputs,
    outputs,
    proxy,
    reviewed,
    rules_hit,
    s3,
    sample,
    stack_of,
)

Make = Callable[[], Case]


def updated(old: Any, new: Any, **effective: Any) -> Make:
    """Return a preview that updates one source from one deployment to the next."""
    return lambda: Case().update("blog", inputs(old), inputs(new), **effective)


def created(deployment: Any, **arguments: Any) -> Make:
    """Return a preview that creates one source."""
    return lambda: Case().create("blog", inputs(deployment, **arguments))


def deleted(**arguments: Any) -> Make:
    """Return a preview where one source leaves the stack."""
    return lambda: Case().delete("blog", inputs(folder(), **arguments))


def two(first: Any, second: Any) -> Make:
    """Return a preview that updates two sources, each given as before and after."""
    return lambda: (
        Case()
        .update("one", inputs(first[0], "One"), inputs(first[1], "One"))
        .update("two", inputs(second[0], "Two"), inputs(second[1], "Two"))
    )


def many(number: int) -> Make:
    """Return a preview that creates so many sources."""

    def make() -> Case:
        case = Case()
        for each in range(number):
            case.create(f"s{each}", inputs(folder(f"acme-{each}"), f"S{each}"))
        return case

    return make


def many_updates(number: int, path: str = "annotation") -> Make:
    """Return a preview that updates so many sources."""

    def make() -> Case:
        case = Case()
        for each in range(number):
            old, new = inputs(folder(f"acme-{each}")), inputs(folder(f"acme-{each}"))
            if path == "annotation":
                new["deployment"]["annotation"] = "new"
            else:
                new[path] = "retain"
            case.update(f"s{each}", old, new)
        return case

    return make


def of_a_refresh(differing: int) -> Make:
    """Return the preview of a refresh, which says how many resources differ."""

    def make() -> Case:
        case = Case()
        case.steps.clear()
        state = case.state("blog", inputs(folder()), outputs(inputs(folder())))
        case.step("refresh", state, state)
        case.summary = {"same": 1, "update": differing}
        return case

    return make


def many_leaving(number: int, **arguments: Any) -> Make:
    """Return a preview in which so many sources leave the stack and free their domains."""

    def make() -> Case:
        case = Case()
        for each in range(number):
            given = inputs(folder(f"acme-{each}"), f"S{each}", on_delete="release", **arguments)
            case.delete(f"s{each}", given)
        return case

    return make


def many_disabled(number: int) -> Make:
    """Return a preview that changes so many sources that are and stay disabled."""

    def make() -> Case:
        case = Case()
        for each in range(number):
            old, new = folder(f"acme-{each}"), folder(f"acme-{each}", annotation="new")
            case.update(f"s{each}", inputs(old, enabled=False), inputs(new, enabled=False))
        return case

    return make


def refreshed(recorded: Any, live: Any, declared: Any, **shown: Any) -> Make:
    """Return a preview that was compared with imgix."""
    return lambda: Case().refreshed(
        "blog",
        inputs(recorded),
        None if live is None else inputs(live),
        None if declared is None else inputs(declared),
        shown=shown,
    )


def parameters(**values: Any) -> Make:
    """Return a preview that creates a source with these rendering parameters."""
    return created(folder(default_params=values))


def rotated(said: str) -> Make:
    """Return a preview where nothing visible changes, and the provider says so much."""
    given = inputs(s3())
    return lambda: Case().update("blog", given, given).says(said)


def renamed(adopts: bool = False) -> Case:
    """Return a preview where a resource has another name, and no alias."""
    case = Case().delete("old", inputs(folder()))
    more = {"adopt": case.steps[-1]["oldState"]["id"]} if adopts else {}
    return case.create("new", inputs(folder(), **more))


def with_same(make: Case, given: Any) -> Case:
    """Return a preview with a source that does not change."""
    return make.same("still", inputs(given, "Still"))


def encoded(url: str) -> str:
    """Return a URL as a parameter's base64 variant holds it."""
    return base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


ttl = "cache_ttl_value"
behavior = "cache_ttl_behavior"

HITS: Mapping[str, list[Make]] = {
    "domain-taken-twice": [
        lambda: with_same(Case().create("new", inputs(folder("acme"))), folder("acme")),
        lambda: Case().create("a", inputs(folder("acme"))).create("b", inputs(folder("ACME"))),
        lambda: with_same(
            Case().update(
                "b", inputs(folder("b")), inputs(folder("b", custom_domains=["I.acme.com"]))
            ),
            folder("still", custom_domains=["i.acme.com"]),
        ),
    ],
    "domain-swapped": [
        two((folder("a"), folder("b")), (folder("b"), folder("a"))),
        lambda: two((folder("a"), folder("b")), (folder("b"), folder("c")))().update(
            "three", inputs(folder("c")), inputs(folder("a"))
        ),
    ],
    "renamed-without-alias": [renamed],
    "taken-from-deleted": [
        lambda: updated(folder("a"), folder("a", "x"))().delete("old", inputs(folder("x"))),
        lambda: updated(folder("a"), folder("a", "x"))().delete(
            "old", inputs(folder("x"), on_delete="release")
        ),
    ],
    "domain-removed": [
        updated(folder("a", "b"), folder("a")),
        updated(folder(custom_domains=["i.acme.com"]), folder()),
        refreshed(folder(), folder("acme", "by-hand"), folder()),
    ],
    "domain-moved": [two((folder("a", "x"), folder("a")), (folder("b"), folder("b", "x")))],
    "custom-domain-added": [
        updated(folder(), folder(custom_domains=["i.acme.com"])),
        created(folder(custom_domains=["i.acme.com"])),
    ],
    "custom-domain-of-imgix": [updated(folder(), folder(custom_domains=["acme2.imgix.net"]))],
    "webproxy-unsigned": [created(proxy(secure_url_enabled=False))],
    "source-replaced": [lambda: Case().replace("blog", inputs(folder("a")), inputs(s3("b")))],
    "source-disabled": [
        deleted(),
        lambda: Case().update("blog", inputs(folder()), inputs(folder(), enabled=False)),
    ],
    "source-released": [deleted(on_delete="release")],
    "signed-urls-on": [
        updated(folder(), folder(secure_url_enabled=True)),
        updated(folder(secure_url_enabled=False), folder(secure_url_enabled=True)),
        updated(folder(), proxy()),
    ],
    "signed-urls-off": [
        updated(folder(secure_url_enabled=True), folder()),
        updated(proxy(), folder(secure_url_enabled=False)),
    ],
    "credential-changed": [
        rotated('imgix source "Blog": s3_secret_key changes; imgix deploys the source again'),
        rotated("nothing of interest"),
    ],
    "credential-removed": [updated(folder(password=SECRET, username="me"), folder())],
    "ttl-lowered": [
        updated(folder(**{ttl: 864_000}), folder(**{ttl: 86_400})),
        updated(folder(), folder(**{ttl: 86_400})),
        updated(folder(cache_ttl_error=300), folder(cache_ttl_error=30)),
    ],
    "enforce-minimum-dropped": [
        updated(folder(**{behavior: "enforce_minimum"}), folder()),
        updated(gcs(), gcs(**{behavior: "respect_origin"})),
    ],
    "source-enabled": [
        lambda: Case().update("blog", inputs(folder(), enabled=False), inputs(folder()))
    ],
    "type-changed": [updated(folder(), compatible())],
    "webproxy-changed": [updated(folder(), proxy()), updated(proxy(), s3())],
    "origin-changed": [
        updated(s3(), s3(s3_bucket="other")),
        updated(s3(), s3(s3_prefix="photos")),
        updated(folder(), folder(webfolder_base_url="https://other.com/")),
    ],
    "http-origin": [
        updated(folder(), folder(webfolder_base_url="http://example.com/images/")),
        created(compatible(endpoint_url="HTTP://minio.acme.com")),
    ],
    "loop": [
        created(folder("acme", image_error="https://acme.imgix.net/error.png")),
        parameters(mark="https://acme.imgix.net/logo.png"),
        parameters(BLEND64=encoded("https://acme.imgix.net/logo.png")),
        updated(
            folder(custom_domains=["i.acme.com"]),
            folder(custom_domains=["i.acme.com"], image_missing="https://I.acme.com/missing.png"),
        ),
    ],
    "append-qs-without-url": [
        created(folder(image_error_append_qs=True)),
        updated(
            folder(image_missing="https://e.com/x.png", image_missing_append_qs=True),
            folder(image_missing_append_qs=True),
        ),
    ],
    "parameter-unknown": [parameters(qality=60)],
    "parameter-value": [parameters(fit="crp"), parameters(w=9_000)],
    "parameter-range": [parameters(q=180)],
    "rendering-changed": [updated(folder(default_params={"q": 60}), folder())],
    "over-quota": [
        many(61),
        many_updates(61),
        many_leaving(31),
        many_leaving(21, enabled=False),
        many_disabled(21),
    ],
    "hand-edit-overwritten": [
        refreshed(folder(**{ttl: 90_000}), folder(**{ttl: 9_000}), folder(**{ttl: 90_000})),
        refreshed(folder(**{ttl: 90_000}), folder(**{ttl: 9_000}), folder(**{ttl: 80_000})),
        refreshed(folder(annotation="a"), folder(annotation="b"), folder()),
    ],
    "gone-at-imgix": [refreshed(folder(), None, folder())],
    "refresh-differs": [of_a_refresh(1), of_a_refresh(2)],
    "provider-warning": [
        lambda: (
            Case()
            .create("blog", inputs(folder()))
            .says('warning: imgix source "Blog": deployment.region: may be wrong')
        )
    ],
    "program-warning": [
        lambda: Case().create("blog", inputs(folder())).says("warning: oh", "warning")
    ],
    "policy-warning": [lambda: sample_with_policy("advisory")],
    "hand-edit-kept": [
        refreshed(folder(), folder(), folder(), image_error="https://e.com/x.png"),
        refreshed(folder(annotation="a"), folder(annotation="b"), folder(annotation="b")),
    ],
    "source-adopted": [created(folder(), adopt="6b0536640000000000000001")],
    "source-left-alone": [
        deleted(on_delete="retain"),
        lambda: Case().delete("blog", inputs(folder()), retainOnDelete=True),
        lambda: renamed(adopts=True),
    ],
    "deployment-unseen": [created(SECRET), created(UNKNOWN)],
}

MISSES: Mapping[str, list[Make]] = {
    "domain-taken-twice": [
        lambda: with_same(Case().create("new", inputs(folder("acme2"))), folder("acme")),
        two((folder("a", "x"), folder("a")), (folder("b"), folder("b", "x"))),
        # A subdomain is not a custom domain of the same text.
        lambda: with_same(
            Case().create("new", inputs(folder("new", custom_domains=["acme.com"]))), folder("acme")
        ),
    ],
    "domain-swapped": [
        two((folder("a", "x"), folder("a")), (folder("b"), folder("b", "x"))),
        two((folder("a", "x"), folder("a")), (folder("b", "y"), folder("b"))),
    ],
    "renamed-without-alias": [
        lambda: renamed(adopts=True),
        lambda: Case().delete("old", inputs(folder("a"))).create("new", inputs(folder("b"))),
        lambda: Case().replace("blog", inputs(folder("a")), inputs(s3("a"))),
    ],
    "taken-from-deleted": [
        lambda: updated(folder("a"), folder("a", "y"))().delete("old", inputs(folder("x"))),
        two((folder("a", "x"), folder("a")), (folder("b"), folder("b", "x"))),
    ],
    "domain-removed": [
        updated(folder("a", "b"), folder("b", "a")),
        updated(folder(custom_domains=["I.acme.com"]), folder(custom_domains=["i.acme.com"])),
        updated(folder("a"), inputs(UNKNOWN)["deployment"]),
        two((folder("a", "x"), folder("a")), (folder("b"), folder("b", "x"))),
        deleted(),
    ],
    "domain-moved": [
        two((folder("a", "x"), folder("a")), (folder("b"), folder("b", "y"))),
        two((folder("a"), folder("b")), (folder("b"), folder("a"))),
    ],
    "custom-domain-added": [
        updated(folder(custom_domains=["i.acme.com"]), folder("b", custom_domains=["i.acme.com"])),
        two(
            (folder("a", custom_domains=["i.acme.com"]), folder("a")),
            (folder("b"), folder("b", custom_domains=["i.acme.com"])),
        ),
        created(folder(custom_domains=["i.acme.com"]), adopt="6b0536640000000000000001"),
        created(folder(custom_domains=[])),
    ],
    "custom-domain-of-imgix": [
        updated(folder(), folder(custom_domains=["imgix.net.acme.com"])),
        updated(folder(), folder(custom_domains=["notimgix.net"])),
    ],
    "webproxy-unsigned": [
        created(proxy()),
        created(proxy(secure_url_enabled=True)),
        created(folder(secure_url_enabled=False)),
    ],
    "source-replaced": [updated(folder(), s3())],
    "source-disabled": [
        deleted(enabled=False),
        deleted(on_delete="retain"),
        lambda: Case().update("blog", inputs(folder(), enabled=False), inputs(folder())),
        lambda: Case().update("blog", inputs(folder(), enabled=False), inputs(s3(), enabled=False)),
        created(folder(), enabled=False),
    ],
    "source-released": [deleted(), deleted(on_delete="retain")],
    "signed-urls-on": [
        updated(folder(secure_url_enabled=True), folder("a", "b", secure_url_enabled=True)),
        created(folder(secure_url_enabled=True)),
        updated(folder(secure_url_enabled=True), proxy()),
    ],
    "signed-urls-off": [
        updated(folder(), folder(secure_url_enabled=False)),
        # It was switched on by hand and is not declared, so it stays.
        updated(folder(), folder("b"), secure_url_enabled=True),
    ],
    "credential-changed": [
        updated(s3(), s3(annotation="new")),
        updated(folder(), s3()),
        updated(folder(), folder(username="me", password=SECRET)),
        updated(folder(password=SECRET, username="me"), folder()),
    ],
    "credential-removed": [
        updated(folder(password=SECRET), folder(password=SECRET, username="me")),
        updated(folder(password=SECRET), s3()),
    ],
    "ttl-lowered": [
        updated(folder(**{ttl: 864_000}), folder(**{ttl: 86_401})),
        updated(folder(**{ttl: 86_400}), folder()),
        updated(folder(**{ttl: 86_400}), folder(**{ttl: 864_000})),
        created(folder(**{ttl: 1_800})),
        updated(folder(**{ttl: 864_000}), folder(**{ttl: UNKNOWN})),
    ],
    "enforce-minimum-dropped": [
        updated(folder(), folder("b")),
        updated(folder(**{behavior: "override_origin"}), folder()),
        created(gcs(**{behavior: "respect_origin"})),
    ],
    "source-enabled": [
        lambda: Case().update("blog", inputs(folder(), enabled=False), inputs(s3(), enabled=False)),
        created(folder()),
    ],
    "type-changed": [updated(folder(), folder("b")), updated(folder(), proxy())],
    "webproxy-changed": [updated(folder(), s3()), updated(proxy(), proxy("b"))],
    "origin-changed": [
        updated(compatible(), compatible(region="ams3")),
        updated(s3(), s3(annotation="new")),
        updated(s3(s3_prefix=""), s3()),
        updated(folder(), s3()),
    ],
    "http-origin": [
        updated(folder(), folder(webfolder_base_url="https://example.com/http://")),
        updated(
            folder(webfolder_base_url="http://example.com/"),
            folder("b", webfolder_base_url="http://example.com/"),
        ),
        created(compatible(endpoint_url="nyc3.digitaloceanspaces.com")),
    ],
    "loop": [
        created(folder("acme", image_error="https://acme2.imgix.net/error.png")),
        created(folder("acme", image_error="https://example.com/acme.imgix.net")),
        parameters(mark="/logo.png"),
        parameters(mark64="?????"),
        parameters(txt="https://acme.imgix.net/"),
        updated(
            folder(image_error="https://acme.imgix.net/e.png"),
            folder(image_error="https://acme.imgix.net/e.png", annotation="new"),
        ),
    ],
    "append-qs-without-url": [
        created(folder(image_error_append_qs=True, image_error="https://e.com/x.png")),
        created(folder(image_error_append_qs=False)),
        created(folder(image_error_append_qs=True, image_error=UNKNOWN)),
    ],
    "parameter-unknown": [
        parameters(Q=60, ixlib="py", s="x", txt64="aGk", mark64="aGk", Height=3),
        updated(folder(default_params={"zz": 1}), folder("b", default_params={"zz": 1})),
        parameters(auto=UNKNOWN),
    ],
    "parameter-value": [
        parameters(fit="CROP", w=0.5, h=400, auto="format, compress", bg="fff", flip="hv"),
        parameters(q="75", lossless=1, dpr=2.0, rect="left,top,10,20", mark="/x.png"),
        parameters(qality=60),
        parameters(fit=SECRET),
    ],
    "parameter-range": [parameters(q=100), parameters(dpr=0.75), parameters(w=9_000)],
    "rendering-changed": [
        updated(folder(default_params={"q": 60}), folder(default_params={"q": "60"})),
        updated(folder(), folder(**{ttl: 90_000})),
        created(folder(default_params={"q": 60})),
    ],
    "over-quota": [
        many(60),
        many_updates(60),
        many_updates(61, "on_delete"),
        many_leaving(30),
        many_leaving(20, enabled=False),
        many_disabled(20),
    ],
    "hand-edit-overwritten": [
        updated(folder(annotation="a"), folder(annotation="b")),
        refreshed(folder(), folder(), folder(annotation="b")),
        refreshed(folder(annotation="a"), folder(annotation="b"), folder(annotation="b")),
        refreshed(folder("a", "b"), folder("b", "a"), folder("a", "b")),
        refreshed(folder(), folder(), folder(), image_error="https://e.com/x.png"),
        refreshed(folder(**{ttl: 90_000}), folder(**{ttl: 90_000.0}), folder(**{ttl: 90_000})),
    ],
    "gone-at-imgix": [created(folder()), refreshed(folder(), folder(), None)],
    "refresh-differs": [of_a_refresh(0), refreshed(folder(annotation="a"), folder(), folder())],
    "provider-warning": [
        lambda: (
            Case()
            .create("blog", inputs(folder()))
            .says(
                'imgix source "Blog": source 1 is adopted, nothing is created; '
                "nothing changes at imgix"
            )
        ),
        # A rule says the same in its own words.
        lambda: (
            Case()
            .create("blog", inputs(folder(default_params={"qality": 3})))
            .says(
                'warning: imgix source "Blog": deployment.default_params.qality: is not a '
                "documented rendering parameter"
            )
        ),
    ],
    "program-warning": [
        lambda: Case().create("blog", inputs(folder())).says("warning: oh", "info")
    ],
    "policy-warning": [lambda: Case().create("blog", inputs(folder()))],
    "hand-edit-kept": [
        refreshed(folder(), folder(), folder()),
        refreshed(folder(annotation="a"), folder(annotation="b"), folder(annotation="a")),
        refreshed(folder(), folder(), folder(), allows_upload=True),
        updated(folder(), folder("b"), image_error="https://e.com/x.png"),
    ],
    "source-adopted": [created(folder())],
    "source-left-alone": [deleted(), deleted(on_delete="release")],
    "deployment-unseen": [created(folder(annotation=UNKNOWN)), created(s3())],
}


def sample_with_policy(level: str) -> Case:
    """Return a preview of which events say that a policy was violated."""
    case = Case().create("blog", inputs(folder()))
    case.says("acme/no-http: no http", "warning" if level == "advisory" else "error", "blog")
    case.diagnostics[-1]["policy"] = True
    return case


def cases(table: Mapping[str, list[Make]]) -> list[Any]:
    """Return the cases of a table, each with an id."""
    return [
        pytest.param(rule, make, id=f"{rule}-{number}")
        for rule, makes in table.items()
        for number, make in enumerate(makes)
    ]


@pytest.mark.parametrize(("rule", "make"), cases(HITS))
def test_a_rule_finds_what_would_go_wrong(rule: str, make: Make) -> None:
    """Each rule is hit by the mistake that it is for, and says what to do in whole sentences."""
    found = make().reviewed()
    assert rule in rules_hit(found)
    finding = next(each for each in found.findings if each.rule == rule)
    assert plain(finding.sentence).strip()
    assert not finding.advice or plain(finding.advice).endswith(".")


@pytest.mark.parametrize(("rule", "make"), cases(MISSES))
def test_a_rule_leaves_the_innocent_alone(rule: str, make: Make) -> None:
    """The nearest case that is right is never reported: a false alarm is a defect."""
    assert rule not in rules_hit(make().reviewed())


def test_every_rule_has_a_hit_and_a_miss() -> None:
    """No rule goes untested, in neither direction."""
    ids = {rule.id for rule in RULES}
    assert set(HITS) == ids
    assert set(MISSES) == ids


def test_rules_are_told_apart_and_explained() -> None:
    """Each rule has an id of its own, one sentence, and a page of imgix's or none."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.words.endswith(".")
        assert rule.page == "" or rule.page.startswith("https://docs.imgix.com/")
    assert not {rule.id for rule in RULES} & set(KINDS)


def test_kinds_stand_for_rules() -> None:
    """What a gate asks for by kind is a set of rules that exist."""
    ids = {rule.id for rule in RULES}
    assert all(rules and rules <= ids for rules in KINDS.values())
    assert rules_named(["type-change", "loop"]) == {"type-changed", "webproxy-changed", "loop"}


def test_a_rule_that_does_not_exist_is_refused_with_the_nearest() -> None:
    """A gate with a slip of the pen never passes in silence."""
    with pytest.raises(ImgixError, match=r'"domain-remved"; did you mean domain-removed\?'):
        rules_named(["domain-remved"])


def test_a_quota_of_the_stack_is_taken_into_account() -> None:
    """Who pays for more creates an hour is not told that 61 need two runs."""
    case = many(61)()
    case.config = {"imgix:createsPerHour": "100"}
    assert rules_hit(case.reviewed()) == []
    case.config = {"imgix:createsPerHour": "30"}
    (finding,) = case.reviewed().findings
    assert plain(finding.sentence).startswith("61 creates take 3 runs")


def test_the_worst_comes_first() -> None:
    """Findings are sorted by severity, then by rule and source."""
    case = renamed().update("z", inputs(folder("z")), inputs(s3("z", default_params={"q": 180})))
    severities = [finding.severity for finding in case.reviewed().findings]
    order = list(Severity)
    assert severities == sorted(severities, key=order.index)
    assert {*severities} == set(order)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("domain-moves-between-sources.json", "domain-moved"),
        ("renamed-without-alias.json", "renamed-without-alias"),
        ("provider-warning.json", "provider-warning"),
        ("delete-disable-and-retain.json", "source-disabled"),
        ("drift-and-intent.json", "gone-at-imgix"),
        ("events-with-refresh.jsonl", "hand-edit-kept"),
        ("refresh-preview-only.json", "refresh-differs"),
    ],
)
def test_real_mistakes_are_found_in_real_documents(name: str, rule: str) -> None:
    """What a real engine showed as green, and what failed later, is found in its own document."""
    assert rule in rules_hit(reviewed(sample(name)))


def configured(case: Case) -> Case:
    """Return the preview of a program that declares what the stack's configuration lists."""
    frame = "project:///.venv/lib/python3.11/site-packages/imgix_provider/stack.py#199"
    for step in case.steps:
        for state in (step.get("oldState"), step.get("newState")):
            if state and "stackTrace" in state:
                state["stackTrace"] = [{"sourcePosition": frame}]
    return case


@pytest.mark.parametrize(
    ("case", "advice"),
    [
        (renamed(), 'add opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")])'),
        (
            configured(renamed()),
            "run pulumi state rename "
            "urn:pulumi:dev::acme::pulumi-python:dynamic/imgix:Source::old new --stack dev first",
        ),
        (
            configured(
                Case().delete("it's::old", inputs(folder())).create("a b", inputs(folder()))
            ),
            "run pulumi state rename "
            "'urn:pulumi:dev::acme::pulumi-python:dynamic/imgix:Source::it'\"'\"'s: :old' 'a b' "
            "--stack dev first",
        ),
    ],
)
def test_a_source_under_another_name_is_kept_as_its_kind_of_declaration_can(
    case: Case, advice: str
) -> None:
    """A program declares an alias; a configuration cannot, so its resource is renamed in the state.

    The command can be pasted, and nothing in a name is a command of its own.
    """
    (finding,) = (each for each in case.reviewed().findings if each.rule == "renamed-without-alias")
    assert advice in plain(finding.advice)


def between(*cases: Case) -> list[list[str]]:
    """Return what is found of domains that are taken twice, in each of several stacks."""
    return [
        [plain(each.sentence) for each in found.findings if each.rule == "domain-taken-twice"]
        for found in review([stack_of(case.document()) for case in cases])
    ]


def test_a_domain_that_two_stacks_declare_is_found_where_it_is_new() -> None:
    """Each stack is fine by itself, and the `up` of the second would fail."""
    new, still = inputs(folder("shared", custom_domains=["I.acme.com"])), inputs(folder("shared"))
    told = "shared.imgix.net is declared here and by {}: imgix refuses whichever comes second"

    one, two, three = (Case(name).create("blog", new) for name in ("dev", "staging", "prod"))
    assert between(one, two, three)[:2] == [[], []]
    assert told.format("blog of stack dev and blog of stack staging") in between(one, two, three)[2]
    assert [len(found) for found in between(one, two)] == [0, 2]

    has_it = Case("prod").same("shop", still)
    assert between(one, has_it) == [[told.format("shop of stack prod")], []]
    takes_it = Case("dev").update("blog", inputs(folder("a")), inputs(folder("a", "SHARED")))
    assert between(takes_it, has_it) == [[told.format("shop of stack prod")], []]


@pytest.mark.parametrize(
    "cases",
    [
        # The usual case: each environment has names of its own.
        (Case("dev").create("a", inputs(folder("a-dev"))), Case().create("a", inputs(folder("a")))),
        # Two previews of one stack, before and after a change to it.
        (Case("dev").create("a", inputs(folder())), Case("dev").create("a", inputs(folder()))),
        # One stack gives up what another takes.
        (
            Case("dev").update("a", inputs(folder("a", "x")), inputs(folder("a"))),
            Case("prod").create("b", inputs(folder("x"))),
        ),
        # A source that is adopted has its domains already.
        (
            Case("dev").same("a", inputs(folder())),
            Case("prod").create("b", inputs(folder(), adopt="6b0536640000000000000001")),
        ),
        # Two stacks manage one source.
        (Case("dev").same("a", inputs(folder())), Case("prod").same("b", inputs(folder()))),
        (Case("dev").same("a", inputs(SECRET)), Case("prod").create("b", inputs(SECRET))),
    ],
)
def test_nothing_is_found_between_stacks_that_do_not_ask_for_one_domain(
    cases: tuple[Case, Case],
) -> None:
    """What each stack has, gives up or adopts is its own business."""
    assert between(*cases) == [[], []]


def test_findings_are_frozen() -> None:
    """A finding is data."""
    (finding,) = deleted()().reviewed().findings
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        finding.rule = "other"  # type: ignore[misc]


def test_azure_needs_nothing_special() -> None:
    """A source of another type is judged by the same rules."""
    assert rules_hit(updated(azure(), azure(azure_prefix="p"))().reviewed()) == ["origin-changed"]
