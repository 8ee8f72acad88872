"""Documents, events and states as the engine writes them, and what is none of them."""

from __future__ import annotations

import cProfile
import io
import json
import pstats
from typing import Any

import pytest

from imgix_provider.errors import ImgixError
from imgix_provider.review.markdown import to_comment
from imgix_provider.review.model import Action, Place, Severity, Special, Way
from imgix_provider.review.phrases import remarks_of
from imgix_provider.review.places import place_of
from imgix_provider.review.read import read_preview
from imgix_provider.review.shape import snake_case
from imgix_provider.review.words import codes, plain
from tests.review.cases import CASES
from tests.review.documents import (
    DYNAMIC,
    PLUGIN,
    SECRET,
    Case,
    compatible,
    folder,
    inputs,
    outputs,
    reviewed,
    rules_hit,
    s3,
    sample,
    source_of,
    stack_of,
)
from tests.review.reports import all_reports


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n  \n", "is empty"),
        ("not json", "is not JSON, or cut off"),
        ('{"steps": [{"op": "cre', "is not JSON, or cut off"),
        ('{\n  "steps": [\n    {"op": "create"', "is not JSON, or cut off"),
        ("[]", "is JSON, but not a preview"),
        ("[{}]", "is JSON, but not a preview"),
        ("3", "is JSON, but not a preview"),
        ("null", "is JSON, but not a preview"),
        ('{"a": 1}', "is JSON, but not a preview"),
        ('{"steps": []} {"steps": []}', "is not JSON, or cut off"),
        ('{"preludeEvent": {}}\n{"summaryEv', "is not JSON, or cut off"),
        ("[" * 100_000, "nested too deeply"),
        ('{"steps": [' + "[" * 100_000, "nested too deeply"),
        ('{"steps": [' + "9" * 5_000 + "]}", "is not JSON, or cut off"),
    ],
)
def test_what_is_no_preview_is_told_in_one_line(text: str, words: str) -> None:
    """Somebody who gives the wrong file hears so, and what to give."""
    with pytest.raises(ImgixError, match=words) as raised:
        read_preview(io.StringIO(text), "the file")
    assert "\n" not in str(raised.value)
    assert "the file" in str(raised.value)


@pytest.mark.parametrize(
    "document",
    [
        {"steps": None, "diagnostics": None, "changeSummary": None, "config": None},
        {"steps": {}, "diagnostics": 3},
        {"steps": [1, None, [], "x", {}, {"op": 1, "urn": 2}, {"op": "create", "urn": ""}]},
        {"steps": [{"op": "create", "urn": "urn:pulumi:a::b::imgix:index:Source::c"}]},
        {"steps": [{"op": "update", "urn": "x", "oldState": 3, "newState": []}]},
        {"diagnostics": [1, {}, {"message": 3, "severity": "error"}, {"severity": None}]},
        {"steps": [], "changeSummary": {"same": "many", "update": -1}},
    ],
)
def test_parts_of_another_shape_are_passed_over(document: Any) -> None:
    """A newer engine that writes something unheard of does not end the review."""
    assert to_comment([reviewed(document)]).startswith("<!-- imgix-review -->")


@pytest.mark.parametrize(
    ("events", "document"),
    [
        ("streamed-events.jsonl", "changes-of-every-kind.json"),
        ("events-with-refresh.jsonl", "refresh-and-sames.json"),
    ],
)
def test_events_and_documents_tell_the_same(events: str, document: str) -> None:
    """Both inputs are read through one model: only the places are missing in events."""
    streamed, written = reviewed(sample(events)), reviewed(sample(document))
    assert rules_hit(streamed) == rules_hit(written)
    for mine, other in zip(streamed.stack.sources, written.stack.sources, strict=True):
        assert (mine.resource, mine.action) == (other.resource, other.action)
        assert (mine.changes, mine.type_change) == (other.changes, other.type_change)
        assert mine.drift == other.drift
        assert mine.said == other.said


def test_events_that_fail_say_so() -> None:
    """Events have a result, and events that end early have none: neither counts as done."""
    assert stack_of(sample("streamed-failed-check.jsonl")).failed
    lines = sample("streamed-events.jsonl").splitlines()
    assert not stack_of("\n".join(lines)).failed
    assert stack_of("\n".join(line for line in lines if "summaryEvent" not in line)).failed


