"""What the pages show is true: programs run, commands parse, configuration fits, links lead on.

Blocks are found in every page. Translations have the code of their pages, which
`test_translations.py` holds, so nothing runs twice. `tests/pulumi_cli/test_first_steps.py` types
what needs the `pulumi` command.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import evolve

from imgix_provider.cli import main as provider_cli
from imgix_provider.cli import selection
from imgix_provider.sources.validation import problems_of
from imgix_testing.engine import Result, Stack
from imgix_testing.server import SimulatedImgix
from tests.pages import PAGES, ROOT, Block, blocks, commands, commands_of, inline_commands, like
from tests.plugin.test_schema import EXAMPLES

LANGUAGES = {"python", "py", "yaml", "sh", "console", "diff", "json", "mermaid", "text", ""}
LOOKED_UP = "6359b5ba8147da20e8edfdd5"
BLOG = """\
import imgix_provider as imgix

imgix.ImgixSource(
    "blog",
    name="Blog images",
    deployment=imgix.WebFolderDeployment(
        imgix_subdomains=["acme-blog"], webfolder_base_url="https://www.example.com/"
    ),
)
"""
MOCKED = """\
import sys
import pulumi
from pulumi.runtime.mocks import Mocks

class Account(Mocks):
    def new_resource(self, args):
        return args.name, args.inputs
    def call(self, args):
        return {}, []

pulumi.runtime.set_mocks(Account(), "docs", "dev", preview=False)
pulumi.runtime.set_all_config({f"docs:{key}": "a-secret" for key in sys.argv[2:]})
exec(open(sys.argv[1]).read())
"""


def distinct(found: list[Block]) -> list[Block]:
    """Return one block of each text, the English one: its translations have the same."""
    kept: dict[str, Block] = {}
    for block in sorted(found, key=lambda block: len(block.page.suffixes)):
        kept.setdefault(block.text, block)
    return list(kept.values())


PYTHON = distinct(blocks("python"))
TESTS = [block for block in PYTHON if "def test_" in block.text or "pytest_plugins" in block.text]
SCRIPTS = [block for block in PYTHON if "imgix_provider" not in block.text and block not in TESTS]
# A program that names its file is run by the test below it on the page; see test_mocks.
NAMED = [block for block in PYTHON if re.match(r"# \w+\.py\n", block.text)]
PROGRAMS = [block for block in PYTHON if block not in TESTS + SCRIPTS + NAMED]
# The stand-in engine has no aliases and no explicit providers; with the CLI they are in
# tests/pulumi_cli/test_pages.py.
BEYOND = ("aliases=", "ProviderResource")


def where(value: Any) -> str:
    """Return the name of a test's case."""
    return str(value)


