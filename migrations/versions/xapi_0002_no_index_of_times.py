"""No index of the times of storing: they rise with the numbers, so halving finds a moment.

It cost each statement a page to write and some 25 bytes. The version before goes on with all it
does; only ``since`` and ``until`` look through all statements there until it is replaced.
"""

from __future__ import annotations

from alembic import op

revision = "xapi_0002_no_index_of_times"
down_revision = "xapi_0001_record_store"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_xapi_statement_stored_at", table_name="xapi_statement")


def downgrade() -> None:
    op.create_index(
        "ix_xapi_statement_stored_at", "xapi_statement", ["stored_at", "seq"], unique=False
    )