def test_a_policy_of_pulumi_is_heard() -> None:
    """A mandatory policy fails the preview; an advisory one is a warning of its source."""
    urn = Case().urn("blog")
    event = {"resourceUrn": urn, "message": "use https\n", "policyName": "n", "policyPackName": "p"}
    given = {"type": "pulumi-python:dynamic/imgix:Source", "urn": urn, "inputs": inputs(folder())}
    step = {"resourcePreEvent": {"metadata": {"op": "create", "urn": urn, "new": given}}}
    done = {"summaryEvent": {"result": "succeeded", "resourceChanges": {}}}
    for level, failed in (("advisory", False), ("mandatory", True)):
        policy = {"policyEvent": {**event, "enforcementLevel": level}}
        text = "\n".join(json.dumps(each) for each in (step, policy, done))
        found = reviewed(text)
        assert found.stack.failed is failed
        if failed:
            assert found.stack.problems == ("p/n: use https",)
        else:
            assert rules_hit(found, "blog") == ["policy-warning"]


def test_a_source_of_a_real_document_has_all_that_is_known_of_it() -> None:
    """What changes, the id, the name, and the line that declares it."""
    source = source_of(stack_of(sample("changes-of-every-kind.json")), "s3")
    assert source.action is Action.UPDATED
    assert source.name == "S3"
    assert source.id == "6b0535110000000000000001"
    assert source.place == Place("__main__.py", 3)
    assert [(c.path, c.before, c.after) for c in source.changes] == [
        ("annotation", "old note", Special.ABSENT),
        ("cache_ttl_value", 86_400, 172_800),
    ]


def test_hand_edits_of_a_real_document_are_told_three_ways() -> None:
    """Put back, left alone and gone; another document has what is overwritten."""
    stack = stack_of(sample("refresh-and-sames.json"))
    ways = {s.resource: {d.path: d.way for d in s.drift} for s in stack.sources if s.drift}
    assert ways == {
        "s3": {"name": Way.PUT_BACK, "cache_ttl_value": Way.PUT_BACK},
        "wf": {"enabled": Way.PUT_BACK},
        "dp": {"image_error": Way.LEFT_ALONE},
        "az": {"": Way.GONE},
    }
    (ttl,) = (
        drift
        for drift in source_of(stack_of(sample("drift-and-intent.json")), "s3").drift
        if drift.path == "cache_ttl_value"
    )
    assert (ttl.recorded, ttl.live, ttl.declared) == (86_400, 4_000, 172_800)
    assert ttl.way is Way.OVERWRITTEN


def test_hand_edits_are_seen_where_a_refresh_brings_outputs_alone() -> None:
    """A Pulumi SDK before 3.216 leaves the inputs of a dynamic resource as they were."""
    recorded = inputs(folder("acme", cache_ttl_value=86_400))
    live = outputs(inputs(folder("acme", cache_ttl_value=3_600), "Renamed by hand"))
    case = Case()
    before = case.state("blog", recorded, outputs(recorded))
    case.step("refresh", before, before)
    case.step("update", case.state("blog", recorded, live), case.state("blog", recorded))
    (source,) = case.reviewed().stack.sources
    assert [(each.path, each.recorded, each.live, each.way) for each in source.drift] == [
        ("name", "Blog", "Renamed by hand", Way.PUT_BACK),
        ("cache_ttl_value", 86_400, 3_600, Way.PUT_BACK),
    ]


@pytest.mark.parametrize(
    ("name", "resource", "action"),
    [
        ("adopt.json", "wf", Action.ADOPTED),
        ("component-and-several-sources.json", "comp-x", Action.CREATED),
        ("delete-disable-and-retain.json", "wf", Action.LEFT_ALONE),
        ("delete-disable-and-retain.json", "s3", Action.DISABLED),
        ("delete-disable-and-retain.json", "az", Action.UPDATED),
        ("failed-protected-delete.json", "rp", Action.RELEASED),
        ("changes-of-every-kind.json", "rp", Action.REPLACED),
        ("changes-of-every-kind.json", "rd", Action.READ),
        ("renamed-with-alias.json", "wf2", Action.UNCHANGED),
        ("refresh-preview-only.json", "st", Action.UNCHANGED),
    ],
)
def test_what_becomes_of_a_source(name: str, resource: str, action: Action) -> None:
    """Each step of the engine is the action that imgix sees."""
    assert source_of(stack_of(sample(name)), resource).action is action


