"""Reports as people get them: each sample and each kind of change, in every format, to the letter.

`UPDATE_GOLDEN=1 pytest tests/review/test_golden.py` writes the expected reports anew; read the
difference before you commit it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from imgix_provider.cli.main import main
from imgix_provider.review.as_json import schema
from tests.review.cases import CASES
from tests.review.documents import SAMPLES
from tests.review.scene import ENVIRONMENTS, scene

GOLDEN = Path(__file__).parent / "golden"
FORMATS = {"text": "txt", "markdown": "md", "json": "json", "github": "actions"}
DOCUMENTS = [*sorted(path.name for path in SAMPLES.iterdir()), *CASES]


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str], Path]:
    """Return where a document stands, a case written down first."""

    def find(name: str) -> Path:
        if name not in CASES:
            return SAMPLES / name
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(CASES[name]().document()))
        return path

    return find


def compare(name: str, found: str) -> None:
    """Compare a report with the expected one, or write that anew where asked to."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found)
    assert found == path.read_text()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_report_reads_as_it_should(
    document: str,
    form: str,
    place: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every sample and every kind of change has a report that somebody has read."""
    summary, outputs = tmp_path / "summary", tmp_path / "outputs"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    status = main(["review", "--format", form, str(place(document))])
    found = capsys.readouterr().out
    assert status == (1 if "failed" in document or document == "warning-with-urn.json" else 0)
    if form == "github":
        found += f"--- outputs\n{outputs.read_text()}--- summary\n{summary.read_text()}"
    compare(f"{document}.{FORMATS[form]}", found)
    if form == "json":
        jsonschema.validate(json.loads(found), schema())


def test_the_scene_reads_as_it_should(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Seven changes in three environments, with one hand edit, are one comment."""
    files = []
    for stack in ENVIRONMENTS:
        path = tmp_path / f"{stack}.json"
        path.write_text(json.dumps(scene(stack).document()))
        files.append(str(path))
    assert main(["review", "--format", "markdown", *files]) == 0
    compare("scene.md", capsys.readouterr().out)


def test_no_expected_report_is_left_over() -> None:
    """Each expected report is one that is compared."""
    wanted = {f"{name}.{ending}" for name in DOCUMENTS for ending in FORMATS.values()}
    assert {path.name for path in GOLDEN.iterdir()} == wanted | {"scene.md"}
