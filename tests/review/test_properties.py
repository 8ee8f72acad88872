"""What holds of every report, whatever the preview says: nothing leaks, nothing acts, it fits."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from imgix_provider.deployments.table import CREDENTIALS, FIELDS
from imgix_provider.review.fitting import Detail, characters
from imgix_provider.review.markdown import to_comment
from imgix_provider.review.model import Reviewed
from tests.review.cases import CASES
from tests.review.documents import (
    SAMPLES,
    SECRET,
    UNKNOWN,
    Case,
    folder,
    inputs,
    outputs,
    reviewed,
    s3,
    sample,
)
from tests.review.reports import all_reports, assert_sound, columns_of, page_of, to_text
from tests.review.scene import ENVIRONMENTS, scene

NASTY = [
    "<script>alert(1)</script>",
    "</details></summary></code>",
    "<!-- imgix-review -->",
    "--> <b>",
    "`code` ``two`` ```three",
    "a | b || c",
    "\\| \\` \\",
    "| a |\n|---|\n| b |",
    "@octocat and @acme/team",
    "#1 acme/repo#2 GH-3",
    "![x](https://evil.example/x.png) [y](https://evil.example)",
    "<https://evil.example> https://evil.example",
    "**bold** _em_ ~~gone~~ # head",
    "- item\n- item\n\n---\n> quote",
    "\x1b[31mred\x1b[0m\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "\u202eright to left\u2066 \u200b\ufeff",
    "::error::owned",
    "##[add-mask]owned",
    "%0A::set-output name=x::y",
    "line\r\nline\tline\x00\x08",
    "[bold red]markup[/] :smile:",
    "\ue010\ue011\ue012\ue013\ue000",
    "\ud800 lone",
    "$math$ $$more$$",
    "&lt;&amp;&#60;script&#62;",
    "   ",
    "",
    "x" * 3_000,
    "‹stack›",
]
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
names = st.one_of(st.sampled_from([text for text in NASTY if text.strip()]), st.text(min_size=1))
values = st.one_of(
    texts,
    st.just(SECRET),
    st.just(UNKNOWN),
    st.integers(-5, 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.lists(st.one_of(texts, st.just(SECRET), st.just(UNKNOWN)), max_size=3),
    st.dictionaries(texts, st.one_of(texts, st.integers(), st.just(SECRET)), max_size=3),
)
ALL_FIELDS = sorted({name for fields in FIELDS.values() for name in fields})
deployments = st.one_of(
    st.just(SECRET),
    st.just(UNKNOWN),
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={"type": st.one_of(st.sampled_from(sorted(FIELDS)), texts)}
        | dict.fromkeys(ALL_FIELDS, values),
    ),
)
arguments = st.fixed_dictionaries(
    {"deployment": deployments},
    optional={
        "name": st.one_of(names, st.just(SECRET), st.just(UNKNOWN)),
        "enabled": st.one_of(st.booleans(), texts),
        "on_delete": st.one_of(st.sampled_from(["disable", "release", "retain"]), texts),
        "adopt": texts,
        "deploy_timeout": values,
        "secret_keys": st.lists(st.sampled_from(ALL_FIELDS), max_size=2),
    },
)
OPS = ("create", "update", "replace", "delete", "same", "refresh", "read", "import", "nonsense")
severities = st.sampled_from(["info", "info#err", "warning", "error", "debug"])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Return a preview with anything in it."""
    case = Case(stack=draw(st.sampled_from(["dev", "<b>", "a|b", "@team"])))
    for resource in draw(st.lists(names, max_size=3, unique=True)):
        for op in draw(st.lists(st.sampled_from(OPS), min_size=1, max_size=2, unique=True)):
            old, new = draw(arguments), draw(arguments)
            shown = {"effective_deployment": draw(deployments)}
            before = case.state(resource, old, shown) if op not in ("create", "import") else None
            after = None if op == "delete" else case.state(resource, new)
            case.step(op, before, after)
    for _ in range(draw(st.integers(0, 3))):
        case.says(draw(texts), draw(severities))
    for _ in range(draw(st.integers(0, 2))):
        name = draw(names)
        case.says(f'imgix source "{name}": {draw(texts)}', draw(severities))
    return case


@pytest.mark.parametrize("width", [2, 8, 19, 20, 21, 24, 27, 28, 40])
def test_a_terminal_shows_every_letter_however_narrow_it_is(width: int) -> None:
    """A narrow one gets less indent and more lines, none of which is too long."""
    long = inputs(folder("acme-uploads-of-the-shop", default_params={"q": 60}), "画像の一覧表")
    found = [
        reviewed(sample("changes-of-every-kind.json")),
        reviewed(sample("drift-and-intent.json")),
        Case().create("uploads-of-the-shop", long).reviewed(),
    ]
    lines = re.sub(r"\x1b\[[0-9;]*m", "", to_text(found, width=width)).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(to_text(found).split())


