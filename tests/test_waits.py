"""A provider waits only as long as its program looks for somebody who ends the wait."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from imgix_provider.waits import Waiting, Waits

ENGINE = "127.0.0.1:4711"
URN, OTHER = "urn:pulumi:dev::acme::imgix::a", "urn:pulumi:dev::acme::imgix::b"


@pytest.fixture
def provider(tmp_path: Path) -> Waits:
    """The provider's side."""
    return Waits(ENGINE, tmp_path)


@pytest.fixture
def program(tmp_path: Path) -> Waiting:
    """The program's side."""
    return Waiting(ENGINE, tmp_path)


def test_a_program_sees_who_waits_and_who_is_at_work(provider: Waits, program: Waiting) -> None:
    """As long as that lasts."""
    with provider.work(URN):
        assert program.look() == (set(), {URN}, set())
        with provider.wait(URN), provider.wait(OTHER):
            assert program.look() == ({URN, OTHER}, set(), set())
        provider.settle()
        assert program.look() == (set(), {OTHER}, {URN})

    provider.settle()
    assert program.look() == (set(), {OTHER}, set())


def test_a_provider_waits_as_long_as_somebody_may_come(provider: Waits, program: Waiting) -> None:
    """Not before the program has said so, nor after it has taken that back."""
    assert not provider.may_end(URN)

    program.tell(URN, may_end=True)
    program.tell(OTHER, may_end=False)
    assert provider.may_end(URN)
    assert not provider.may_end(OTHER)

    program.tell(URN, may_end=False)
    assert not provider.may_end(URN)


@pytest.mark.parametrize("closed", [True, False])
def test_a_provider_does_not_wait_for_a_program_that_looks_no_more(
    provider: Waits, program: Waiting, tmp_path: Path, closed: bool
) -> None:
    """It has ended, or has failed and is waiting for the provider itself."""
    program.tell(URN, may_end=True)
    if closed:
        program.close()
        assert not list(tmp_path.rglob("turns-*"))
    else:
        long_ago = time.time() - 60
        for file in tmp_path.rglob("turns-*"):
            os.utime(file, (long_ago, long_ago))

    assert not provider.may_end(URN)
    program.tell(URN, may_end=True)
    assert provider.may_end(URN)


def test_a_provider_does_not_wait_for_a_program_that_was_interrupted(
    provider: Waits, program: Waiting
) -> None:
    """Its process lives on until its calls return, but its event loop has stopped."""

    async def interrupted() -> None:
        program.close_with(asyncio.get_running_loop())
        program.tell(URN, may_end=True)
        assert provider.may_end(URN)
        raise KeyboardInterrupt

    loop = asyncio.new_event_loop()
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(interrupted())

    until = time.monotonic() + 10
    while provider.may_end(URN) and time.monotonic() < until:
        time.sleep(0.05)
    assert not provider.may_end(URN)
    loop.close()


def test_without_an_engine_nobody_waits(program: Waiting) -> None:
    """The two do not find each other."""
    provider = Waits()

    with provider.wait(URN):
        assert program.look() == (set(), set(), set())
    assert not provider.may_end(URN)
