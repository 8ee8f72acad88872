"""`python -m imgix_provider review`: files, labels, formats, gates and exit status."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imgix_provider.cli.main import main
from imgix_provider.review.rules.table import KINDS, RULES
from tests.review.documents import SAMPLES, Case, folder, inputs
from tests.review.scene import scene


def path_of(name: str) -> str:
    """Return the path of a sample."""
    return str(SAMPLES / name)


QUIET = path_of("no-change.json")
MIXED = path_of("changes-of-every-kind.json")


def review(*arguments: str) -> int:
    """Run the command in this process."""
    return main(["review", *arguments])


@pytest.mark.parametrize(
    ("status", "arguments"),
    [
        (0, [QUIET]),
        (0, [MIXED]),
        (0, ["--fail-on", "error,release,drift", MIXED]),
        (3, ["--fail-on", "warning", MIXED]),
        (3, ["--fail-on", "replace", MIXED]),
        (3, ["--fail-on", "disable", MIXED]),
        (3, ["--fail-on", "type-change", MIXED]),
        (3, ["--fail-on", "error,domain-removed", MIXED]),
        (3, ["--fail-on", "error", "--fail-on", "domain-removed", MIXED]),
        (3, ["--fail-on", "drift", path_of("refresh-and-sames.json")]),
        (3, ["--fail-on", "error", path_of("renamed-without-alias.json")]),
        (0, ["--fail-on", "domain-removed", "--allow", "domain-removed", MIXED]),
        (0, ["--fail-on", "disable", "--allow", "source-disabled", MIXED]),
        (0, ["--fail-on", "source-disabled", "--allow", "disable", MIXED]),
        (3, ["--fail-on", "warning", "--allow", "disable,replace", MIXED]),
        (1, ["--fail-on", "error", path_of("failed-check.json")]),
        (1, [path_of("failed-program.json")]),
        (1, [QUIET, path_of("streamed-failed-check.jsonl")]),
        (1, ["no-such-file.json"]),
        (1, [str(SAMPLES)]),
    ],
)
def test_the_status_tells_a_gate(status: int, arguments: list[str]) -> None:
    """0 when all is well, 3 when a gate is hit, 1 when a preview failed or cannot be read."""
    assert review(*arguments) == status


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fail-on", "erorr", QUIET], 'no rule or kind "erorr"; did you mean error?'),
        (["--allow", "source-disable", QUIET], "did you mean source-disabled?"),
        (["--format", "html", QUIET], "invalid choice: 'html'"),
        (["--details", "some", QUIET], "invalid choice: 'some'"),
        (["-", "-"], "only one of the files can be standard input"),
    ],
)
def test_wrong_usage_is_status_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the pen in a workflow ends the step, with the nearest name."""
    with pytest.raises(SystemExit) as raised:
        review(*arguments)
    assert raised.value.code == 2
    assert words in capsys.readouterr().err


def test_a_gate_says_what_hit_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The rules stand on standard error, and in the JSON."""
    review("--format", "json", "--fail-on", "disable,replace", MIXED)
    shown = capsys.readouterr()
    assert shown.err == "failed on: source-disabled, source-replaced\n"
    assert json.loads(shown.out)["failed_on"] == ["source-disabled", "source-replaced"]


@pytest.mark.parametrize("text", ["", "[]", '{"steps": [', "no json at all"])
def test_what_cannot_be_read_is_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, no report: one line and status 1."""
    path = tmp_path / "preview.json"
    path.write_text(text)
    assert review(str(path)) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"error: {path} is ")
    assert shown.err.count("\n") == 1