@settings(deadline=None, max_examples=60)
@given(cases())
def test_whatever_a_preview_holds_it_is_harmless(case: Case) -> None:
    """Names with Markdown, HTML, terminal codes, mentions and workflow commands stay names."""
    found = reviewed(case.document(), label="@label|`<b>")
    reports = all_reports([found], name="@name --> <b>")
    for form in ("markdown", "open", "short"):
        page = assert_sound(reports[form])
        assert not re.search(r"(?<!\w)[@#]\w|GH-\d", page.text_outside_code, re.IGNORECASE)
        assert all(len(widths) == 1 for widths in columns_of(reports[form]))
    for form in ("text", "markdown", "open", "short", "github"):
        assert all(c.isprintable() or c == "\n" for c in reports[form].replace("\u200b", ""))
    coloured = re.sub(r"\x1b\[[0-9;]*m", "", reports["terminal"])
    assert all(c.isprintable() or c == "\n" for c in coloured)
    for form in ("text", "terminal", "markdown", "open", "short"):
        assert not re.search(r"^\W*::\w", reports[form], re.MULTILINE)
        assert "##[" not in reports[form]
    for line in reports["github"].splitlines():
        assert re.match(r"::(error|warning|notice) (\w+=[^:,]*,?)+::|\w+=[\w,-]*$", line)
    assert json.loads(reports["json"])["version"] == 1
    assert reports["json"].isascii()


@settings(deadline=None, max_examples=30)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_a_document_never_matters(case: Case, shuffle: random.Random) -> None:
    """The engine writes steps in another order each time, and the report is the same."""
    document = case.document()
    expected = all_reports([reviewed(document)])
    for key in ("steps", "diagnostics"):
        shuffle.shuffle(document.get(key, []))
    assert all_reports([reviewed(document)]) == expected


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.json")))
def test_the_order_of_a_sample_never_matters(name: str) -> None:
    """A real document, turned around, is reviewed the same."""
    document = sample(name)
    expected = all_reports([reviewed(document)])
    for key in ("steps", "diagnostics"):
        document.get(key, []).reverse()
    assert all_reports([reviewed(document)]) == expected


# Secrets.

SIBLING = "plain-sibling-of-a-secret"


def masked_pairs() -> list[tuple[str, Any, Any]]:
    """Return fields with one side that is masked and one that must not be told."""
    plain: dict[str, Any] = {
        "default_params": {"txt": SIBLING},
        "imgix_subdomains": [SIBLING],
        "custom_domains": [SIBLING],
    }
    pairs = []
    for name in ALL_FIELDS:
        value = plain.get(name, SIBLING)
        pairs += [(name, value, SECRET), (name, SECRET, value)]
    pairs.append(("default_params", {"txt": SIBLING}, {"txt": SECRET}))
    pairs.append(("default_params", {"txt": SECRET}, {"txt": SIBLING}))
    pairs.append(("custom_domains", [SIBLING], ["a", SECRET]))
    return pairs


@pytest.mark.parametrize(("field", "old", "new"), masked_pairs())
@pytest.mark.parametrize("live", [True, False])
def test_where_one_side_is_masked_the_other_is_never_shown(
    field: str, old: Any, new: Any, live: bool
) -> None:
    """Not the value before, not the one after, not the one at imgix, in no format."""
    owner = next(name for name, fields in FIELDS.items() if field in fields)
    base = folder() if owner in ("s3", "webfolder") and field in folder() else {"type": owner}
    base = {"imgix_subdomains": ["acme"], **base, "type": owner}
    before, after = inputs({**base, field: old}), inputs({**base, field: new})
    case = Case()
    if live:
        case.refreshed("blog", before, after, before)
        case.refreshed("shop", after, before, inputs(base), shown={field: SIBLING})
    else:
        shown = outputs(before, **{field: SIBLING})
        case.step("update", case.state("blog", before, shown), case.state("blog", after))
        case.create("press", inputs({**base, field: new if new == SECRET else SECRET}))
    for form, report in all_reports([case.reviewed()]).items():
        assert SIBLING not in report, form


