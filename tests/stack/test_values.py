"""Values that come later, values that are secret, and sources that exist already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imgix_testing.engine import Result, Stack
from imgix_testing.server import SimulatedImgix
from tests.sdk import shown_of

MakeStack = Callable[..., Stack]

# A resource of the test's own, whose output becomes known only when it is created.
LATER = """\
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
import imgix_provider as imgix

class Provider(ResourceProvider):
    def create(self, props):
        return CreateResult("1", {"subdomain": "acme-later", "key": KEY})

class Later(Resource):
    subdomain: pulumi.Output[str]
    key: pulumi.Output[str]

    def __init__(self):
        super().__init__(Provider(), "later", {"subdomain": None, "key": None})

later = Later()
source = imgix.ImgixSource(
    "blog",
    name=pulumi.Output.concat("Blog of ", later.subdomain),
    deployment=imgix.WebFolderDeployment(
        imgix_subdomains=[later.subdomain],
        webfolder_base_url="https://www.example.com/",
        request_handshake=later.key,
        secure_url_enabled=True,
    ),
)
pulumi.export("urls", source.urls)
pulumi.export("token", source.secure_url_token)
"""


def program(*lines: str) -> str:
    """Return a program of these lines, with what every one needs before them."""
    return "\n".join(["import pulumi", "import imgix_provider as imgix", *lines])


def test_an_output_of_another_resource_is_known_only_in_the_update(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """Preview lets it through, the update sends it, and the next run has nothing to do."""
    stack = imgix_stack(LATER.replace("KEY", '"canary" + "h" * 26'))
    result = stack.up()
    assert result.ok, result.text
    assert result.preview is not None
    assert result.preview.changes == result.changes == {"create": 2}
    (source,) = imgix.sources.values()
    assert source.name == "Blog of acme-later"
    assert source.deployment["imgix_subdomains"] == ["acme-later"]
    assert result.outputs["urls"] == ["https://acme-later.imgix.net"]

    # The token that imgix made is a secret wherever it stands.
    assert source.secure_url_token
    assert result.outputs["token"] == "[secret]"
    assert stack.outputs(show_secrets=True)["token"] == source.secure_url_token
    seen = result.text + stack.state_file.read_text()
    assert source.secure_url_token not in seen

    assert stack.up(skip_preview=True).changes == {"same": 2}


@pytest.mark.parametrize("signed", [True, False])
def test_a_token_is_known_in_the_next_preview_even_if_there_is_none(
    imgix_stack: MakeStack, signed: bool
) -> None:
    """What is made of it shows no change, preview after preview."""
    source = (
        "imgix.ImgixSource({0!r}, name={0!r}, deployment=imgix.WebFolderDeployment("
        'imgix_subdomains=[{0!r}], webfolder_base_url="https://www.example.com/", {1}))'
    )
    said = "annotation=a.secure_url_token.apply(lambda token: 'signed' if token else 'open')"
    stack = imgix_stack(
        program(
            "a = " + source.format("a", f"secure_url_enabled={signed}"),
            source.format("b", said),
            'pulumi.export("token", a.secure_url_token)',
        )
    )
    made = stack.up(skip_preview=True)
    assert made.ok, made.text

    assert stack.preview().changes == {"same": 2}
    assert made.outputs.get("token") == ("[secret]" if signed else None)


def test_a_mistake_that_becomes_known_later_is_told_with_its_path(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """The update stops before anything is sent, and the value is not shown."""
    result = imgix_stack(LATER.replace("KEY", '"canary-too-short"')).up()
    assert not result.ok
    assert "deployment.request_handshake" in result.text
    assert "must be exactly 32 latin-1 characters; this has 16" in result.text
    assert "canary" not in result.text
    assert "Traceback" not in result.text
    assert imgix.requests == []


def test_a_secret_of_the_stack_with_a_mistake_is_told_in_preview(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """A configured secret is known only to the engine, so its check tells of it, all at once."""
    stack = imgix_stack(
        program(
            "config = pulumi.Config()",
            "imgix.ImgixSource('blog', name='Blog', deployment={",
            "    'type': 'webproxy', 'imgix_subdomains': ['acme'],",
            "    'request_signing_key': config.require_secret('key'),",
            "    'password': config.require_secret('password'),",
            "})",
        ),
        secret_config={"test:key": "canary-short", "test:password": "canary:colon"},
    )
    result = stack.preview()
    assert not result.ok
    assert "deployment.request_signing_key" in result.text
    assert "deployment.password" in result.text
    assert "canary" not in result.text
    assert imgix.requests == []


def test_all_mistakes_of_a_declaration_are_plain_lines(imgix_stack: MakeStack) -> None:
    """What is known when the program runs is told there, together, and without a traceback."""
    result = imgix_stack(
        program(
            "imgix.ImgixSource('blog', name='', on_delete='never',",
            "    deployment=imgix.S3Deployment(imgix_subdomains=['acme.imgix.net'],",
            "        s3_bucket='b', s3_access_key='a', cache_ttl_value=60))",
        )
    ).preview()
    assert not result.ok
    lines = [line.strip() for line in result.text.splitlines() if 'source "blog"' in line]
    assert [line.removeprefix("error: ").split(": ")[1] for line in lines] == [
        "name",
        "on_delete",
        "deployment.imgix_subdomains[0]",
        "deployment.cache_ttl_value",
        "deployment.s3_secret_key",
    ]
    assert "write just acme" in result.text
    assert "Traceback" not in result.text


class TestExisting:
    """Sources that stand in the account before the stack knows them."""

    HAND: dict[str, Any] = {  # noqa: RUF012
        "type": "webfolder",
        "imgix_subdomains": ["acme"],
        "webfolder_base_url": "https://www.example.com/",
        "cache_ttl_error": 60,
        "annotation": "Made by hand",
    }

    def declared(self, *options: str) -> str:
        """Return a program that declares the source with another error TTL."""
        return program(
            "source = imgix.ImgixSource('blog', name='Blog',",
            "    deployment=imgix.WebFolderDeployment(imgix_subdomains=['acme'],",
            "        webfolder_base_url='https://www.example.com/', cache_ttl_error=600),",
            *(f"    {option}," for option in options),
            ")",
            "pulumi.export('id', source.id)",
        )

    def test_get_shows_a_source_without_managing_it(
        self, imgix: SimulatedImgix, imgix_stack: MakeStack
    ) -> None:
        """All of its outputs are there, nothing is changed, and destroy leaves it alone."""
        source_id = imgix.add_source(name="By hand", deployment=self.HAND)
        stack = imgix_stack(
            program(
                f"source = imgix.ImgixSource.get('blog', '{source_id}')",
                "pulumi.export('name', source.name)",
                "pulumi.export('urls', source.urls)",
                "pulumi.export('ttl', source.effective_deployment['cache_ttl_error'])",
            )
        )
        result = stack.up(skip_preview=True)
        assert result.ok, result.text
        assert result.outputs == {
            "name": "By hand",
            "urls": ["https://acme.imgix.net"],
            "ttl": 60,
        }
        assert stack.destroy().ok
        assert {record.method for record in imgix.requests} == {"GET"}
        assert imgix.source(source_id).enabled

    def test_adopt_takes_a_source_over_with_the_smallest_patch(
        self, imgix: SimulatedImgix, imgix_stack: MakeStack
    ) -> None:
        """Preview says so in words; only what differs is sent, and the rest is left alone."""
        source_id = imgix.add_source(name="By hand", deployment=self.HAND)
        stack = imgix_stack(self.declared(f"adopt='{source_id}'"))
        result = stack.up()
        assert result.ok, result.text
        assert result.preview is not None
        assert (
            f'imgix source "Blog": source {source_id} is adopted, nothing is created; this changes '
            "the name" in result.preview.text
        )
        assert result.outputs["id"] == source_id
        (patch,) = (record for record in imgix.requests if record.method == "PATCH")
        assert (patch.body or {})["data"]["attributes"] == {
            "name": "Blog",
            "deployment": {"cache_ttl_error": 600},
        }
        assert imgix.source(source_id).deployment["annotation"] == "Made by hand"
        assert not any(record.method == "POST" for record in imgix.requests)

        imgix.requests.clear()
        imgix_stack(self.declared())
        assert stack.up(skip_preview=True).ok  # the option may leave the program once it is done
        assert imgix.requests == []

    def test_adopting_what_is_not_there_says_so(
        self, imgix: SimulatedImgix, imgix_stack: MakeStack
    ) -> None:
        """A wrong id creates nothing, and the message says what to check."""
        result = imgix_stack(self.declared("adopt='" + "0" * 24 + "'")).up(skip_preview=True)
        assert not result.ok
        assert "has a problem: adopt: there is no source " + "0" * 24 in result.text
        assert "Traceback" not in result.text
        assert imgix.sources == {}

    def test_a_taken_subdomain_names_its_holder_and_the_way_on(
        self, imgix: SimulatedImgix, imgix_stack: MakeStack
    ) -> None:
        """Nobody has to search the account for who holds it."""
        source_id = imgix.add_source(name="Old blog", deployment=self.HAND)
        result = imgix_stack(self.declared()).up(skip_preview=True)
        self.check_one_line(
            result,
            f'imgix refused to create "Blog": subdomain acme is taken by source {source_id} '
            '"Old blog" (enabled). If that is this resource under an earlier name or parent, '
            "keep it with opts=pulumi.ResourceOptions("
            'aliases=[pulumi.Alias(name="EARLIER NAME")]) (in a configuration, by `pulumi state '
            "rename`); if it is what this resource has, leave `--replace` out. To manage it here, "
            f'set adopt="{source_id}".',
        )

    @staticmethod
    def check_one_line(result: Result, words: str) -> None:
        """Check that the run failed with one line that holds the words."""
        assert not result.ok
        (line,) = [line for line in result.text.splitlines() if words in line]
        assert words in shown_of(line)
        assert "Traceback" not in result.text


def test_a_replaced_value_in_a_dict_and_in_a_class_is_one(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """Writing a dict where a class stood changes nothing."""
    head = "imgix.ImgixSource('blog', name='Blog', deployment="
    by_class = "imgix.WebProxyDeployment(imgix_subdomains=['acme'], username='me'))"
    by_dict = "{'type': 'webproxy', 'imgix_subdomains': ['acme'], 'username': 'me'})"
    assert imgix_stack(program(head + by_class)).up(skip_preview=True).changes == {"create": 1}
    imgix.requests.clear()
    assert imgix_stack(program(head + by_dict)).up(skip_preview=True).changes == {"same": 1}
    assert imgix.requests == []
