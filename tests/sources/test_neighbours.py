"""Two providers of one engine, each a process of its own, leave each other's sources alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from imgix_provider.errors import ImgixError
from imgix_provider.run import Run
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.neighbours import Neighbours
from imgix_testing.server import Fault, SimulatedImgix
from tests.declarations import small
from tests.runs import fast_run

OLD, NEW = "urn:pulumi:dev::acme::imgix:Source::old", "urn:pulumi:dev::acme::imgix:Source::new"
ENGINE, EARLIER = "127.0.0.1:4711", "127.0.0.1:4710"

MakeProvider = Callable[..., Run]


def source(*domains: str, **more: Any) -> dict[str, Any]:
    """Return the inputs of a web folder with these subdomains."""
    deployment = small("webfolder", imgix_subdomains=list(domains or ["blog"]))
    return {"name": "Blog", "deployment": deployment, "wait_for_deployed": False, **more}


@pytest.fixture
def provider(imgix: SimulatedImgix, told: list[str], tmp_path: Path) -> MakeProvider:
    """A function that returns another provider, by default of the same engine."""

    def make(engine: str = ENGINE) -> Run:
        return fast_run(imgix, told, neighbours=Neighbours(engine, tmp_path))

    return make


def create(run: Run, inputs: Mapping[str, Any], resource: str = OLD) -> tuple[str, dict[str, Any]]:
    """Check and create a source as an engine does."""
    assert run.lifecycle.check(inputs, {}, resource=resource).problems == ()
    return run.lifecycle.create(Declaration.from_properties(inputs), resource)


def compare(run: Run, source_id: str, state: dict[str, Any], inputs: dict[str, Any]) -> None:
    """Check and compare the old resource as an engine does."""
    run.lifecycle.check(inputs, state, resource=OLD)
    run.lifecycle.diff(source_id, state, inputs, resource=OLD)


@pytest.mark.parametrize("resource", [OLD, NEW])
@pytest.mark.parametrize("on_delete", ["disable", "release"])
def test_what_another_provider_has_adopted_is_not_disabled(
    imgix: SimulatedImgix, told: list[str], provider: MakeProvider, resource: str, on_delete: str
) -> None:
    """A resource changes its provider, with or without another name, and `adopt` names its id."""
    source_id, state = create(provider(EARLIER), source(on_delete=on_delete))

    create(provider(), source(adopt=source_id), resource)
    provider().lifecycle.delete(source_id, state, OLD)

    assert imgix.source(source_id).enabled
    assert imgix.source(source_id).deployment["imgix_subdomains"] == ["blog"]
    name = resource.rpartition("::")[2]
    assert f'left as it is: resource "{name}" of this stack has this source now' in told[-1]


def test_what_a_resource_of_another_provider_keeps_is_not_adopted(provider: MakeProvider) -> None:
    """One of the two would undo what the other does."""
    source_id, state = create(provider(EARLIER), source())
    compare(provider(), source_id, state, source())

    outcome = provider().lifecycle.check(source(adopt=source_id), {}, resource=NEW)

    (problem,) = outcome.problems
    assert f'source {source_id} is managed by resource "old" of this stack too' in str(problem)


def test_what_another_provider_has_read_is_the_stacks_own(
    imgix: SimulatedImgix, told: list[str], provider: MakeProvider
) -> None:
    """With --refresh, one process may read what another one plans: strangers are known by that."""
    source_id, state = create(provider(EARLIER), source())
    stranger = imgix.add_source(
        name="Theirs", deployment=small("webfolder", imgix_subdomains=["taken"])
    )
    told.clear()
    planning = provider()

    compare(planning, source_id, state, source("blog", "taken"))
    assert told == []
    provider().lifecycle.read(source_id, state, OLD)
    compare(planning, source_id, state, source("blog", "taken"))

    (line,) = told
    assert f"imgix will refuse to update it: subdomain taken is taken by source {stranger}" in line


def test_a_provider_of_another_engine_is_none_of_the_run(
    imgix: SimulatedImgix, provider: MakeProvider
) -> None:
    """Two stacks that run at once have nothing to do with each other."""
    source_id, state = create(provider(EARLIER), source())
    create(provider("127.0.0.1:4712"), source(adopt=source_id), NEW)

    provider().lifecycle.delete(source_id, state, OLD)

    assert not imgix.source(source_id).enabled


def test_nothing_is_left_when_a_run_has_ended(tmp_path: Path) -> None:
    """A provider that ends by itself takes its notes along, and what killed ones have left."""
    left = tmp_path / f"imgix-provider-{os.getuid()}-127.0.0.1-1"
    left.mkdir(mode=0o700)
    noted = NOTED_BY_ANOTHER_PROCESS.replace("signal.pause()", "")

    done = subprocess.run(
        [sys.executable, "-c", noted, ENGINE, str(tmp_path), "0" * 24],
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout, done.stderr) == ("noted\n", "")
    assert list(tmp_path.iterdir()) == []


NOTED_BY_ANOTHER_PROCESS = """\
import signal, sys
from pathlib import Path
from imgix_provider.sources.neighbours import Neighbours

