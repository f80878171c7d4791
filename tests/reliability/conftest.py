"""One shipped server for all tests that only ask it something: started as a user starts it, worker beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.reliability.server import Installation, Running, installed


@dataclass(frozen=True)
class Shipped:
    """A running installation on SQLite, its server, and a token of Sara's."""

    house: Installation
    server: Running
    token: str

    @property
    def port(self) -> int:
        return self.server.port


@pytest.fixture(scope="package")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipped]:
    with installed(tmp_path_factory.mktemp("shipped") / "data") as (house, token):
        yield Shipped(house, house.serve(quick=False, worker=True), token)