def test_a_comment_tells_of_a_preview_that_wrote_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where one environment has no result, the others are still reviewed, and it is marked."""
    (tmp_path / "prod.json").write_text("")
    assert review("--format", "markdown", QUIET, str(tmp_path / "prod.json")) == 1
    shown = capsys.readouterr().out
    assert "| ❌ | `prod` | **failed and incomplete** |" in shown
    assert "`prod`: This preview failed and is incomplete" in shown
    assert "the preview did not get as far as a result" in shown
    assert "| ✅ | `dev` | nothing changes |" in shown


def test_standard_input_is_read_where_no_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pulumi preview --json | python -m imgix_provider review` works, and so does `-`."""
    for arguments in ([], ["-"], ["prod=-"]):
        raw = io.BytesIO(Path(QUIET).read_bytes())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
        assert review(*arguments) == 0


def test_a_domain_that_two_stacks_take_hits_a_gate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The stacks of one review are told by their labels; one of them alone passes."""
    files = []
    for stack in ("dev", "prod"):
        path = tmp_path / f"{stack}.json"
        path.write_text(json.dumps(Case(stack).create("a", inputs(folder("shared"))).document()))
        files.append(f"the {stack}={path}")
    assert review("--fail-on", "error", files[1]) == 0
    assert review("--fail-on", "error", *files) == 3
    assert "shared.imgix.net is declared here and by a of stack the dev" in capsys.readouterr().out


def test_nothing_changes_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Who has nothing to review has nothing to read."""
    assert review(QUIET) == 0
    assert capsys.readouterr().out == "imgix dev: nothing changes; drift was not looked for\n"
    assert review("--format", "markdown", QUIET) == 0
    marker, blank, line = capsys.readouterr().out.splitlines()
    assert marker == "<!-- imgix-review -->"
    assert blank == ""
    assert line.startswith("**imgix · `dev`**: nothing changes")