def test_a_source_inside_of_a_component_shows_its_parents() -> None:
    """The outermost component comes first."""
    stack = stack_of(CASES["components"]().document())
    assert source_of(stack, "blog").parents == ("site", "images")
    assert stack.others == {"created": 2}


def test_a_renamed_resource_is_one_that_does_not_change() -> None:
    """An alias keeps the source; the report says what it was called."""
    source = source_of(stack_of(sample("renamed-with-alias.json")), "wf2")
    assert source.renamed_from == "wf"


def test_a_source_of_the_stacks_configuration_has_its_path_there() -> None:
    """A person who declares sources in YAML is pointed at YAML."""
    place = source_of(stack_of(sample("root-program.json")), "blog").place
    assert str(place) == "imgix-sources:sources.blog in Pulumi.acc.yaml"


@pytest.mark.parametrize(
    ("frames", "place"),
    [
        (["project:///.venv/lib/python3.11/site-packages/imgix_provider/resource.py#9"], None),
        (
            ["project:///../../usr/lib/python3.12/asyncio/events.py#80", "project:///a.py#2"],
            "a.py:2",
        ),
        (["project:///imgix_provider/resource.py#1", "project:///site.py#7"], "site.py:7"),
        (["project:///../shared/images.py#12"], "../shared/images.py:12"),
        (
            ["project:///node_modules/@acme/imgix/source.js#4,9", "project:///index.ts#20,18"],
            "index.ts:20",
        ),
        (
            [
                "project:///../../opt/yaml/pkg/server/server.go#318",
                "project:///../../opt/yaml/pkg/pulumiyaml/run.go#1026",
            ],
            None,
        ),
        (["project:///../go/pkg/mod/acme/sdk/source.go#3", "project:///main.go#12"], "main.go:12"),
        ([None, 3, "nonsense", "project:///x.py#z", "project:///x.py#4"], "x.py:4"),
        ([], None),
    ],
)
def test_the_first_line_of_the_users_own_is_the_place(frames: list[Any], place: str | None) -> None:
    """Frames of packages, of Python and of the language host are not where a source is declared."""
    found = place_of([{"sourcePosition": frame} for frame in frames])
    assert (None if found is None else str(found)) == place


def test_a_stack_trace_of_another_shape_is_no_place() -> None:
    """A trace that is no list of frames is passed over."""
    assert place_of("nonsense") is None
    assert place_of([3, None]) is None


@pytest.mark.parametrize("camel", ["s3Bucket", "webfolderBaseUrl", "cacheTtlValue", "s3Compatible"])
def test_names_of_the_plugin_are_those_of_imgix(camel: str) -> None:
    """CamelCase of snake_case is mechanical, and so is the way back."""
    snake = snake_case(camel)
    head, *rest = snake.split("_")
    assert head + "".join(word.capitalize() for word in rest) == camel


def test_the_plugins_shape_is_reviewed_as_the_dynamic_resources() -> None:
    """Nested blocks and camelCase say the same, and are found wrong for the same reasons."""
    old, new = folder("acme", custom_domains=["i.acme.com"]), compatible("acme")
    nested = Case(kind=PLUGIN)
    before = {
        "name": "Blog",
        "deployment": {
            "imgixSubdomains": ["acme"],
            "customDomains": ["i.acme.com"],
            "webfolder": {"webfolderBaseUrl": "https://example.com/images/"},
        },
    }
    after = {
        "name": "Blog",
        "deployment": {
            "imgixSubdomains": ["acme"],
            "s3Compatible": {
                "bucketName": "acme-images",
                "endpointUrl": "https://nyc3.digitaloceanspaces.com",
                "region": "nyc3",
                "storageProvider": "DigitalOcean",
                "accessKeyId": SECRET,
                "secretKey": SECRET,
            },
        },
    }
    nested.step("update", nested.state("blog", before, {}), nested.state("blog", after))
    flat = Case().step(
        "update",
        Case().state("blog", inputs(old), outputs(inputs(old))),
        Case().state("blog", inputs(new)),
    )
    assert rules_hit(nested.reviewed()) == rules_hit(flat.reviewed())
    mine, other = (source_of(each.reviewed().stack, "blog") for each in (nested, flat))
    assert mine.type_change == other.type_change
    assert [(c.path, c.before, c.after) for c in mine.changes] == [
        (c.path, c.before, c.after) for c in other.changes
    ]


