"""The tables of certification, and mail: holders, cases, the register, keys, links.

There is nothing yet that could be moved.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_certification"
down_revision = "0001_first_tables"
branch_labels = None
depends_on = None

PARTING = '.,;/&+@_()"\u2019\u2010\u2013-'
SPACES = " " * (len(PARTING) + 1)
PARTED = WORDS = f"translate(name_search, '''{PARTING}', '{SPACES}')"
for letters in range(2, 9):
    BEGUN = f"regexp_replace({PARTED}, '([^ ]{{{letters}}})[^ ]+', '\\1', 'g')"
    WORDS = f"textcat({WORDS}, textcat(' ', {BEGUN}))"
WORDS = f"to_tsvector('simple', {WORDS})"
"""What names are found by on PostgreSQL: the words in them, whatever stands between, and each
word's first letters, two to eight of them."""
WORD_INDICES = {"ix_certificate_words": "certificate", "ix_holder_words": "holder"}

GUARDED = ("audit_line", "audit_head")
"""Tables that are only added to: the database refuses to change or remove a row."""
GUARD = """
CREATE OR REPLACE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is only added to'; END $$
"""


def _guard() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(GUARD)
        for table in GUARDED:
            op.execute(
                f"CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE"
                f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION only_added_to()"
            )
        return
    for table in GUARDED:
        for act in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
            )


def _unguard() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in GUARDED:
            op.execute(f"DROP TRIGGER {table}_only_added_to ON {table}")
        op.execute("DROP FUNCTION only_added_to()")
        return
    for table in GUARDED:
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_no_{act}")


