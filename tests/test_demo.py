"""The demo, as someone sees it who has no `pulumi` CLI yet."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from imgix_testing.server import SimulatedImgix

DEMO = Path(__file__).parents[1] / "scripts" / "demo.py"


def test_the_demo_shows_what_changes_and_hides_what_is_secret(
    tmp_path: Path,
    imgix: SimulatedImgix,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Addresses and values are there to be read, and the two secrets are not.

    Nothing is left outside of its folder.
    """
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    own.mkdir()
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    demo = runpy.run_path(str(DEMO))

    demo["Demo"](own, None, imgix).run()

    assert list(elsewhere.iterdir()) == []

    shown = capfd.readouterr().out
    assert "https://acme-blog-dev.imgix.net" in shown
    assert "https://acme-products-dev.imgix.net" in shown
    assert "deployment.cache_ttl_value: 1800 => 86400" in shown
    assert "deployment.cache_ttl_value: 86400 => 7200" in shown
    assert 'imgix source "Blog (dev)"' in shown
    assert not [value for value in demo["SECRETS"].values() if value in shown]
    assert not any(source.enabled for source in imgix.sources.values())