def test_a_line_of_the_provider_goes_to_the_source_that_it_names() -> None:
    """By its id where it has one, by its name where that is the only one."""
    one, two = inputs(s3("one"), "Twin"), inputs(s3("two"), "Twin")
    case = Case().update("one", one, inputs(s3("one", annotation="x"), "Twin"))
    case.update("two", two, inputs(s3("two", annotation="x"), "Twin"))
    source_id = case.steps[-1]["oldState"]["id"]
    case.says(f'warning: imgix source "Twin" ({source_id}): look at this one')
    case.says('warning: imgix source "Twin": look at either')
    stack = case.reviewed().stack
    assert [said.text for said in source_of(stack, "two").said] == ["look at this one"]
    assert source_of(stack, "one").said == ()
    (said,) = stack.said
    assert said.severity is Severity.WARNING
    assert "look at either" in said.text


def test_a_refusal_that_was_foreseen_too_early_is_not_shown() -> None:
    """The provider takes it back where it learns later in the run that the domain becomes free."""
    case = Case().create("one", inputs(s3("one"), "One")).create("two", inputs(s3("two"), "Two"))
    for name, holder in (("One", "y"), ("Two", "y"), ("One", "z")):
        case.says(
            f'warning: imgix source "{name}": imgix will refuse to create it, unless this run '
            f'frees the domain first: subdomain x is taken by source {holder} "Old" (enabled)'
        )
    case.says('imgix source "One": imgix can create it: source y "Old" gives up its domains')
    stack = case.reviewed().stack
    (other,) = source_of(stack, "one").said
    assert "is taken by source z " in other.text
    (said,) = source_of(stack, "two").said
    assert said.text.startswith("imgix will refuse to create it")


def test_a_hand_edit_of_what_imgix_did_not_show_before_is_found() -> None:
    """What is not set is left out by imgix, so the stack recorded nothing of it."""
    declared = inputs(folder("acme"))
    case = Case().refreshed("blog", declared, declared, declared, shown={"username": "hand"})
    (drift,) = source_of(case.reviewed().stack, "blog").drift
    assert (drift.path, drift.recorded, drift.live) == ("username", Special.ABSENT, "hand")
    assert drift.way is Way.LEFT_ALONE


@pytest.mark.parametrize("op", ["update", "replace"])
def test_a_hand_edit_that_the_run_does_not_take_along_is_said_to_be_dropped(op: str) -> None:
    """Another type may lack the field, and a new source has nothing that is not declared."""
    old, new = inputs(folder("acme")), inputs(s3("acme"))
    edits = {"username": "hand", "image_missing": "https://e.com/m.png"}
    case = Case().refreshed("blog", old, old, new, shown=edits)
    case.steps[-1]["op"] = op
    found = case.reviewed()
    ways = {drift.path: drift.way for drift in source_of(found.stack, "blog").drift}
    kept = Way.LEFT_ALONE if op == "update" else Way.DROPPED
    assert ways == {"username": Way.DROPPED, "image_missing": kept}
    (hit,) = [hit for hit in found.findings if hit.rule == "hand-edit-overwritten"]
    dropped = ["username"] if op == "update" else ["image_missing", "username"]
    assert f"drops {codes(dropped)}, which nobody declares" in hit.sentence