def labels(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return the labels of the stacks in a report."""
    review("--format", "json", *arguments)
    return [stack["label"] for stack in json.loads(capsys.readouterr().out)["stacks"]]


def test_stacks_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the label that is given, by their names, then by their projects, then by a number."""
    assert labels(capsys, QUIET) == ["dev"]
    assert labels(capsys, f"prod={QUIET}", f"b={QUIET}") == ["prod", "b"]
    assert labels(capsys, QUIET, MIXED) == ["acc/dev", "acc/dev (2)"]
    other = tmp_path / "other.json"
    other.write_text(json.dumps(Case("dev", "shop").document()))
    assert labels(capsys, QUIET, str(other)) == ["acc/dev", "shop/dev"]
    named = tmp_path / "x=y.json"
    named.write_text(Path(QUIET).read_text())
    assert labels(capsys, str(named)) == ["dev"]
    empty = tmp_path / "nothing-yet.json"
    empty.write_text('{"steps": [], "diagnostics": []}')
    assert labels(capsys, str(empty)) == ["nothing-yet"]


@pytest.mark.parametrize(
    ("name", "marker"),
    [
        ("", "<!-- imgix-review -->"),
        ("web", "<!-- imgix-review:web -->"),
        ("a b--c --> <b>", "<!-- imgix-review:a-b-c-b -->"),
        ("->", "<!-- imgix-review -->"),
    ],
)
def test_a_review_has_a_marker_of_its_own(
    name: str, marker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two reviews of one pull request do not overwrite each other's comment."""
    review("--format", "markdown", f"--name={name}", MIXED)
    assert capsys.readouterr().out.splitlines()[0] == marker


@pytest.mark.parametrize(
    ("details", "unfolded"), [("open", True), ("closed", False), ("auto", True)]
)
def test_details_are_unfolded_as_asked(
    details: str, unfolded: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """`auto` unfolds what has findings or is short."""
    review("--format", "markdown", "--details", details, MIXED)
    assert ("<details open>" in capsys.readouterr().out) is unfolded


def test_auto_folds_what_is_long_and_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A long list of changes that no rule minds is folded, a short one is not."""
    for number, unfolded in ((3, True), (9, False)):
        old, new = folder(), folder(**dict(list(CHANGES.items())[:number]))
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(Case().update("blog", inputs(old), inputs(new)).document()))
        review("--format", "markdown", str(path))
        assert ("<details open>" in capsys.readouterr().out) is unfolded


CHANGES = {
    "annotation": "x",
    "cache_ttl_error": 100,
    "crossdomain_xml_enabled": True,
    "image_error": "https://e.com/1.png",
    "image_error_append_qs": True,
    "image_missing": "https://e.com/2.png",
    "image_missing_append_qs": True,
    "cache_ttl_value": 30_000_000,
    "username": "me",
}


def test_github_gets_annotations_summary_and_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Findings stand at their lines, the summary has the report, and a later step the counts."""
    summary, outputs = tmp_path / "summary", tmp_path / "outputs"
    summary.write_text("what another step wrote\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    assert review("--format", "github", "--fail-on", "replace", MIXED) == 3
    lines = capsys.readouterr().out.splitlines()
    assert "::warning file=__main__.py,line=7,title=imgix dev%3A domain-removed::" in lines[0]
    assert not any("file=" in line for line in lines if "source-disabled" in line)
    assert summary.read_text().startswith("what another step wrote\n<!-- imgix-review -->")
    values = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert (values["created"], values["warnings"], values["failed"]) == ("3", "8", "0")
    assert values["changes"] == "true"
    assert values["failed_on"] == "source-replaced"


def test_github_gets_no_more_annotations_than_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It shows ten of a kind; the last one says how many there are besides."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    case = Case()
    for number in range(30):
        case.delete(f"s{number}", inputs(folder(f"a{number}")))
    path = tmp_path / "many.json"
    path.write_text(json.dumps(case.document()))
    review("--format", "github", str(path))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[-1].endswith("21 more; the summary of the job has them all")


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_the_rules_can_be_listed(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its severity and its sentence, in no need of a file."""
    assert review("--rules", "--format", form) == 0
    shown = capsys.readouterr().out
    for rule in RULES:
        assert rule.id in shown
        assert json.dumps(rule.words)[1:-1] in shown
    if form == "text":
        assert all(f"kind     {kind}: " in shown for kind in KINDS)


def test_no_account_is_needed() -> None:
    """The command runs in a process that has no key."""
    environment = {key: value for key, value in os.environ.items() if "IMGIX" not in key}
    done = subprocess.run(
        [sys.executable, "-m", "imgix_provider", "review", QUIET],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "nothing changes" in done.stdout


@pytest.mark.parametrize("form", ["text", "markdown"])
@pytest.mark.parametrize("also_errors", [False, True])
@pytest.mark.parametrize(
    ("status", "arguments"),
    [
        (3, ["--fail-on", "warning", MIXED, QUIET]),
        (1, [path_of("failed-check.json")]),
        (1, ["no-such-file.json", QUIET]),
        (0, [MIXED]),
    ],
)
def test_a_reader_that_stops_early_changes_no_status(
    status: int, arguments: list[str], also_errors: bool, form: str
) -> None:
    """In `review ... | head -1` a gate that is hit and a preview that failed still fail."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "imgix_provider", "review", "--format", form, *arguments],
        env={key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")},
        stdout=write,
        stderr=write if also_errors else subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert done.returncode == status
    assert "BrokenPipe" not in (done.stderr or "")


def test_one_hand_edit_in_three_environments_is_told_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What all environments have in common is shown once, with a placeholder for their name."""
    files = []
    for stack in ("dev", "staging", "prod"):
        path = tmp_path / f"{stack}.json"
        path.write_text(json.dumps(scene(stack).document()))
        files.append(str(path))
    review("--format", "markdown", *files)
    shown = capsys.readouterr().out
    assert shown.count("**`Media`**") == 1
    assert "`acme-media-‹stack›.imgix.net`" in shown
    assert "⚠️ `prod`: **`Blog`** was changed at imgix by hand" in shown
    assert "`dev`:" not in shown
    assert len(shown.splitlines()) < 60