def upgrade() -> None:
    op.create_table(
        "achievement",
        sa.Column("scheme_id", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("first_used_on", sa.Date(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("scheme_id", "version", name=op.f("pk_achievement")),
    )
    op.create_table(
        "approval_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("approved_by", sa.String(length=80), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_batch")),
    )
    op.create_table(
        "audit_head",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("line_hash", sa.String(length=64), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("kid", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "certification_key",
        sa.Column("kid", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("public", sa.JSON(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("compromised_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_certification_key")),
    )
    op.create_table(
        "holder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("name_search", sa.String(length=400), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email_search", sa.String(length=64), nullable=False),
        sa.Column("email_by", sa.String(length=80), nullable=False),
        sa.Column("email_human", sa.Uuid(), nullable=True),
        sa.Column("entered_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["holder.id"], name=op.f("fk_holder_merged_into_id_holder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder")),
    )
    op.create_index(op.f("ix_holder_email_search"), "holder", ["email_search"], unique=False)
    op.create_index("ix_holder_name_search", "holder", ["name_search"], unique=False)
    op.create_table(
        "link_wish",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_sealed", sa.Text(), nullable=False),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_wish")),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=True),
        sa.Column("to_sealed", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("content_sealed", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("stuck_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_key")),
    )
    op.create_index(op.f("ix_mail_about"), "mail", ["about"], unique=False)
    op.create_index(op.f("ix_mail_due_at"), "mail", ["due_at"], unique=False)
    op.create_table(
        "register_serial",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year", name=op.f("pk_register_serial")),
    )
    op.create_table(
        "scheme_seen",
        sa.Column("scheme_id", sa.String(length=60), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("scheme_id", name=op.f("pk_scheme_seen")),
    )
    op.create_table(
        "status_index",
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("status_list", "position", name=op.f("pk_status_index")),
    )
    op.create_table(
        "status_list",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", "purpose", name=op.f("pk_status_list")),
    )
    op.create_table(
        "wrong_names",
        sa.Column("code", sa.String(length=13), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", "given_on", name=op.f("pk_wrong_names")),
    )
    op.create_table(
        "certification_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.String(length=60), nullable=False),
        sa.Column("scheme_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sitting", sa.String(length=120), nullable=False),
        sa.Column("route", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("approvers", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("name_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name_confirmed_by", sa.String(length=80), nullable=False),
        sa.Column("named_by", sa.String(length=80), nullable=False),
        sa.Column("named_human", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("decision", sa.JSON(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("particulars", sa.JSON(), nullable=False),
        sa.Column("examined_on", sa.Date(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.String(length=80), nullable=False),
        sa.Column("entered_human", sa.Uuid(), nullable=True),
        sa.Column("assessed_by", sa.String(length=80), nullable=False),
        sa.Column("assessed_human", sa.Uuid(), nullable=True),
        sa.Column("second_assessed_by", sa.String(length=80), nullable=False),
        sa.Column("second_assessed_human", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=80), nullable=False),
        sa.Column("approved_human", sa.Uuid(), nullable=True),
        sa.Column("seconded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconded_by", sa.String(length=80), nullable=False),
        sa.Column("seconded_human", sa.Uuid(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.String(length=80), nullable=False),
        sa.Column("refuse_reason", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("number_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("predecessor_id", sa.Uuid(), nullable=True),
        sa.Column("corrects", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(named_by = '') = (named_human IS NULL)",
            name=op.f("ck_certification_case_named_by_a_human"),
        ),
        sa.CheckConstraint(
            "approved_human IS NULL OR (replace(approved_by, 'command line ', '') <> "
            "replace(entered_by, 'command line ', '') AND (assessed_by = '' OR "
            "replace(approved_by, 'command line ', '') <> replace(assessed_by, 'command line "
            "', '')) AND (second_assessed_by = '' OR replace(approved_by, 'command line ', "
            "'') <> replace(second_assessed_by, 'command line ', '')) AND (named_by = '' OR "
            "replace(approved_by, 'command line ', '') <> replace(named_by, 'command line ', "
            "'')))",
            name=op.f("ck_certification_case_two_accounts_at_approval"),
        ),
        sa.CheckConstraint(
            "second_assessed_by = '' OR replace(second_assessed_by, 'command line ', '') <> "
            "replace(assessed_by, 'command line ', '')",
            name=op.f("ck_certification_case_two_accounts_of_assessors"),
        ),
        sa.CheckConstraint(
            "seconded_human IS NULL OR (replace(seconded_by, 'command line ', '') <> "
            "replace(approved_by, 'command line ', '') AND (replace(seconded_by, 'command "
            "line ', '') <> replace(entered_by, 'command line ', '') AND (assessed_by = '' OR "
            "replace(seconded_by, 'command line ', '') <> replace(assessed_by, 'command line "
            "', '')) AND (second_assessed_by = '' OR replace(seconded_by, 'command line ', "
            "'') <> replace(second_assessed_by, 'command line ', '')) AND (named_by = '' OR "
            "replace(seconded_by, 'command line ', '') <> replace(named_by, 'command line ', "
            "''))))",
            name=op.f("ck_certification_case_two_accounts_at_second"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'numbered') OR ((approvers < 1 OR approved_human IS "
            "NOT NULL) AND (approvers < 2 OR seconded_human IS NOT NULL))",
            name=op.f("ck_certification_case_approved_as_the_scheme_asks"),
        ),
        sa.CheckConstraint(
            "(assessed_human IS NULL OR assessed_human <> holder_id) AND "
            "(second_assessed_human IS NULL OR second_assessed_human <> holder_id)",
            name=op.f("ck_certification_case_not_assessed_by_its_holder"),
        ),
        sa.CheckConstraint(
            "NOT corrects OR (approvers >= 1 AND entered_human IS NOT NULL AND entered_human "
            "<> holder_id)",
            name=op.f("ck_certification_case_four_eyes_at_correction"),
        ),
        sa.CheckConstraint(
            "approved_human IS NULL OR ((entered_human IS NULL OR approved_human <> "
            "entered_human) AND (assessed_human IS NULL OR approved_human <> assessed_human) "
            "AND (second_assessed_human IS NULL OR approved_human <> second_assessed_human) "
            "AND (named_human IS NULL OR approved_human <> named_human) AND approved_human <> "
            "holder_id)",
            name=op.f("ck_certification_case_four_eyes_at_approval"),
        ),
        sa.CheckConstraint(
            "approvers BETWEEN 0 AND 2", name=op.f("ck_certification_case_approvers_0_to_2")
        ),
        sa.CheckConstraint(
            "second_assessed_human IS NULL OR (assessed_human IS NOT NULL AND "
            "second_assessed_human <> assessed_human)",
            name=op.f("ck_certification_case_two_assessors"),
        ),
        sa.CheckConstraint(
            "seconded_human IS NULL OR (approved_human IS NOT NULL AND seconded_human <> "
            "approved_human AND (entered_human IS NULL OR seconded_human <> entered_human) "
            "AND (assessed_human IS NULL OR seconded_human <> assessed_human) AND "
            "(second_assessed_human IS NULL OR seconded_human <> second_assessed_human) AND "
            "(named_human IS NULL OR seconded_human <> named_human) AND seconded_human <> "
            "holder_id)",
            name=op.f("ck_certification_case_four_eyes_at_second"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["approval_batch.id"],
            name=op.f("fk_certification_case_batch_id_approval_batch"),
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holder.id"], name=op.f("fk_certification_case_holder_id_holder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_case")),
        sa.UniqueConstraint(
            "holder_id",
            "scheme_id",
            "sitting",
            name=op.f("uq_certification_case_holder_id_scheme_id_sitting"),
        ),
    )
    op.create_index(
        op.f("ix_certification_case_batch_id"), "certification_case", ["batch_id"], unique=False
    )
    op.create_index(
        "ix_certification_case_entered",
        "certification_case",
        ["state", "entered_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_certification_case_holder_id"), "certification_case", ["holder_id"], unique=False
    )
    op.create_index(
        op.f("ix_certification_case_look_due_at"),
        "certification_case",
        ["look_due_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_certification_case_predecessor_id"),
        "certification_case",
        ["predecessor_id"],
        unique=False,
    )
    op.create_index(
        "ix_certification_case_sitting",
        "certification_case",
        ["scheme_id", "sitting"],
        unique=False,
    )
    op.create_index(
        "ix_certification_case_state", "certification_case", ["state", "scheme_id"], unique=False
    )
    op.create_table(
        "share_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("token_sealed", sa.Text(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("shows_scores", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holder.id"], name=op.f("fk_share_link_holder_id_holder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_share_link_token_hash")),
    )
    op.create_index(op.f("ix_share_link_holder_id"), "share_link", ["holder_id"], unique=False)
    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("element_code", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rating", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("assessed_by", sa.String(length=80), nullable=False),
        sa.Column("assessed_human", sa.Uuid(), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["certification_case.id"],
            name=op.f("fk_assessment_case_id_certification_case"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint(
            "case_id",
            "element_code",
            "position",
            name=op.f("uq_assessment_case_id_element_code_position"),
        ),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=13), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("facts_hash", sa.String(length=64), nullable=False),
        sa.Column("name_search", sa.String(length=400), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("numbered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("pdf_path", sa.String(length=255), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=False),
        sa.Column("badge", sa.Text(), nullable=False),
        sa.Column("badge_sha256", sa.String(length=64), nullable=False),
        sa.Column("badge_jwt", sa.Text(), nullable=False),
        sa.Column("seal_kid", sa.String(length=80), nullable=False),
        sa.Column("badge_kid", sa.String(length=80), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_by", sa.String(length=80), nullable=False),
        sa.Column("suspended_human", sa.Uuid(), nullable=True),
        sa.Column("suspend_reason", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=80), nullable=False),
        sa.Column("revoked_human", sa.Uuid(), nullable=True),
        sa.Column("revoke_code", sa.String(length=20), nullable=False),
        sa.Column("revoke_reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column("renews_id", sa.Uuid(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('numbered', 'void')) = (issued_at IS NULL)",
            name=op.f("ck_certificate_issued_from_issue_on"),
        ),
        sa.CheckConstraint(
            "revoked_by = '' OR replace(revoked_by, 'command line ', '') <> "
            "replace(suspended_by, 'command line ', '')",
            name=op.f("ck_certificate_two_accounts_at_revocation"),
        ),
        sa.CheckConstraint(
            "state <> 'suspended' OR suspended_at IS NOT NULL",
            name=op.f("ck_certificate_suspended_since"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('revoked', 'void') OR (suspended_human IS NOT NULL AND "
            "revoked_human IS NOT NULL AND revoked_human <> suspended_human AND revoked_at IS "
            "NOT NULL) OR (state = 'void' AND revoked_by = 'worker' AND revoked_at IS NOT "
            "NULL)",
            name=op.f("ck_certificate_four_eyes_at_revocation"),
        ),
        sa.CheckConstraint(
            "(suspended_human IS NULL OR suspended_human <> holder_id) AND (revoked_human IS "
            "NULL OR revoked_human <> holder_id)",
            name=op.f("ck_certificate_not_ended_by_its_holder"),
        ),
        sa.CheckConstraint("serial >= 1", name=op.f("ck_certificate_serial_from_one")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["certification_case.id"],
            name=op.f("fk_certificate_case_id_certification_case"),
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holder.id"], name=op.f("fk_certificate_holder_id_holder")
        ),
        sa.ForeignKeyConstraint(
            ["renews_id"], ["certificate.id"], name=op.f("fk_certificate_renews_id_certificate")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["certificate.id"],
            name=op.f("fk_certificate_supersedes_id_certificate"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("code", name=op.f("uq_certificate_code")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_number")),
        sa.UniqueConstraint(
            "series", "year", "serial", name=op.f("uq_certificate_series_year_serial")
        ),
        sa.UniqueConstraint(
            "status_list", "status_index", name=op.f("uq_certificate_status_list_status_index")
        ),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_certificate_supersedes_id")),
    )
    op.create_index(
        op.f("ix_certificate_badge_sha256"), "certificate", ["badge_sha256"], unique=False
    )
    op.create_index(op.f("ix_certificate_case_id"), "certificate", ["case_id"], unique=False)
    op.create_index(op.f("ix_certificate_due_at"), "certificate", ["due_at"], unique=False)
    op.create_index(op.f("ix_certificate_holder_id"), "certificate", ["holder_id"], unique=False)
    op.create_index(
        "ix_certificate_issued_on",
        "certificate",
        ["issued_on", "number"],
        unique=False,
        postgresql_include=["id", "name_search", "state", "scheme_id", "kind", "valid_until"],
    )
    op.create_index(
        "ix_certificate_kind", "certificate", ["kind", "issued_on", "number"], unique=False
    )
    op.create_index(
        op.f("ix_certificate_name_search"), "certificate", ["name_search"], unique=False
    )
    op.create_index(op.f("ix_certificate_pdf_sha256"), "certificate", ["pdf_sha256"], unique=False)
    op.create_index(op.f("ix_certificate_renews_id"), "certificate", ["renews_id"], unique=False)
    op.create_index(
        "ix_certificate_scheme", "certificate", ["scheme_id", "issued_on", "number"], unique=False
    )
    op.create_index(
        "ix_certificate_state", "certificate", ["state", "issued_on", "number"], unique=False
    )
    op.create_index(
        "ix_certificate_state_scheme",
        "certificate",
        ["state", "scheme_id", "issued_on", "number"],
        unique=False,
    )
    op.create_index(
        "ix_certificate_valid_until",
        "certificate",
        ["state", "valid_until", "number"],
        unique=False,
    )
    op.create_index(
        "uq_certificate_case_id",
        "certificate",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'void'"),
        sqlite_where=sa.text("state <> 'void'"),
    )
    op.create_table(
        "certification_appeal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_human", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["certification_case.id"],
            name=op.f("fk_certification_appeal_case_id_certification_case"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_appeal")),
    )
    op.create_index(
        op.f("ix_certification_appeal_case_id"), "certification_appeal", ["case_id"], unique=False
    )
    op.create_table(
        "evidence_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("elements", sa.JSON(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["certification_case.id"],
            name=op.f("fk_evidence_file_case_id_certification_case"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_file")),
    )
    op.create_index(op.f("ix_evidence_file_case_id"), "evidence_file", ["case_id"], unique=False)
    op.create_table(
        "holder_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holder.id"], name=op.f("fk_holder_change_holder_id_holder")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["holder.id"], name=op.f("fk_holder_change_other_id_holder")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_holder_change_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder_change")),
    )
    op.create_index(
        op.f("ix_holder_change_holder_id"), "holder_change", ["holder_id"], unique=False
    )
    op.create_index(op.f("ix_holder_change_other_id"), "holder_change", ["other_id"], unique=False)
    op.create_index(
        op.f("ix_holder_change_person_id"), "holder_change", ["person_id"], unique=False
    )
    op.create_table(
        "holder_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("email_sealed", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.String(length=80), nullable=False),
        sa.Column("sent_human", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["certification_case.id"],
            name=op.f("fk_holder_link_case_id_certification_case"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holder.id"], name=op.f("fk_holder_link_holder_id_holder")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_holder_link")),
    )
    op.create_index(op.f("ix_holder_link_case_id"), "holder_link", ["case_id"], unique=False)
    op.create_index(op.f("ix_holder_link_holder_id"), "holder_link", ["holder_id"], unique=False)
    op.create_table(
        "holder_person",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("linked_by", sa.String(length=80), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holder.id"], name=op.f("fk_holder_person_holder_id_holder")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_holder_person_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_holder_person")),
    )
    op.create_index(
        op.f("ix_holder_person_holder_id"), "holder_person", ["holder_id"], unique=False
    )
    op.create_table(
        "shared_certificate",
        sa.Column("share_link_id", sa.Uuid(), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_shared_certificate_certificate_id_certificate"),
        ),
        sa.ForeignKeyConstraint(
            ["share_link_id"],
            ["share_link.id"],
            name=op.f("fk_shared_certificate_share_link_id_share_link"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "share_link_id", "certificate_id", name=op.f("pk_shared_certificate")
        ),
    )
    op.create_table(
        "standing_change",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
            name=op.f("fk_standing_change_enrolment_id_enrolment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_standing_change")),
    )
    op.create_index(op.f("ix_standing_change_due_at"), "standing_change", ["due_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for name, table in WORD_INDICES.items():
            op.create_index(name, table, [sa.text(WORDS)], postgresql_using="gin")

    _guard()


def downgrade() -> None:
    _unguard()
    if op.get_bind().dialect.name == "postgresql":
        for name, table in WORD_INDICES.items():
            op.drop_index(name, table_name=table)
    op.drop_index(op.f("ix_standing_change_due_at"), table_name="standing_change")
    op.drop_table("standing_change")
    op.drop_table("shared_certificate")
    op.drop_index(op.f("ix_holder_person_holder_id"), table_name="holder_person")
    op.drop_table("holder_person")
    op.drop_index(op.f("ix_holder_link_holder_id"), table_name="holder_link")
    op.drop_index(op.f("ix_holder_link_case_id"), table_name="holder_link")
    op.drop_table("holder_link")
    op.drop_index(op.f("ix_holder_change_person_id"), table_name="holder_change")
    op.drop_index(op.f("ix_holder_change_other_id"), table_name="holder_change")
    op.drop_index(op.f("ix_holder_change_holder_id"), table_name="holder_change")
    op.drop_table("holder_change")
    op.drop_index(op.f("ix_evidence_file_case_id"), table_name="evidence_file")
    op.drop_table("evidence_file")
    op.drop_index(op.f("ix_certification_appeal_case_id"), table_name="certification_appeal")
    op.drop_table("certification_appeal")
    op.drop_index(
        "uq_certificate_case_id",
        table_name="certificate",
        postgresql_where=sa.text("state <> 'void'"),
        sqlite_where=sa.text("state <> 'void'"),
    )
    op.drop_index("ix_certificate_valid_until", table_name="certificate")
    op.drop_index("ix_certificate_state_scheme", table_name="certificate")
    op.drop_index("ix_certificate_state", table_name="certificate")
    op.drop_index("ix_certificate_scheme", table_name="certificate")
    op.drop_index(op.f("ix_certificate_renews_id"), table_name="certificate")
    op.drop_index(op.f("ix_certificate_pdf_sha256"), table_name="certificate")
    op.drop_index(op.f("ix_certificate_name_search"), table_name="certificate")
    op.drop_index("ix_certificate_kind", table_name="certificate")
    op.drop_index(
        "ix_certificate_issued_on",
        table_name="certificate",
        postgresql_include=["id", "name_search", "state", "scheme_id", "kind", "valid_until"],
    )
    op.drop_index(op.f("ix_certificate_holder_id"), table_name="certificate")
    op.drop_index(op.f("ix_certificate_due_at"), table_name="certificate")
    op.drop_index(op.f("ix_certificate_case_id"), table_name="certificate")
    op.drop_index(op.f("ix_certificate_badge_sha256"), table_name="certificate")
    op.drop_table("certificate")
    op.drop_table("assessment")
    op.drop_index(op.f("ix_share_link_holder_id"), table_name="share_link")
    op.drop_table("share_link")
    op.drop_index("ix_certification_case_state", table_name="certification_case")
    op.drop_index("ix_certification_case_sitting", table_name="certification_case")
    op.drop_index(op.f("ix_certification_case_predecessor_id"), table_name="certification_case")
    op.drop_index(op.f("ix_certification_case_look_due_at"), table_name="certification_case")
    op.drop_index(op.f("ix_certification_case_holder_id"), table_name="certification_case")
    op.drop_index("ix_certification_case_entered", table_name="certification_case")
    op.drop_index(op.f("ix_certification_case_batch_id"), table_name="certification_case")
    op.drop_table("certification_case")
    op.drop_table("wrong_names")
    op.drop_table("status_list")
    op.drop_table("status_index")
    op.drop_table("scheme_seen")
    op.drop_table("register_serial")
    op.drop_index(op.f("ix_mail_due_at"), table_name="mail")
    op.drop_index(op.f("ix_mail_about"), table_name="mail")
    op.drop_table("mail")
    op.drop_table("link_wish")
    op.drop_index("ix_holder_name_search", table_name="holder")
    op.drop_index(op.f("ix_holder_email_search"), table_name="holder")
    op.drop_table("holder")
    op.drop_table("certification_key")
    op.drop_table("audit_head")
    op.drop_table("approval_batch")
    op.drop_table("achievement")