def test_a_parameter_added_by_hand_is_not_said_to_stay_where_it_goes() -> None:
    """The declared parameters are sent as a whole, without the one that was added."""
    old, live = folder("acme", default_params={"q": 60}), folder("acme", default_params={"q": 60})
    live["default_params"]["blur"] = 9
    case = Case().refreshed("blog", inputs(old), inputs(live), inputs(old))
    text = all_reports([case.reviewed()])["text"]
    assert "at imgix 9; this run puts it back: not declared" in text
    assert "stays" not in text


def test_a_hand_edit_of_a_source_that_leaves_is_told() -> None:
    """It stays at imgix as it is, which somebody may want to know first."""
    old = inputs(folder("acme", annotation="a"))
    case = Case().refreshed("blog", old, inputs(folder("acme", annotation="b")), None)
    case.delete("still", inputs(folder("still")))
    found = case.reviewed()
    (drift,) = source_of(found.stack, "blog").drift
    assert (drift.path, drift.way) == ("annotation", Way.LEFT_ALONE)
    assert "hand-edit-kept" in rules_hit(found, "blog")
    assert "To manage it" not in all_reports([found])["text"]


def test_a_domain_added_by_hand_goes_with_a_source_that_frees_its_domains() -> None:
    """All of them are freed, not only those of the program."""
    old = inputs(folder("acme"), on_delete="release")
    live = inputs(folder("acme", "hand"), on_delete="release")
    case = Case().refreshed("blog", old, live, None)
    case.delete("still", inputs(folder("still")))
    found = case.reviewed()
    (drift,) = source_of(found.stack, "blog").drift
    assert (drift.path, drift.way) == ("imgix_subdomains", Way.DROPPED)
    assert "hand-edit-overwritten" in rules_hit(found, "blog")
    assert "hand-edit-kept" not in rules_hit(found, "blog")


@pytest.mark.parametrize(
    "ignored", ["deployment", "deployment.cache_ttl_value", "deployment.cacheTtlValue", "*"]
)
def test_a_hand_edit_that_the_program_ignores_is_said_to_be_ignored(ignored: str) -> None:
    """The engine puts the live value into the declaration, which does not say so itself."""
    old, live = inputs(folder("acme")), inputs(folder("acme", cache_ttl_value=3_600))
    old["deployment"]["cache_ttl_value"] = 7_200
    case = Case().refreshed("blog", old, live, live)
    case.steps[-1]["newState"]["ignoreChanges"] = [ignored]
    found = case.reviewed()
    (drift,) = source_of(found.stack, "blog").drift
    assert (drift.path, drift.way) == ("cache_ttl_value", Way.IGNORED)
    reports = all_reports([found])
    assert "The program ignores it, so it stays" in reports["text"]
    assert "what the program now says" not in reports["text"]
    assert '"ignored"' in reports["json"]


def test_a_list_of_which_an_item_is_ignored_is_said_to_be_ignored() -> None:
    """The engine puts the live item into the declaration."""
    old, live = inputs(folder("acme")), inputs(folder("hand"))
    case = Case().refreshed("blog", old, live, live)
    case.steps[-1]["newState"]["ignoreChanges"] = ["deployment.imgix_subdomains[0]"]
    (drift,) = source_of(case.reviewed().stack, "blog").drift
    assert (drift.path, drift.way) == ("imgix_subdomains", Way.IGNORED)


def test_a_replacement_that_is_forced_is_told_as_that() -> None:
    """The type stays, so its advice has nothing to do with types."""
    case = Case().replace("blog", inputs(folder("acme")), inputs(folder("acme")))
    text = all_reports([case.reviewed()])["text"]
    assert "replaced, though its type stays" in text
    assert "imgix refuses that, or this one is kept" in text
    assert "on_type_change" not in text


def test_a_replacement_that_adopts_the_same_source_is_none() -> None:
    """Its id stays, and nothing is created."""
    old = inputs(folder("acme"))
    held = Case().replace("blog", old, old).steps[-1]["oldState"]["id"]
    case = Case().replace("blog", old, inputs(folder("acme"), adopt=held))
    text = all_reports([case.reviewed()])["text"]
    assert "adopts an existing source" in text
    assert "replaced" not in text


