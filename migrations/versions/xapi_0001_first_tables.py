"""The first tables of the record store: outbox, deliveries, statements and what finds them.

There is nothing yet that could be moved.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "xapi_0001_first_tables"
down_revision = None
branch_labels = ("xapi",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "xapi_activity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_activity")),
        sa.UniqueConstraint("iri", name=op.f("uq_xapi_activity_iri")),
    )
    op.create_table(
        "xapi_agent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_agent")),
        sa.UniqueConstraint("identifier", name=op.f("uq_xapi_agent_identifier")),
    )
    op.create_table(
        "xapi_credential",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_xapi_credential")),
    )
    op.create_table(
        "xapi_outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("actor_key", sa.String(length=300), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_xapi_outbox")),
        sa.UniqueConstraint("statement_id", name=op.f("uq_xapi_outbox_statement_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "xapi_target",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_through", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_xapi_target")),
    )
    op.create_table(
        "xapi_verb",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_verb")),
        sa.UniqueConstraint("iri", name=op.f("uq_xapi_verb_iri")),
    )
    op.create_table(
        "xapi_delivery",
        sa.Column("target", sa.String(length=60), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stuck_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["xapi_outbox.seq"],
            name=op.f("fk_xapi_delivery_seq_xapi_outbox"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("target", "seq", name=op.f("pk_xapi_delivery")),
    )
    op.create_index(op.f("ix_xapi_delivery_seq"), "xapi_delivery", ["seq"], unique=False)
    op.create_table(
        "xapi_statement",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verb_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("is_voiding", sa.Boolean(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["verb_id"], ["xapi_verb.id"], name=op.f("fk_xapi_statement_verb_id_xapi_verb")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_xapi_statement")),
        sa.UniqueConstraint("id", name=op.f("uq_xapi_statement_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_xapi_statement_registration_seq",
        "xapi_statement",
        ["registration", "seq"],
        unique=False,
    )
    op.create_index(
        op.f("ix_xapi_statement_stored_at"), "xapi_statement", ["stored_at"], unique=False
    )
    op.create_index(
        op.f("ix_xapi_statement_target_id"), "xapi_statement", ["target_id"], unique=False
    )
    op.create_index(
        "ix_xapi_statement_verb_seq", "xapi_statement", ["verb_id", "seq"], unique=False
    )
    op.create_table(
        "xapi_statement_activity",
        sa.Column(
            "activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["xapi_activity.id"],
            name=op.f("fk_xapi_statement_activity_activity_id_xapi_activity"),
        ),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["xapi_statement.seq"],
            name=op.f("fk_xapi_statement_activity_seq_xapi_statement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "activity_id", "seq", "role", name=op.f("pk_xapi_statement_activity")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_xapi_statement_activity_seq"), "xapi_statement_activity", ["seq"], unique=False
    )
    op.create_table(
        "xapi_statement_agent",
        sa.Column("agent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["xapi_agent.id"],
            name=op.f("fk_xapi_statement_agent_agent_id_xapi_agent"),
        ),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["xapi_statement.seq"],
            name=op.f("fk_xapi_statement_agent_seq_xapi_statement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agent_id", "seq", "role", name=op.f("pk_xapi_statement_agent")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_xapi_statement_agent_seq"), "xapi_statement_agent", ["seq"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_xapi_statement_agent_seq"), table_name="xapi_statement_agent")
    op.drop_table("xapi_statement_agent")
    op.drop_index(op.f("ix_xapi_statement_activity_seq"), table_name="xapi_statement_activity")
    op.drop_table("xapi_statement_activity")
    op.drop_index("ix_xapi_statement_verb_seq", table_name="xapi_statement")
    op.drop_index(op.f("ix_xapi_statement_target_id"), table_name="xapi_statement")
    op.drop_index(op.f("ix_xapi_statement_stored_at"), table_name="xapi_statement")
    op.drop_index("ix_xapi_statement_registration_seq", table_name="xapi_statement")
    op.drop_table("xapi_statement")
    op.drop_index(op.f("ix_xapi_delivery_seq"), table_name="xapi_delivery")
    op.drop_table("xapi_delivery")
    op.drop_table("xapi_verb")
    op.drop_table("xapi_target")
    op.drop_table("xapi_outbox")
    op.drop_table("xapi_credential")
    op.drop_table("xapi_agent")
    op.drop_table("xapi_activity")
