"""Faults and kills under whole runs: program, engine and provider in processes of their own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from imgix_testing.engine import Stack
from imgix_testing.server import Fault, SimulatedImgix
from tests.sdk import shown_of

MakeStack = Callable[..., Stack]

ONE = """
import pulumi
import imgix_provider as imgix

imgix.ImgixSource(
    "blog",
    name="Blog images",
    deployment=imgix.S3Deployment(
        imgix_subdomains=["acme-blog"],
        s3_bucket="acme-blog",
        s3_access_key=pulumi.Config().require_secret("key"),
        s3_secret_key=pulumi.Config().require_secret("secret"),
    ),{adopt}
)
"""
MANY = """
import imgix_provider as imgix

for number in range(30):
    imgix.ImgixSource(
        f"source-{number}",
        name=f"Source {number}",
        deployment=imgix.WebFolderDeployment(
            imgix_subdomains=[f"source-{number}"],
            webfolder_base_url="https://www.example.com/",
        ),
    )
"""
SECRETS = {"test:key": "AKIACANARYCANARY", "test:secret": "canary-secret-key"}


def until(condition: Callable[[], Any]) -> None:
    """Wait for something that a process of its own brings about."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_that_is_killed_after_its_post_loses_no_source(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """After kill -9 the next run names the source and the adopt to paste, which goes through."""
    stack = imgix_stack(ONE.format(adopt=""), secret_config=SECRETS)
    imgix.faults.add(Fault("slow", method="POST", delay=1.5))
    run = stack.start_up()
    until(lambda: imgix.faults.describe()[0]["fired"])
    run.kill()
    until(lambda: imgix.sources)
    (made,) = imgix.sources

    second = stack.up(skip_preview=True)

    assert not second.ok
    line = (
        'imgix refused to create "Blog images": subdomain acme-blog is taken by '
        f'source {made} "Blog images" (enabled). If that is this resource'
    )
    assert any(shown_of(said).startswith(line) for said in second.diagnostics if line in said)
    pasted = re.search(r'adopt="\w+"', second.text)
    assert pasted is not None
    third = imgix_stack(ONE.format(adopt=f"\n    {pasted[0]},"), secret_config=SECRETS).up(
        skip_preview=True
    )
    assert third.ok, third.text
    assert third.changes == {"create": 1}
    assert list(imgix.sources) == [made]
    seen = run.text + second.text + third.text + stack.state_file.read_text()
    assert not [secret for secret in (*SECRETS.values(), imgix.api_key) if secret in seen]


def test_thirty_sources_converge_though_a_third_of_the_answers_is_faulty(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """However often it takes to run it again, in the end there are 30 sources, and 30 known."""
    stack = imgix_stack(
        MANY,
        config={
            "imgix:requestsPerSecond": "100",
            "imgix:createsPerHour": "1000",
            "imgix:timeout": "20",
        },
    )
    for kind in ("status_after", "reset_after", "garbage", "truncated", "cut", "empty"):
        imgix.faults.add(Fault(kind, probability=0.05, times=None))
    imgix.faults.add(Fault("status", probability=0.04, status=429, times=None))

    for _up in range(4):
        result = stack.up(skip_preview=True)
        if result.ok:
            break

    assert result.ok, result.text
    faulty = [r for r in imgix.requests if r.status is None or r.status >= 400]
    assert len(faulty) >= 3
    known = [
        resource["id"]
        for resource in stack.state()["deployment"]["resources"]
        if resource["type"].endswith("imgix:Source")
    ]
    assert len(known) == len(imgix.sources) == 30
    assert set(known) == set(imgix.sources)