def test_a_domain_of_a_source_that_the_run_does_not_come_to_is_no_second_declaration() -> None:
    """With `--target`, an unchanged source is shown as the stack has it, not as declared."""
    case = Case().same("old", inputs(folder("acme")))
    case.update("new", inputs(folder("new")), inputs(folder("new", "acme")))
    (hit,) = [hit for hit in case.reviewed().findings if hit.rule == "domain-taken-twice"]
    assert "--target, --exclude" in hit.advice


def test_a_preview_of_a_few_sources_says_what_was_not_compared() -> None:
    """With `--target` only those are read from imgix."""
    given = inputs(folder("acme"))
    case = Case().refreshed("blog", given, given, given)
    case.same("shop", inputs(folder("shop"))).same("press", inputs(folder("press")))
    found = case.reviewed()
    assert found.stack.unlooked == 2
    text = all_reports([found])["text"]
    assert "nothing changes (3 sources); no drift where it was looked for" in text
    (remark,) = remarks_of(found.stack)
    assert plain(remark) == "2 sources were not compared with imgix, as with --target."
    assert json.loads(all_reports([found])["json"])["stacks"][0]["drift"] == "not looked for"


def test_a_preview_that_failed_says_nothing_of_what_it_did_not_come_to() -> None:
    """Neither that it stays nor how many do: only what it did come to is counted."""
    found = stack_of(sample("failed-refresh.json"))
    assert found.failed
    assert found.reached == ()
    assert sum(found.counts().values()) == 0


def test_a_change_of_type_is_not_told_twice() -> None:
    """What the provider says of it, a review has from the values."""
    stack = stack_of(sample("changes-of-every-kind.json"))
    assert source_of(stack, "wf").said == ()


def calls(number: int) -> int:
    """Return how many calls it takes to review so many sources, from text to Markdown."""
    case = Case()
    for each in range(number):
        name = f"source-{each}"
        old = folder(name, cache_ttl_value=864_000, default_params={"q": 60})
        live = {**old, "cache_ttl_value": 90_000}
        new = compatible(name, cache_ttl_value=3_600, default_params={"q": 70, "auto": "format"})
        case.refreshed(name, inputs(old, name), inputs(live, name), inputs(new, name))
    text = json.dumps(case.document())
    profile = cProfile.Profile()
    profile.enable()
    to_comment([reviewed(text)])
    profile.disable()
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def test_the_work_grows_with_the_number_of_sources_and_no_faster() -> None:
    """A thousand sources take ten times as long as a hundred, not a hundred times."""
    small, large = calls(150), calls(600)
    assert large < small * 5


def imported(*differs: str, **fields: Any) -> Case:
    """Return a preview in which a program imports a source, and changes what it says otherwise."""
    case = Case()
    live = case.state("blog", inputs(folder("acme", **fields)), outputs(inputs(folder("acme"))))
    case.step("import", None, live)
    return (
        case.step("update", live, case.state("blog", inputs(folder(*differs)))) if differs else case
    )


def test_a_source_that_the_program_imports_keeps_what_is_not_declared() -> None:
    """A report shows what changes, and that the source comes into the stack by this run."""
    found = imported(
        "acme", "news", annotation="by hand", image_error="https://e.example/"
    ).reviewed()
    (source,) = found.stack.sources
    assert [change.path for change in source.changes] == ["imgix_subdomains"]
    (hit,) = [hit for hit in found.findings if hit.rule == "source-adopted"]
    assert plain(hit.sentence) == (
        f"imports the existing source {source.id}, and changes what is declared otherwise"
    )


def test_a_source_that_is_imported_as_it_is_changes_nothing() -> None:
    """There is nothing to compare first."""
    (hit,) = [hit for hit in imported().reviewed().findings if hit.rule == "source-adopted"]
    assert plain(hit.sentence).endswith("and changes nothing of it")


def test_masked_values_that_differ_may_hide_a_hand_edit() -> None:
    """Both sides are masked, so a report does not say that there is none."""
    old, new = inputs(s3("acme")), inputs(s3("acme"))
    case = Case().refreshed("blog", old, old, new)
    case.steps[-1]["op"] = "update"
    text = all_reports([case.reviewed()])["text"]
    assert "no visible drift" in text


