"""Class 21: the API against its own OpenAPI document, by schemathesis: whatever is sent, no crash, and only documented answers.

Every operation is driven in process with generated parameters and bodies, as somebody with a full token.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from ipr_service.app import create_app
from ipr_service.services import tokens
from ipr_service.services.access import SCOPES
from ipr_service.services.context import Context
from tests.support import world
from tests.support.house import forget_limits, person

EXAMPLES = 15


@pytest.fixture
def schema(sqlite_ctx: Context) -> schemathesis.schemas.BaseSchema:
    """The document of a running application over a small house."""
    world.build(sqlite_ctx)
    made = tokens.create(sqlite_ctx, person(sqlite_ctx, "Eve", organisation="Fuzz"), name="fuzz", scopes=tuple(SCOPES))
    loaded = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", create_app(ctx=sqlite_ctx))
    loaded.config.update(headers={"Authorization": f"Bearer {made.token}"})
    return loaded


def test_whatever_is_sent_the_api_answers_in_its_own_words(schema: schemathesis.schemas.BaseSchema, sqlite_ctx: Context) -> None:
    driven = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def drive(case: schemathesis.Case) -> None:
            forget_limits(sqlite_ctx)
            case.call_and_validate(checks=[not_a_server_error, content_type_conformance, status_code_conformance])

        drive()
        driven += 1
    assert driven > 10