neighbours = Neighbours(sys.argv[1], Path(sys.argv[2]))
neighbours.note(sys.argv[3], "urn::elsewhere")
print("noted", flush=True)
signal.pause()
"""


def test_what_a_killed_process_has_noted_does_not_count(
    imgix: SimulatedImgix, provider: MakeProvider, tmp_path: Path
) -> None:
    """An engine of the same address may come later; its files are removed at the next run."""
    source_id, state = create(provider(EARLIER), source())
    command = [sys.executable, "-c", NOTED_BY_ANOTHER_PROCESS, ENGINE, str(tmp_path), source_id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "noted\n"
        provider().lifecycle.delete(source_id, state, OLD)
        assert imgix.source(source_id).enabled
        other.kill()

    provider().lifecycle.delete(source_id, state, OLD)
    assert not imgix.source(source_id).enabled
    (left,) = tmp_path.glob("*4711/*")
    create(provider("127.0.0.1:4712"), source("other"), NEW)

    assert not left.exists()


def test_nothing_but_old_notes_is_ever_removed(
    imgix: SimulatedImgix, told: list[str], tmp_path: Path
) -> None:
    """The temporary folder is everybody's, so only what a provider has written itself may go."""
    above, elsewhere = tmp_path / "temp", tmp_path / "elsewhere"
    prefix = f"imgix-provider-{os.getuid()}-"
    folders = [above / f"{prefix}127.0.0.1-1", above / f"{prefix}exports", elsewhere]
    files = [folder / name for folder in folders for name in ("2026.csv", "notes-1", "1-2")]
    files += [folders[1] / f"notes-{'0' * 16}", elsewhere / f"notes-{'0' * 16}"]
    for folder in folders:
        folder.mkdir(parents=True, mode=0o700)
    for file in files:
        file.write_text("[]\n")
    (above / f"{prefix}127.0.0.1-2").symlink_to(elsewhere)
    (above / f"{prefix}127.0.0.1-1" / f"notes-{'1' * 16}").symlink_to(files[0])

    create(fast_run(imgix, told, neighbours=Neighbours(ENGINE, above)), source())

    assert all(file.read_text() == "[]\n" for file in files)
    assert (above / f"{prefix}127.0.0.1-1" / f"notes-{'1' * 16}").is_symlink()


def test_a_source_whose_adoption_failed_is_not_disabled_by_its_former_provider(
    imgix: SimulatedImgix, told: list[str], provider: MakeProvider
) -> None:
    """With --continue-on-error the engine goes on to delete what the program has elsewhere."""
    source_id, state = create(provider(EARLIER), source())
    imgix.faults.add(Fault("status", status=401, method="GET", times=None))
    with pytest.raises(ImgixError):
        create(provider(), source(adopt=source_id), NEW)

    provider().lifecycle.delete(source_id, state, OLD)

    assert imgix.source(source_id).enabled


def test_two_resources_with_one_source_are_told(provider: MakeProvider) -> None:
    """However the state came to that, each would undo what the other does."""
    source_id, state = create(provider(EARLIER), source())
    run = provider()
    compare(run, source_id, state, source())
    run.lifecycle.check(source("other"), state, resource=NEW)

    with pytest.raises(ImgixError, match="Remove one of the two from the program") as error:
        run.lifecycle.diff(source_id, state, source("other"), resource=NEW)

    assert f'source {source_id} is managed by resource "old" of this stack too' in str(error.value)


@pytest.mark.parametrize("above", ["missing", "file"])
def test_without_a_place_for_notes_each_works_by_itself(
    imgix: SimulatedImgix, told: list[str], tmp_path: Path, above: str
) -> None:
    """A folder that cannot be written is no error."""
    (tmp_path / "file").write_text("")
    source_id, state = create(fast_run(imgix, told), source())
    run = fast_run(imgix, told, neighbours=Neighbours(ENGINE, tmp_path / above))

    create(run, source("other"), NEW)
    run.lifecycle.delete(source_id, state, OLD)

    assert not imgix.source(source_id).enabled
