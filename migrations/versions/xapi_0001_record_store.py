"""The first tables of the record store: outbox, statements, what finds them, documents.

There is nothing yet that could be moved.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "xapi_0001_record_store"
down_revision = None
branch_labels = ("xapi",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "xapi_activity",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("term", name=op.f("pk_xapi_activity")),
    )
    op.create_table(
        "xapi_attachment",
        sa.Column("sha2", sa.String(length=128), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("piece", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha2", "number", name=op.f("pk_xapi_attachment")),
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
        "xapi_document",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("agent_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("etag", sa.String(length=40), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_xapi_document")),
    )
    op.create_index(
        op.f("ix_xapi_document_agent_hash"), "xapi_document", ["agent_hash"], unique=False
    )
    op.create_index(
        "ix_xapi_document_owner_updated_at", "xapi_document", ["owner", "updated_at"], unique=False
    )
    op.create_table(
        "xapi_forgetting",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_forgetting")),
    )
    op.create_table(
        "xapi_link",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term", "seq", name=op.f("pk_xapi_link")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "xapi_outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "statement_id",
            sa.Uuid().with_variant(sa.LargeBinary(length=16), "sqlite"),
            nullable=False,
        ),
        sa.Column("target", sa.String(length=60), server_default="", nullable=False),
        sa.Column("actor_key", sa.String(length=300), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_xapi_outbox")),
        sa.UniqueConstraint(
            "statement_id", "target", name=op.f("uq_xapi_outbox_statement_id_target")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_xapi_outbox_target",
        "xapi_outbox",
        ["target"],
        unique=False,
        sqlite_where=sa.text("target <> ''"),
        postgresql_where=sa.text("target <> ''"),
    )
    op.create_table(
        "xapi_statement",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "id", sa.Uuid().with_variant(sa.LargeBinary(length=16), "sqlite"), nullable=False
        ),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("authority", sa.BigInteger(), nullable=False),
        sa.Column(
            "target_id", sa.Uuid().with_variant(sa.LargeBinary(length=16), "sqlite"), nullable=True
        ),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("is_voiding", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_xapi_statement")),
        sa.UniqueConstraint("id", name=op.f("uq_xapi_statement_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_xapi_statement_stored_at", "xapi_statement", ["stored_at", "seq"], unique=False
    )
    op.create_index(
        "ix_xapi_statement_target_id",
        "xapi_statement",
        ["target_id"],
        unique=False,
        sqlite_where=sa.text("target_id IS NOT NULL"),
        postgresql_where=sa.text("target_id IS NOT NULL"),
    )
    op.create_table(
        "xapi_target",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("sealed_secret", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.String(length=10), server_default="1.0.3", nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_through", sa.BigInteger(), nullable=False),
        sa.Column("doubt_through", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("kept_before", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("forwarded_through", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_xapi_target")),
    )
    op.create_table(
        "xapi_term",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_term")),
        sa.UniqueConstraint("key", name=op.f("uq_xapi_term_key")),
    )
    op.create_table(
        "xapi_token",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_xapi_token")),
    )
    op.create_index(op.f("ix_xapi_token_expires_at"), "xapi_token", ["expires_at"], unique=False)
    op.create_table(
        "xapi_backfill",
        sa.Column("target", sa.String(length=60), nullable=False),
        sa.Column("everything", sa.Boolean(), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("looked", sa.BigInteger(), nullable=False),
        sa.Column("copied", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["target"],
            ["xapi_target.name"],
            name=op.f("fk_xapi_backfill_target_xapi_target"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_xapi_backfill")),
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
        "xapi_forwarding_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.String(length=60), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("activity_prefix", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["target"],
            ["xapi_target.name"],
            name=op.f("fk_xapi_forwarding_rule_target_xapi_target"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_forwarding_rule")),
    )
    op.create_index(
        op.f("ix_xapi_forwarding_rule_target"), "xapi_forwarding_rule", ["target"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_xapi_forwarding_rule_target"), table_name="xapi_forwarding_rule")
    op.drop_table("xapi_forwarding_rule")
    op.drop_index(op.f("ix_xapi_delivery_seq"), table_name="xapi_delivery")
    op.drop_table("xapi_delivery")
    op.drop_table("xapi_backfill")
    op.drop_index(op.f("ix_xapi_token_expires_at"), table_name="xapi_token")
    op.drop_table("xapi_token")
    op.drop_table("xapi_term")
    op.drop_table("xapi_target")
    op.drop_index(
        "ix_xapi_statement_target_id",
        table_name="xapi_statement",
        sqlite_where=sa.text("target_id IS NOT NULL"),
        postgresql_where=sa.text("target_id IS NOT NULL"),
    )
    op.drop_index("ix_xapi_statement_stored_at", table_name="xapi_statement")
    op.drop_table("xapi_statement")
    op.drop_index(
        "ix_xapi_outbox_target",
        table_name="xapi_outbox",
        sqlite_where=sa.text("target <> ''"),
        postgresql_where=sa.text("target <> ''"),
    )
    op.drop_table("xapi_outbox")
    op.drop_table("xapi_link")
    op.drop_table("xapi_forgetting")
    op.drop_index("ix_xapi_document_owner_updated_at", table_name="xapi_document")
    op.drop_index(op.f("ix_xapi_document_agent_hash"), table_name="xapi_document")
    op.drop_table("xapi_document")
    op.drop_table("xapi_credential")
    op.drop_table("xapi_attachment")
    op.drop_table("xapi_activity")
