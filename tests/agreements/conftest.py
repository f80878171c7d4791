"""The small catalogue and its built template, once per run."""

from __future__ import annotations

import pytest

from ipr_service.agreements import word_template
from ipr_service.agreements.catalogue import Catalogue
from tests.agreements.papers import catalogue


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="session")
def template(papers: Catalogue) -> bytes:
    return word_template.build(papers.kind("paper"), papers)