@pytest.mark.parametrize("whole", [SECRET])
def test_nothing_of_a_deployment_shows_where_it_is_masked_as_a_whole(whole: str) -> None:
    """What imgix serves with, and what was declared before, is a sibling too."""
    plain = inputs(folder(SIBLING, annotation=SIBLING))
    case = Case().update("blog", plain, inputs(whole)).update("shop", inputs(whole), plain)
    case.refreshed("press", plain, inputs(whole), plain)
    for form, report in all_reports([case.reviewed()]).items():
        assert SIBLING not in report, form


def test_what_a_refresh_stores_in_the_outputs_stays_masked_if_the_inputs_mask_it() -> None:
    """The outputs of a dynamic resource may hold in the clear what the inputs mask as a whole."""
    plain = inputs(folder("acme"))
    live = outputs(inputs(folder("acme", annotation=SIBLING)))
    case = Case()
    before = case.state("blog", plain, outputs(plain))
    case.step("refresh", before, before)
    case.step("update", case.state("blog", inputs(SECRET), live), case.state("blog", plain))
    for form, report in all_reports([case.reviewed()]).items():
        assert SIBLING not in report, form


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(CREDENTIALS)), st.booleans())
def test_a_credential_in_the_clear_is_never_shown(name: str, in_name: bool) -> None:
    """Also where somebody ran the preview with --show-secrets, or keeps it in plain text."""
    secret = "hunter2-hunter2"
    owner = next((name_ for name_, fields in FIELDS.items() if name in fields), "s3")
    old = inputs({"type": owner, "imgix_subdomains": ["acme"], name: f"{secret}-old"})
    new = inputs({"type": owner, "imgix_subdomains": ["acme"], name: secret})
    shown = {**outputs(old), "secure_url_token": secret}
    case = Case()
    case.step("update", case.state("blog", old, shown), case.state("blog", new))
    case.create("shop", new)
    case.config = {"imgix:apiKey": f"ak_{secret}", "acme:sources": json.dumps({name: secret})}
    case.says(f'imgix source "Blog": imgix said {secret} is wrong')
    case.says(f"error: imgix refused {secret}", "error")
    for form, report in all_reports([case.reviewed()]).items():
        assert secret not in report, form


def test_a_key_that_the_program_holds_as_a_secret_is_one() -> None:
    """`secret_keys` of the state masks a key that is no credential."""
    old = inputs(folder(annotation=SIBLING), secret_keys=["annotation"])
    case = Case().update("blog", old, inputs(folder(annotation=f"{SIBLING}-new")))
    for form, report in all_reports([case.reviewed()]).items():
        assert SIBLING not in report, form


def test_the_user_and_password_of_an_address_are_left_out() -> None:
    """An address that holds a password is shown without it."""
    address = "https://me:hunter2-hunter2@example.com/images/"
    case = Case().update("blog", inputs(folder()), inputs(folder(webfolder_base_url=address)))
    for form, report in all_reports([case.reviewed()]).items():
        assert "hunter2" not in report, form
        assert "example.com/images/" in report or form in ("github", "short")


TRACEBACK = """\
Traceback (most recent call last):
  File "/project/__main__.py", line 3, in <module>
    connect("hunter2-hunter2")
           ^^^^^^^^^^^^^^^^^^^
ValueError: hunter2-hunter2
"""


@pytest.mark.parametrize(
    "message",
    [
        f"error: Program failed with an unhandled exception:\n{TRACEBACK}",
        f'error: imgix source "s3": it failed\n{TRACEBACK}',
        f"error: Preview failed: Exception calling application: hunter2-hunter2\n{TRACEBACK}",
        'error: Program failed with an unhandled exception:\n  File "x.py", line 1\n    hunter2\n',
    ],
)
def test_no_line_of_a_traceback_survives(message: str) -> None:
    """A traceback can hold a secret, and nobody reads one in a pull request."""
    case = Case().create("blog", inputs(folder())).says(message, "error")
    for line in message.splitlines()[1:]:
        case.says(line)
    for form, report in all_reports([case.reviewed()]).items():
        for word in ("hunter2", "Traceback", 'File "', "^^^", "ValueError"):
            assert word not in report, form


def test_an_error_of_this_provider_is_told_under_an_older_sdk_too() -> None:
    """An SDK before 3.216 writes words of gRPC before it."""
    said = 'Preview failed: Exception calling application: imgix source "s3": the key is refused'
    found = Case().says(f"error: {said}", "error", "s3").reviewed()
    assert found.stack.problems == ('imgix source "s3": the key is refused',)


