"""One service and one Chromium for each module of tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.site import Site, served
from tests.web.chromium import chromium


@pytest.fixture(scope="module")
def site(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running service, watched."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(_sqlite_template, folder / "ipr.db")
    with chromium() as browser, served(f"sqlite:///{folder / 'ipr.db'}", folder / "data", browser) as running:
        yield running


@pytest.fixture(autouse=True)
def _apart(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test begins with no browser open."""
    yield
    if "site" in request.fixturenames:
        request.getfixturevalue("site").leave()
