"""Alembic's entry, driven in process by ``store.database.migrate``: no ini file, no environment."""

from typing import Any, Literal

from alembic import context

from ipr_service.store.schema import Base
from ipr_service.store.schema.base import Moment, Pieces

database = context.config.attributes["database"]


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """A migration must not depend on today's code: our column types are plain ones there."""
    if kind != "type":
        return False
    return "sa.DateTime(timezone=True)" if isinstance(item, Moment) else "sa.LargeBinary()" if isinstance(item, Pieces) else False


with database.engine.execution_options(ipr_writes=True).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=database.is_sqlite,
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