def test_a_mistake_in_a_yaml_program_is_a_failed_preview() -> None:
    """Its host prints it as a program prints its own lines; those alone are no failure."""
    place = [
        "  on Pulumi.yaml line 12:\n\n",
        "  12:           cacheTTLValue: \x1b[1;4m60\x1b[0m\n\n",
    ]
    given = inputs(folder("acme"))
    case = Case().refreshed("blog", given, given, given)
    del case.steps[-1]
    case.says("\x1b[31mError\x1b[0m: Property cacheTTLValue does not exist")
    assert not case.reviewed().stack.failed
    for line in place:
        case.says(line)

    found = case.reviewed()

    assert found.stack.failed
    assert found.stack.problems == ("Property cacheTTLValue does not exist (Pulumi.yaml, line 12)",)
    assert rules_hit(found) == []  # the source is not gone


def test_an_error_of_a_yaml_program_is_one_problem() -> None:
    """What imgix says comes first; the lines of the program may hold values, and are left out."""
    said = "error: rpc error: code = Unknown desc = imgix answered 404: Resource not found.\n\n"
    case = Case().says(f"{said}  on Pulumi.yaml line 7:\n   7:     fn::invoke:\n", "error")
    case.says("error: Error registering variable [got]: no diagnostics", "error")
    assert case.reviewed().stack.problems == (
        "imgix answered 404: Resource not found. (Pulumi.yaml, line 7)",
    )


def test_a_source_that_is_deleted_with_another_one_serves_on() -> None:
    """The engine deletes only the other one, and imgix knows nothing of the two."""
    case = Case().delete("a", inputs(folder("a")))
    case.delete("b", inputs(folder("b")), deletedWith=case.urn("a"))
    found = case.reviewed()
    assert source_of(found.stack, "b").action is Action.LEFT_ALONE
    assert "with deleted_with a, Pulumi does not disable it" in all_reports([found])["text"]
    assert rules_hit(found, "b") == ["source-left-alone"]


def test_a_move_from_the_dynamic_resource_to_the_plugin_changes_no_secret() -> None:
    """Nothing is sent, and both sides mask what they have."""
    case = Case()
    dynamic = case.state("shop", inputs(s3("acme")), outputs(inputs(s3("acme"))))
    case.step("update", dynamic | {"type": DYNAMIC}, dynamic | {"type": PLUGIN})
    assert rules_hit(case.reviewed()) == []


def test_going_back_to_the_dynamic_resource_is_an_adoption() -> None:
    """The name stays and the type does not, so no alias of a name helps."""
    plugin, case = Case(kind=PLUGIN), Case()
    case.steps += plugin.delete("blog", inputs(folder("acme"))).steps[1:]
    case.create("blog", inputs(folder("acme")))
    found = case.reviewed()
    (hit,) = [hit for hit in found.findings if hit.rule == "renamed-without-alias"]
    held = plugin.steps[-1]["oldState"]["id"]
    same = f"If it is the same source in another kind of program, set adopt={held}; "
    assert plain(hit.advice).startswith(same)


def test_what_a_rule_tells_is_not_told_again_in_the_words_of_the_plugin() -> None:
    """Its paths have the block of the type in between."""
    case = Case().create("blog", inputs(folder("acme", webfolder_base_url="http://a.example/")))
    what = "is plain http: images, and any password, travel unencrypted"
    path = "deployment.webfolder.webfolderBaseUrl"
    case.says(f'warning: imgix source "Blog": {path}: {what}', "warning", "blog")
    assert rules_hit(case.reviewed()) == ["http-origin"]


def test_a_wrong_setting_is_a_problem_of_the_provider() -> None:
    """No source is called `default`."""
    what = "imgix:createsPerHour must be a whole number above 0."
    said = f"error: pulumi:providers:imgix resource 'default' has a problem: {what}"
    case = Case().says(said, "error")
    assert case.reviewed().stack.problems == (f'provider "default": {what}',)


def test_an_import_of_nothing_breaks_no_review() -> None:
    """A step that names no resource is left out, whatever it does."""
    case = Case()
    case.steps.append({"op": "import"})
    assert case.reviewed().stack.sources == ()