def secrets_of(block: Block) -> list[str]:
    """Return the keys of the configuration that a program asks for."""
    return re.findall(r"_secret\(\"(\w+)\"\)", block.text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_in_a_page_leads_somewhere(page: Path) -> None:
    """Every file that a page links to is there, and every heading in it."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}
            assert anchor in slugs, target


@pytest.mark.parametrize("block", distinct(blocks()), ids=where)
def test_a_block_is_of_a_language_that_is_checked(block: Block) -> None:
    """Nothing is left out because its fence is spelt in another way."""
    assert block.language in LANGUAGES


def test_the_reference_is_what_the_code_says() -> None:
    """The pages are those that `scripts/reference` writes, and no other page has signatures."""
    program = (
        "import json, sys; sys.path.insert(0, 'scripts'); import reference; "
        "print(json.dumps(reference.pages()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    pages = json.loads(done.stdout)
    for name, text in pages.items():
        assert (ROOT / "docs" / name).read_text() == text, "run scripts/reference"
    assert {block.page.name for block in blocks("py")} <= set(pages)


def test_the_python_in_the_pages_has_the_right_types(tmp_path: Path) -> None:
    """A checker finds nothing wrong in any of the blocks, each a module of its own."""
    for number, block in enumerate(PYTHON):
        stem = f"{block.page.stem.replace('.', '_').replace('-', '_').lower()}"
        named = re.match(r"# (\w+)\.py\n", block.text)
        name = f"{stem}_{named[1]}" if named else f"{stem}_{number}"
        # A block may import one above it, by the name in its first line.
        text = re.sub(r"\bimport sources\b", f"import {stem}_sources as sources", block.text)
        (tmp_path / f"{name}.py").write_text(text)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--python-version", "3.10", "--check-untyped-defs"),
            *("--config-file=", "--cache-dir", tmp_path / "cache"),
            *("--follow-imports", "silent", "--no-error-summary", tmp_path),
        ],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": os.pathsep.join([str(ROOT), str(tmp_path)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout + done.stderr == ""


def stack_in(folder: Path, imgix: SimulatedImgix, block: Block) -> Stack:
    """Return a stack of a program, with a value for each secret that it asks for."""
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: images\nruntime: python\n")
    (folder / "__main__.py").write_text(block.text)
    return Stack(
        folder,
        state_file=folder / "state.json",
        config={"images:sources": {}},
        secret_config={f"images:{key}": f"the-{key}" for key in secrets_of(block)},
        environment={"IMGIX_API_URL": imgix.url, "IMGIX_API_KEY": imgix.api_key},
    )


def ran(folder: Path, block: Block) -> Result:
    """Return what an update says, on an account that has the source to look up."""
    with SimulatedImgix() as imgix:
        shared = imgix.add_source(
            name="Shared", deployment={"type": "webproxy", "imgix_subdomains": ["shared"]}
        )
        program = evolve(block, text=block.text.replace(LOOKED_UP, shared))
        return stack_in(folder, imgix, program).up(skip_preview=True)


def test_the_programs_in_the_pages_run(tmp_path: Path) -> None:
    """Each goes up on the simulated account, as it stands."""
    here = [block for block in PROGRAMS if not any(word in block.text for word in BEYOND)]
    programs = [block for block in here if "ImgixSource(" in block.text]
    # Those that declare nothing cannot be in each other's way, so one run is enough.
    looking = [block for block in here if block not in programs]
    assert programs
    assert looking
    programs.append(evolve(looking[0], text="\n".join(block.text for block in looking)))
    folders = [tmp_path / f"program-{number}" for number in range(len(programs))]
    with ThreadPoolExecutor(max_workers=3) as pool:
        done = list(pool.map(ran, folders, programs))
    for program, result in zip(programs, done, strict=True):
        assert result.ok, f"{program}:\n{result.text}"


@pytest.mark.parametrize(
    "block", [b for b in PROGRAMS if any(word in b.text for word in BEYOND)], ids=where
)
def test_the_programs_beyond_the_stand_in_engine_declare_well(block: Block, tmp_path: Path) -> None:
    """Under mocks, the rules of imgix and the names of arguments are checked all the same."""
    (tmp_path / "program.py").write_text(block.text)
    done = subprocess.run(
        [sys.executable, "-c", MOCKED, str(tmp_path / "program.py"), *secrets_of(block)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", SCRIPTS, ids=where)
def test_the_scripts_in_the_pages_run(block: Block) -> None:
    """What needs no stack runs by itself."""
    done = subprocess.run(
        [sys.executable, "-c", block.text], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_tests_in_the_pages_pass(tmp_path: Path) -> None:
    """Those with the fixtures and with the engine, beside a program; mocks are in test_mocks."""
    folder = tmp_path / "tests"
    folder.mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: blog\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(BLOG)
    with_stacks = [block for block in TESTS if not block.text.startswith("#")]
    for number, block in enumerate(with_stacks):
        (tmp_path / (block.file or f"tests/test_page_{number}.py")).write_text(block.text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "tests"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    written = sum(len(re.findall(r"^def test_", b.text, re.MULTILINE)) for b in with_stacks)
    assert written > 1
    assert f"{written} passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("block", distinct(blocks("yaml")), ids=where)
def test_the_yaml_in_a_page_fits(block: Block) -> None:
    """Programs fit the plugin's schema; what a stack's configuration lists can be declared."""
    content = yaml.safe_load(block.text)
    if "resources" in content:
        assert content in EXAMPLES.values()  # which tests/plugin/test_schema.py checks
    elif "config" in content:
        (configured,) = content["config"].items()
        assert configured[0].endswith(":sources")
        for source in configured[1].values():
            given = {key: value for key, value in source.items() if key != "protect"}
            problems = [str(problem) for problem in problems_of(given)]
            assert [each for each in problems if "is required" not in each] == []
    elif "runtime" in content:
        assert {"name", "runtime"} >= set(content)
    else:  # of GitHub or GitLab, which tests/review checks
        assert block.page.stem.startswith("pull-requests")


def parsed(words: list[str], place: object) -> None:
    """Fail where the command's own parser does not take the words."""
    try:
        provider_cli._parser().parse_args(selection.joined(words))
    except SystemExit:
        pytest.fail(f"{place}: {' '.join(words)}")


def test_the_commands_in_the_pages_parse() -> None:
    """`python -m imgix_provider` takes its arguments, and every script is there."""
    seen = set()
    for command in commands():
        for words in command.calls():
            seen.add(words[0])
            if words[:3] == ["python", "-m", "imgix_provider"]:
                parsed(words[3:], command.block)
            elif words[:3] == ["python", "-m", "imgix_testing"]:
                assert words[3] == "server", command
            elif words[0].startswith("scripts/"):
                assert os.access(ROOT / words[0], os.X_OK), command
    assert {"python", "pulumi", "scripts/environment"} <= seen


def test_the_commands_within_the_text_parse() -> None:
    """A command that a sentence names exists, with the options that it names."""
    found = list(inline_commands())
    assert found
    for page, text in found:
        words = text.split()[3:]
        if page.name in ("command-line.md", "ARCHITECTURE.md") or "imgix_testing" in text:
            continue
        if len(words) > 1 and words != ["review", "--rules"]:
            parsed(words, page)
        elif words:
            assert words[0] in provider_cli._parser().format_help(), text


def test_the_simulated_account_greets_as_shown() -> None:
    """The line that tells its address and its key."""
    shown = [
        command
        for command in commands()
        if "imgix_testing server" in command.text and command.shown.strip()
    ]
    assert shown
    with SimulatedImgix() as imgix:
        address = re.sub(r":\d+/", ":8787/", imgix.url)
        line = f"Simulated imgix Sources API at {address} with the key {imgix.api_key}\n"
    for command in shown:
        assert like(command.shown).fullmatch(line), command.block


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SimulatedImgix, Stack]]:
    """The stack of the first steps after its change, and its account."""
    (program,) = [b for b in blocks("python", page="first-steps.md") if b.file == "__main__.py"]
    line = 'webfolder_base_url="https://www.example.com/images/",'
    changed = evolve(program, text=program.text.replace(line, f"{line} cache_ttl_value=3600,"))
    with SimulatedImgix() as imgix:
        stack = stack_in(tmp_path_factory.mktemp("blog") / "program", imgix, changed)
        stack.secret_config |= {"images:accessKeyId": "an-id", "images:secretKey": "a-key"}
        assert stack.up(skip_preview=True).ok
        yield imgix, stack


