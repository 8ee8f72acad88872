"""`imgix.KEEP` stands for what imgix holds: never sent, never a change, and never for nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

PROGRAM = """\
import imgix_provider as imgix

imgix.ImgixSource(
    "blog",
    name="Blog",
    {arguments}
    deployment=imgix.{deployment},
)
"""
S3 = (
    'S3Deployment(imgix_subdomains=["blog"], s3_bucket="b", s3_access_key="AKIA", '
    "s3_secret_key={secret})"
)
FOLDER = (
    'WebFolderDeployment(imgix_subdomains=["blog"], webfolder_base_url="https://e.example", '
    "username={user!r}{password})"
)


def program(deployment: str, arguments: str = "") -> str:
    """Return a program with one source."""
    return PROGRAM.format(deployment=deployment, arguments=arguments)


@pytest.fixture
def kept(
    imgix: SimulatedImgix, imgix_stack: Callable[..., Stack]
) -> Callable[[str, str], tuple[str, Stack]]:
    """Makes a source with its secrets, then has the program say `KEEP`; returns id and stack."""

    def make(with_value: str, with_keep: str) -> tuple[str, Stack]:
        assert imgix_stack(program(with_value)).up(skip_preview=True).ok
        imgix.requests.clear()
        stack = imgix_stack(program(with_keep))
        kept = stack.up(skip_preview=True)
        assert kept.ok, kept.text
        assert kept.changes == {"same": 1}
        assert list(imgix.requests) == []
        return next(iter(imgix.sources)), stack

    return make


def patches(imgix: SimulatedImgix) -> list[object]:
    """Return the attributes of each change that was sent."""
    changes = [record for record in imgix.requests if record.method != "GET"]
    return [(change.method, change.body["data"]["attributes"]) for change in changes]


def imported(stack: Stack, imgix: SimulatedImgix, folder: Path) -> None:
    """Take the account over into the stack's state, as an import does, with `KEEP` in it."""
    from imgix_provider.importing.declarations import import_sources
    from imgix_provider.importing.state import import_file
    from imgix_provider.run import Run
    from imgix_provider.settings import Settings

    settings = Settings(api_key=imgix.api_key, api_url=imgix.url)
    sources = Run(settings).client.list()
    file = folder / "import.json"
    file.write_text(import_file(import_sources(sources).imported))
    assert stack.import_file(file, protect=False).ok
    imgix.requests.clear()


def test_a_value_in_place_of_keep_is_one_change(
    imgix: SimulatedImgix, imgix_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    """After an import, giving the secret is one PATCH of that key, and stays a secret."""
    deployment = {"type": "s3", "s3_bucket": "b", "s3_access_key": "AKIA", "s3_secret_key": "old"}
    source_id = imgix.add_source(
        name="Blog", deployment={**deployment, "imgix_subdomains": ["blog"]}
    )
    stack = imgix_stack(program(S3.format(secret='"canary-new"')))
    imported(stack, imgix, tmp_path)

    done = stack.up()

    assert done.ok, done.text
    assert done.preview is not None
    assert done.preview.changes == {"update": 1}
    assert patches(imgix) == [("PATCH", {"deployment": {"s3_secret_key": "canary-new"}})]
    assert imgix.source(source_id).deployment["s3_secret_key"] == "canary-new"
    assert "canary-new" not in done.text + stack.state_file.read_text()


def test_keep_is_never_sent_with_another_change(
    imgix: SimulatedImgix,
    kept: Callable[[str, str], tuple[str, Stack]],
    imgix_stack: Callable[..., Stack],
) -> None:
    """A change beside a kept secret sends its own key alone, and imgix keeps the secret."""
    value, keep = S3.format(secret='"canary-old"'), S3.format(secret="imgix.KEEP")
    source_id, _ = kept(value, keep)

    done = imgix_stack(program(keep.replace('"b"', '"other"'))).up(skip_preview=True)

    assert done.ok, done.text
    assert patches(imgix) == [("PATCH", {"deployment": {"s3_bucket": "other"}})]
    assert imgix.source(source_id).deployment["s3_secret_key"] == "canary-old"


def test_a_removed_keep_clears_the_secret(
    imgix: SimulatedImgix,
    kept: Callable[[str, str], tuple[str, Stack]],
    imgix_stack: Callable[..., Stack],
) -> None:
    """Taking a kept optional secret out of the program takes it out of imgix."""
    value = FOLDER.format(user="u", password=', password="canary-old"')
    source_id, _ = kept(value, FOLDER.format(user="u", password=", password=imgix.KEEP"))

    assert imgix_stack(program(FOLDER.format(user="u", password=""))).up(skip_preview=True).ok

    assert patches(imgix) == [("PATCH", {"deployment": {"password": None}})]
    assert imgix.source(source_id).deployment.get("password") is None


def test_a_new_source_cannot_keep(imgix: SimulatedImgix, imgix_stack: Callable[..., Stack]) -> None:
    """On a source that would be created, preview says what to do, and nothing is sent."""
    preview = imgix_stack(program(S3.format(secret="imgix.KEEP"))).preview()

    assert not preview.ok
    assert "deployment.s3_secret_key" in preview.text
    assert "imgix holds no value to keep: this source would be created" in preview.text
    assert list(imgix.requests) == []


def test_another_type_cannot_keep(
    imgix: SimulatedImgix,
    kept: Callable[[str, str], tuple[str, Stack]],
    imgix_stack: Callable[..., Stack],
) -> None:
    """A type change needs the new type's secrets; preview names each that says `KEEP`."""
    kept(S3.format(secret='"canary-old"'), S3.format(secret="imgix.KEEP"))

    retyped = FOLDER.format(user="u", password=", password=imgix.KEEP")
    preview = imgix_stack(program(retyped)).preview()

    assert not preview.ok
    assert "the type changes from s3 to webfolder" in preview.text
    assert "deployment.password" in preview.text
    assert list(imgix.requests) == []


def test_an_adopted_source_keeps(imgix: SimulatedImgix, imgix_stack: Callable[..., Stack]) -> None:
    """A source that is adopted may keep its secret: only what differs is sent."""
    deployment = {"type": "s3", "s3_bucket": "b", "s3_access_key": "AKIA", "s3_secret_key": "old"}
    source_id = imgix.add_source(
        name="Old", deployment={**deployment, "imgix_subdomains": ["blog"]}
    )

    done = imgix_stack(program(S3.format(secret="imgix.KEEP"), f"adopt={source_id!r},")).up(
        skip_preview=True
    )

    assert done.ok, done.text
    assert patches(imgix) == [("PATCH", {"name": "Blog"})]


def test_keep_is_only_for_what_imgix_never_shows(
    imgix: SimulatedImgix, imgix_stack: Callable[..., Stack]
) -> None:
    """Any other field with `KEEP` is refused when it is declared."""
    deployment = S3.format(secret='"x"').replace('"b"', "imgix.KEEP")
    preview = imgix_stack(program(deployment)).preview()

    assert not preview.ok
    assert "is for credentials that imgix already holds" in preview.text
