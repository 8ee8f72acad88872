"""Stacks whose sources a test declares as data, on an account that a whole file shares."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from imgix_testing.engine import Result, Stack
from imgix_testing.server import SimulatedImgix

# A program such as a person would write, but that it takes the arguments from a file.
PROGRAM = """\
import json
import pulumi
import imgix_provider as imgix

with open("sources.json") as file:
    declared = json.load(file)
for name, arguments in declared.items():
    options = pulumi.ResourceOptions(**arguments.pop("opts", {}))
    source = imgix.ImgixSource(name, **arguments, opts=options)
    pulumi.export(name, {"id": source.id, "urls": source.urls})
"""
FAST = {
    "imgix:requestsPerSecond": 1000,
    "imgix:createsPerHour": 1000,
    "imgix:updatesPerHour": 1000,
}


FOLDERS = """\
import asyncio
import pulumi
import imgix_provider as imgix

class Group(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("test:index:Group", name)

class Other(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("test:index:Other", name)

def within(parent):
    return pulumi.ResourceOptions(parent=parent)

async def later(value, seconds):
    await asyncio.sleep(seconds)
    return value

def folder(resource, *domains, name=None, opts=None, wait=False):
    return imgix.ImgixSource(
        resource,
        name=name or resource,
        wait_for_deployed=wait,
        deployment={
            "type": "webfolder",
            "imgix_subdomains": list(domains),
            "webfolder_base_url": "https://www.example.com/",
        },
        opts=opts,
    )

"""
"""What programs in lines begin with."""

Up = Callable[..., Result]


class Declarations:
    """A stack whose sources are those that were declared last, and the account it works on."""

    def __init__(self, folder: Path, imgix: SimulatedImgix) -> None:
        """Make a project in `folder`."""
        self.imgix = imgix
        self._sources = folder / "sources.json"
        (folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
        self.stack = Stack(
            folder,
            state_file=folder / "state.json",
            config=FAST,
            environment={"IMGIX_API_URL": imgix.url, "IMGIX_API_KEY": imgix.api_key},
        )

    def declare(self, sources: Mapping[str, Mapping[str, Any]]) -> Stack:
        """Change the program: each source by its resource name, with its arguments."""
        self._sources.write_text(json.dumps(sources))
        return self.stack

    def id_of(self, name: str) -> str:
        """Return the id of the resource of this name."""
        return str(self.stack.outputs()[name]["id"])

    def changes_sent(self, source_id: str) -> list[dict[str, Any]]:
        """Return the attributes of each PATCH to a source, in their order."""
        return [
            (record.body or {})["data"]["attributes"]
            for record in self.imgix.requests
            if record.method == "PATCH" and record.path.endswith(source_id)
        ]


@pytest.fixture(scope="module")
def declarations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Declarations]:
    """One stack and one account for all tests of a file."""
    with SimulatedImgix() as imgix:
        yield Declarations(tmp_path_factory.mktemp("stack"), imgix)


@pytest.fixture
def up(imgix_stack: Callable[..., Stack]) -> Up:
    """Updates to a program of these lines, one source at a time."""

    def run(*lines: str, parallel: int = 1) -> Result:
        program = FOLDERS + "\n".join(lines) + "\n"
        return imgix_stack(program, config=FAST, parallel=parallel).up(skip_preview=True)

    return run