def test_the_value_that_the_engine_prints_of_a_failed_check_is_left_out() -> None:
    """The engine prints the value of a property that failed its check, secrets included."""
    said = (
        "error: pulumi-python:dynamic/imgix:Source resource 's3': property deployment.s3_bucket "
        "value {hunter2 has a problem: no} has a problem: must be text"
    )
    found = Case().says(said, "error", "s3").reviewed()
    assert found.stack.problems == (
        'imgix source resource "s3": deployment.s3_bucket: must be text',
    )


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("failed*")))
def test_a_real_failure_shows_no_traceback(name: str) -> None:
    """The tracebacks of real failed runs are gone, and what failed is not."""
    found = reviewed(sample(name))
    assert found.stack.failed
    assert found.stack.problems
    for form, report in all_reports([found]).items():
        for word in ("Traceback", "hunter2", "KeyboardInterrupt", 'File "', "asyncio"):
            assert word not in report, form


def test_what_a_program_prints_is_never_shown() -> None:
    """Standard output and error of a program can hold anything."""
    found = reviewed(sample("warning-with-urn.json"))
    for report in all_reports([found]).values():
        assert "stdout line" not in report
        assert "stderr line" not in report


def test_the_configuration_of_a_stack_is_never_shown() -> None:
    """A document holds it in the clear."""
    case = Case().create("blog", inputs(folder()))
    case.config = {"acme:anything": "in-the-clear", "imgix:createsPerHour": "7"}
    for report in all_reports([case.reviewed()]).values():
        assert "in-the-clear" not in report


# Length.


def crowd(number: int, stack: str = "dev") -> Reviewed:
    """Return a review of so many sources, each with a finding, details and a hand edit."""
    case = Case(stack)
    for each in range(number):
        old = folder(f"acme-{each}", "given-up", annotation="x" * 300, cache_ttl_value=864_000)
        live = {**old, "cache_ttl_value": 864_001}
        new = s3(f"acme-{each}", annotation="y" * 300, cache_ttl_value=3_600)
        case.refreshed(f"source-{each}", inputs(old), inputs(live), inputs(new))
    return case.reviewed()


@pytest.mark.parametrize("number", [1, 12, 40, 150, 700])
def test_a_comment_never_exceeds_the_limit_and_closes_what_it_opens(number: int) -> None:
    """However many sources there are, the comment can be posted, and nothing is cut in two."""
    comment = to_comment([crowd(number)])
    assert characters(comment) <= 65_536
    assert comment.startswith("<!-- imgix-review -->\n")
    assert_sound(comment)
    assert all(len(widths) == 1 for widths in columns_of(comment))


@settings(deadline=None, max_examples=40)
@given(st.integers(900, 40_000), st.integers(1, 60))
def test_any_limit_is_kept(limit: int, number: int) -> None:
    """The ladder ends below any limit that leaves room for its headings."""
    comment = to_comment([crowd(number)], limit=limit, detail=Detail.OPEN)
    assert characters(comment) <= limit
    assert_sound(comment)


def test_the_ladder_folds_then_shortens_then_leaves_out_and_says_so() -> None:
    """Each step gives up the least, and a reader is told what is missing."""
    found = [crowd(30)]
    whole = to_comment(found, detail=Detail.OPEN, limit=10**9)
    lengths = [characters(to_comment(found, detail=each, limit=10**9)) for each in Detail]
    assert lengths == sorted(lengths, reverse=True)
    folded = to_comment(found, detail=Detail.OPEN, limit=characters(whole) - 1)
    assert "<details open>" in whole
    assert "<details>" in folded
    assert "<details open>" not in folded
    assert "x" * 60 in folded
    shortened = to_comment(found, limit=lengths[2] - 1)
    assert "x" * 60 not in shortened
    assert "<details>" in shortened
    bare = to_comment(found, limit=lengths[3] - 1)
    assert "<details>" not in bare
    assert "details of each source are left out" in bare
    packed = to_comment(found, limit=lengths[4] - 1)
    assert re.search(r"_\d+ more \w+( \w+)? left out", packed)


def test_every_stack_of_a_long_comment_is_named() -> None:
    """Where there is no room for all, each stack still has its line, and each section its share."""
    comment = to_comment([crowd(300, "dev"), crowd(300, "prod")])
    assert characters(comment) <= 65_536
    for heading in ("What to look at", "What happens", "Changed at imgix by hand"):
        assert heading in comment
    assert "| `dev` |" in comment
    assert "| `prod` |" in comment


@pytest.mark.parametrize("name", [*CASES, "scene"])
def test_every_kind_of_change_is_sound_markdown(name: str) -> None:
    """No kind of change leaves anything open."""
    if name == "scene":
        comment = to_comment([scene(stack).reviewed() for stack in ENVIRONMENTS])
    else:
        comment = to_comment([CASES[name]().reviewed()])
    assert_sound(comment)
    assert page_of(comment).open == []