def test_a_review_of_a_hand_edit_reads_as_shown(
    blog: tuple[SimulatedImgix, Stack], tmp_path: Path
) -> None:
    """The page about changes by hand shows what the review prints."""
    imgix, stack = blog
    (identity,) = imgix.sources
    image = "https://www.example.com/m.png"
    imgix.edit(identity, deployment={"cache_ttl_value": 7200, "image_missing": image})
    preview = tmp_path / "preview.json"
    preview.write_text(json.dumps(stack.preview_json()))
    review = [sys.executable, "-m", "imgix_provider", "review", str(preview)]
    got = subprocess.run(review, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    shown = [
        command
        for block in blocks("console", page="drift.md")
        for command in commands_of(block)
        if " review " in command.text and command.shown.strip()
    ]
    assert shown
    for command in shown:
        assert like(command.shown).search(got), got


def test_a_change_of_type_reads_as_shown(blog: tuple[SimulatedImgix, Stack]) -> None:
    """The page about changing the type shows what the preview of its program says."""
    _, stack = blog
    (program,) = blocks("python", page="type-changes.md")
    (said,) = blocks("text", page="type-changes.md")
    (stack.program_dir / "__main__.py").write_text(program.text)
    assert " ".join(said.text.split()) in " ".join(stack.preview().text.split())
