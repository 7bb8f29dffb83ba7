"""The first tables of the tool: its door, the player, audit, roles, heartbeats.

There is nothing yet that could be moved.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_first_tables"
down_revision = None
branch_labels = ("tool",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_line",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("about", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("before_hash", sa.String(length=64), nullable=False),
        sa.Column("line_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_line")),
        sa.UniqueConstraint("line_hash", name=op.f("uq_audit_line_line_hash")),
    )
    op.create_index(op.f("ix_audit_line_about"), "audit_line", ["about"], unique=False)
    op.create_index(op.f("ix_audit_line_act"), "audit_line", ["act"], unique=False)
    op.create_table(
        "beat",
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_beat")),
    )
    op.create_table(
        "one_time_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("deployment_policy", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("ask_names", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_link_token_hash")),
    )
    op.create_table(
        "platform",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("product", sa.String(length=80), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("auth_url", sa.Text(), nullable=False),
        sa.Column("token_url", sa.Text(), nullable=False),
        sa.Column("keys_url", sa.Text(), nullable=False),
        sa.Column("token_audience", sa.Text(), nullable=False),
        sa.Column("frame_origins", sa.JSON(), nullable=False),
        sa.Column("deployment_policy", sa.String(length=20), nullable=False),
        sa.Column("keys_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keys_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keys_fault", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(country) IN (0, 2)", name=op.f("ck_platform_country_iso_3166")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform")),
        sa.UniqueConstraint("issuer", "client_id", name=op.f("uq_platform_issuer_client_id")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("scheme_id", sa.String(length=60), nullable=False),
        sa.Column("granted_by", sa.String(length=80), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(
        "ix_role_grant_issuer_subject", "role_grant", ["issuer", "subject"], unique=False
    )
    op.create_table(
        "tool_key",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("private_sealed", sa.Text(), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_tool_key")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platform.id"],
            name=op.f("fk_deployment_platform_id_platform"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
        sa.UniqueConstraint(
            "platform_id", "deployment_id", name=op.f("uq_deployment_platform_id_deployment_id")
        ),
    )
    op.create_table(
        "launch_trace",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("check_name", sa.String(length=40), nullable=False),
        sa.Column("skew_s", sa.Integer(), nullable=True),
        sa.Column("kid", sa.String(length=255), nullable=False),
        sa.Column("binding", sa.String(length=20), nullable=False),
        sa.Column("deployment", sa.String(length=255), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platform.id"],
            name=op.f("fk_launch_trace_platform_id_platform"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_launch_trace")),
    )
    op.create_index(op.f("ix_launch_trace_at"), "launch_trace", ["at"], unique=False)
    op.create_table(
        "login",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce_hash", sa.String(length=64), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("target_link_uri", sa.Text(), nullable=False),
        sa.Column("cookie_hash", sa.String(length=64), nullable=False),
        sa.Column("storage_hash", sa.String(length=64), nullable=False),
        sa.Column("storage_target", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platform.id"],
            name=op.f("fk_login_platform_id_platform"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_login")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platform.id"],
            name=op.f("fk_person_platform_id_platform"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("actor_name", name=op.f("uq_person_actor_name")),
        sa.UniqueConstraint("platform_id", "subject", name=op.f("uq_person_platform_id_subject")),
    )
    op.create_table(
        "platform_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("kid", sa.String(length=255), nullable=False),
        sa.Column("jwk", sa.JSON(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platform.id"],
            name=op.f("fk_platform_key_platform_id_platform"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_key")),
        sa.UniqueConstraint("platform_id", "kid", name=op.f("uq_platform_key_platform_id_kid")),
    )
    op.create_table(
        "platform_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", sa.String(length=600), nullable=False),
        sa.Column("token_sealed", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platform.id"],
            name=op.f("fk_platform_token_platform_id_platform"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_token")),
        sa.UniqueConstraint(
            "platform_id", "scopes", name=op.f("uq_platform_token_platform_id_scopes")
        ),
    )
    op.create_table(
        "context",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("context_key", sa.String(length=255), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("memberships_url", sa.Text(), nullable=False),
        sa.Column("lineitems_url", sa.Text(), nullable=False),
        sa.Column("ags_scopes", sa.JSON(), nullable=False),
        sa.Column("roster_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roster_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roster_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name=op.f("fk_context_deployment_id_deployment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_context")),
        sa.UniqueConstraint(
            "deployment_id", "context_key", name=op.f("uq_context_deployment_id_context_key")
        ),
    )
    op.create_index(op.f("ix_context_roster_due_at"), "context", ["roster_due_at"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("context_id", sa.Uuid(), nullable=True),
        sa.Column("course_id", sa.String(length=60), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_item_id", sa.String(length=130), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("extra_percent", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "extra_percent BETWEEN 0 AND 300", name=op.f("ck_enrolment_extra_percent_0_to_300")
        ),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_enrolment_percent_0_to_100")),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["context.id"],
            name=op.f("fk_enrolment_context_id_context"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_enrolment_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint(
            "person_id",
            "context_id",
            "course_id",
            name=op.f("uq_enrolment_person_id_context_id_course_id"),
        ),
    )
    op.create_index(
        "ix_enrolment_context_course", "enrolment", ["context_id", "course_id"], unique=False
    )
    op.create_index(
        "uq_enrolment_without_context",
        "enrolment",
        ["person_id", "course_id"],
        unique=True,
        sqlite_where=sa.text("context_id IS NULL"),
        postgresql_where=sa.text("context_id IS NULL"),
    )
    op.create_table(
        "item_allowance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("context_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.String(length=60), nullable=False),
        sa.Column("item_id", sa.String(length=130), nullable=False),
        sa.Column("extra_attempts", sa.Integer(), nullable=False),
        sa.Column("extra_minutes", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waives_wait", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "extra_attempts >= 0", name=op.f("ck_item_allowance_extra_attempts_from_zero")
        ),
        sa.CheckConstraint(
            "extra_minutes >= 0", name=op.f("ck_item_allowance_extra_minutes_from_zero")
        ),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["context.id"],
            name=op.f("fk_item_allowance_context_id_context"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["given_by"],
            ["person.id"],
            name=op.f("fk_item_allowance_given_by_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_item_allowance_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_allowance")),
        sa.UniqueConstraint(
            "person_id",
            "context_id",
            "course_id",
            "item_id",
            name=op.f("uq_item_allowance_person_id_context_id_course_id_item_id"),
        ),
    )
    op.create_index(
        op.f("ix_item_allowance_context_id"), "item_allowance", ["context_id"], unique=False
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("context_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["context.id"],
            name=op.f("fk_membership_context_id_context"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_membership_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "context_id", "person_id", name=op.f("uq_membership_context_id_person_id")
        ),
    )
    op.create_index(op.f("ix_membership_person_id"), "membership", ["person_id"], unique=False)
    op.create_table(
        "question_withdrawal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("context_id", sa.Uuid(), nullable=True),
        sa.Column("course_id", sa.String(length=60), nullable=False),
        sa.Column("item_id", sa.String(length=130), nullable=False),
        sa.Column("question_id", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["context.id"],
            name=op.f("fk_question_withdrawal_context_id_context"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"],
            ["person.id"],
            name=op.f("fk_question_withdrawal_withdrawn_by_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_withdrawal")),
        sa.UniqueConstraint(
            "context_id",
            "course_id",
            "item_id",
            "question_id",
            name=op.f("uq_question_withdrawal_context_id_course_id_item_id_question_id"),
        ),
    )
    op.create_index(
        "ix_question_withdrawal_item", "question_withdrawal", ["course_id", "item_id"], unique=False
    )
    op.create_index(
        "uq_question_withdrawal_everywhere",
        "question_withdrawal",
        ["course_id", "item_id", "question_id"],
        unique=True,
        sqlite_where=sa.text("context_id IS NULL"),
        postgresql_where=sa.text("context_id IS NULL"),
    )
    op.create_table(
        "resource_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("context_id", sa.Uuid(), nullable=True),
        sa.Column("link_key", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("course_id", sa.String(length=60), nullable=True),
        sa.Column("item_path", sa.String(length=130), nullable=True),
        sa.Column("lineitem_url", sa.Text(), nullable=False),
        sa.Column("column_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["context.id"],
            name=op.f("fk_resource_link_context_id_context"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name=op.f("fk_resource_link_deployment_id_deployment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_link")),
        sa.UniqueConstraint(
            "deployment_id", "link_key", name=op.f("uq_resource_link_deployment_id_link_key")
        ),
    )
    op.create_index(
        op.f("ix_resource_link_column_due_at"), "resource_link", ["column_due_at"], unique=False
    )
    op.create_index(
        op.f("ix_resource_link_context_id"), "resource_link", ["context_id"], unique=False
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.String(length=130), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("course_version", sa.String(length=40), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pass_share", sa.String(length=40), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.String(length=10), nullable=True),
        sa.Column("points", sa.String(length=40), nullable=True),
        sa.Column("maximum", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("receipt", sa.JSON(), nullable=True),
        sa.Column("receipt_hash", sa.String(length=64), nullable=False),
        sa.Column("remarked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.Uuid(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_attempt_number_from_one")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
            name=op.f("fk_attempt_enrolment_id_enrolment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["voided_by"],
            ["person.id"],
            name=op.f("fk_attempt_voided_by_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint(
            "enrolment_id", "item_id", "number", name=op.f("uq_attempt_enrolment_id_item_id_number")
        ),
    )
    op.create_index(
        "ix_attempt_due",
        "attempt",
        ["closes_at"],
        unique=False,
        sqlite_where=sa.text("submitted_at IS NULL AND voided_at IS NULL"),
        postgresql_where=sa.text("submitted_at IS NULL AND voided_at IS NULL"),
    )
    op.create_index(
        "uq_attempt_open",
        "attempt",
        ["enrolment_id", "item_id"],
        unique=True,
        sqlite_where=sa.text("submitted_at IS NULL AND voided_at IS NULL"),
        postgresql_where=sa.text("submitted_at IS NULL AND voided_at IS NULL"),
    )
    op.create_table(
        "film_progress",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.String(length=130), nullable=False),
        sa.Column("video_id", sa.String(length=60), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
            name=op.f("fk_film_progress_enrolment_id_enrolment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "enrolment_id", "item_id", "video_id", name=op.f("pk_film_progress")
        ),
    )
    op.create_table(
        "launch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_hash", sa.String(length=64), nullable=False),
        sa.Column("cookie_hash", sa.String(length=64), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=True),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("context_id", sa.Uuid(), nullable=True),
        sa.Column("resource_link_id", sa.Uuid(), nullable=True),
        sa.Column("message_type", sa.String(length=60), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("document_target", sa.String(length=20), nullable=False),
        sa.Column("deep_linking", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["context.id"],
            name=op.f("fk_launch_context_id_context"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name=op.f("fk_launch_deployment_id_deployment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_launch_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platform.id"],
            name=op.f("fk_launch_platform_id_platform"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resource_link_id"],
            ["resource_link.id"],
            name=op.f("fk_launch_resource_link_id_resource_link"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_launch")),
        sa.UniqueConstraint("visit_hash", name=op.f("uq_launch_visit_hash")),
    )
    op.create_index(op.f("ix_launch_person_id"), "launch", ["person_id"], unique=False)
    op.create_table(
        "line_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("context_id", sa.Uuid(), nullable=False),
        sa.Column("resource_link_id", sa.Uuid(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_hash", sa.String(length=64), nullable=False),
        sa.Column("course_id", sa.String(length=60), nullable=False),
        sa.Column("item_path", sa.String(length=130), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["context.id"],
            name=op.f("fk_line_item_context_id_context"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resource_link_id"],
            ["resource_link.id"],
            name=op.f("fk_line_item_resource_link_id_resource_link"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_item")),
        sa.UniqueConstraint(
            "context_id", "url_hash", name=op.f("uq_line_item_context_id_url_hash")
        ),
    )
    op.create_index(
        "ix_line_item_context_course", "line_item", ["context_id", "course_id"], unique=False
    )
    op.create_index(op.f("ix_line_item_filled_at"), "line_item", ["filled_at"], unique=False)
    op.create_index(
        op.f("ix_line_item_resource_link_id"), "line_item", ["resource_link_id"], unique=False
    )
    op.create_table(
        "progress",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.String(length=130), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("points", sa.String(length=40), nullable=True),
        sa.Column("maximum", sa.Integer(), nullable=True),
        sa.Column("viewed_in", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
            name=op.f("fk_progress_enrolment_id_enrolment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "item_id", name=op.f("pk_progress")),
    )
    op.create_table(
        "answer",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.String(length=60), nullable=False),
        sa.Column("response", sa.JSON(), nullable=False),
        sa.Column("points", sa.String(length=40), nullable=True),
        sa.Column("maximum", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Boolean(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
            name=op.f("fk_answer_attempt_id_attempt"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attempt_id", "question_id", name=op.f("pk_answer")),
    )
    op.create_table(
        "attempt_question",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("element_id", sa.String(length=60), nullable=False),
        sa.Column("frozen", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
            name=op.f("fk_attempt_question_attempt_id_attempt"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attempt_id", "question_id", name=op.f("pk_attempt_question")),
    )
    op.create_table(
        "element_result",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("element_id", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("pass_share", sa.String(length=40), nullable=False),
        sa.Column("points", sa.String(length=40), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
            name=op.f("fk_element_result_attempt_id_attempt"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attempt_id", "element_id", name=op.f("pk_element_result")),
    )
    op.create_table(
        "enrolment_visit",
        sa.Column("launch_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
            name=op.f("fk_enrolment_visit_enrolment_id_enrolment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["launch_id"],
            ["launch.id"],
            name=op.f("fk_enrolment_visit_launch_id_launch"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("launch_id", name=op.f("pk_enrolment_visit")),
    )
    op.create_index(
        op.f("ix_enrolment_visit_enrolment_id"), "enrolment_visit", ["enrolment_id"], unique=False
    )
    op.create_index(
        op.f("ix_enrolment_visit_terminated_at"), "enrolment_visit", ["terminated_at"], unique=False
    )
    op.create_table(
        "question_ruling",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.String(length=60), nullable=False),
        sa.Column("points", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ruled_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
            name=op.f("fk_question_ruling_attempt_id_attempt"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ruled_by"],
            ["person.id"],
            name=op.f("fk_question_ruling_ruled_by_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("attempt_id", "question_id", name=op.f("pk_question_ruling")),
    )
    op.create_table(
        "wanted_score",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_item_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.String(length=40), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_version", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_timestamp", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stuck_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_item_id"],
            ["line_item.id"],
            name=op.f("fk_wanted_score_line_item_id_line_item"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_wanted_score_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wanted_score")),
        sa.UniqueConstraint(
            "line_item_id", "person_id", name=op.f("uq_wanted_score_line_item_id_person_id")
        ),
    )
    op.create_index(op.f("ix_wanted_score_due_at"), "wanted_score", ["due_at"], unique=False)
    op.create_index(op.f("ix_wanted_score_person_id"), "wanted_score", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_wanted_score_person_id"), table_name="wanted_score")
    op.drop_index(op.f("ix_wanted_score_due_at"), table_name="wanted_score")
    op.drop_table("wanted_score")
    op.drop_table("question_ruling")
    op.drop_index(op.f("ix_enrolment_visit_terminated_at"), table_name="enrolment_visit")
    op.drop_index(op.f("ix_enrolment_visit_enrolment_id"), table_name="enrolment_visit")
    op.drop_table("enrolment_visit")
    op.drop_table("element_result")
    op.drop_table("attempt_question")
    op.drop_table("answer")
    op.drop_table("progress")
    op.drop_index(op.f("ix_line_item_resource_link_id"), table_name="line_item")
    op.drop_index(op.f("ix_line_item_filled_at"), table_name="line_item")
    op.drop_index("ix_line_item_context_course", table_name="line_item")
    op.drop_table("line_item")
    op.drop_index(op.f("ix_launch_person_id"), table_name="launch")
    op.drop_table("launch")
    op.drop_table("film_progress")
    op.drop_index(
        "uq_attempt_open",
        table_name="attempt",
        sqlite_where=sa.text("submitted_at IS NULL AND voided_at IS NULL"),
        postgresql_where=sa.text("submitted_at IS NULL AND voided_at IS NULL"),
    )
    op.drop_index(
        "ix_attempt_due",
        table_name="attempt",
        sqlite_where=sa.text("submitted_at IS NULL AND voided_at IS NULL"),
        postgresql_where=sa.text("submitted_at IS NULL AND voided_at IS NULL"),
    )
    op.drop_table("attempt")
    op.drop_index(op.f("ix_resource_link_context_id"), table_name="resource_link")
    op.drop_index(op.f("ix_resource_link_column_due_at"), table_name="resource_link")
    op.drop_table("resource_link")
    op.drop_index(
        "uq_question_withdrawal_everywhere",
        table_name="question_withdrawal",
        sqlite_where=sa.text("context_id IS NULL"),
        postgresql_where=sa.text("context_id IS NULL"),
    )
    op.drop_index("ix_question_withdrawal_item", table_name="question_withdrawal")
    op.drop_table("question_withdrawal")
    op.drop_index(op.f("ix_membership_person_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_item_allowance_context_id"), table_name="item_allowance")
    op.drop_table("item_allowance")
    op.drop_index(
        "uq_enrolment_without_context",
        table_name="enrolment",
        sqlite_where=sa.text("context_id IS NULL"),
        postgresql_where=sa.text("context_id IS NULL"),
    )
    op.drop_index("ix_enrolment_context_course", table_name="enrolment")
    op.drop_table("enrolment")
    op.drop_index(op.f("ix_context_roster_due_at"), table_name="context")
    op.drop_table("context")
    op.drop_table("platform_token")
    op.drop_table("platform_key")
    op.drop_table("person")
    op.drop_table("login")
    op.drop_index(op.f("ix_launch_trace_at"), table_name="launch_trace")
    op.drop_table("launch_trace")
    op.drop_table("deployment")
    op.drop_table("tool_key")
    op.drop_index("ix_role_grant_issuer_subject", table_name="role_grant")
    op.drop_table("role_grant")
    op.drop_table("platform")
    op.drop_table("one_time_link")
    op.drop_table("beat")
    op.drop_index(op.f("ix_audit_line_act"), table_name="audit_line")
    op.drop_index(op.f("ix_audit_line_about"), table_name="audit_line")
    op.drop_table("audit_line")
