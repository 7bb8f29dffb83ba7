"""The ways of a Moodle 4.5 that a tool can trip over, by name; the package lists them all."""

from __future__ import annotations

from enum import StrEnum


class Quirk(StrEnum):
    """One switch; on: as Moodle 4.5 was measured, off: as the specifications have it."""

    # The launch
    ONE_USE_HINT = "one-use-hint"
    JSON_HINT = "json-hint"
    REPOST = "repost"
    STRICT_AUTH = "strict-auth"
    EXACT_REDIRECT = "exact-redirect"
    STRIPPED_STATE = "stripped-state"
    MINUTE_TOKEN = "minute-token"  # noqa: S105  # a name, no secret
    NO_STORAGE = "no-storage"
    BARE_CONTEXT_TYPE = "bare-context-type"
    EXTRA_CLAIMS = "extra-claims"
    SIS_NUMBER = "sis-number"
    ADMIN_ROLES = "admin-roles"
    ASSISTANT_TEACHES = "assistant-teaches"
    PRIVATE_NAMES = "private-names"
    ANY_TARGET = "any-target"
    TYPE_CONTAINER = "type-container"
    # Custom parameters
    BOTH_CASES = "both-cases"
    TEXT_VALUES = "text-values"
    LITERAL_VARIABLES = "literal-variables"
    TYPE_CUSTOM_WINS = "type-custom-wins"
    ROSTER_IN_CUSTOM = "roster-in-custom"
    # Registration
    ONE_REGISTRATION = "one-registration"
    REQUIRED_ATTRIBUTES = "required-attributes"
    DOMAIN_WITH_PORT = "domain-with-port"
    PLAIN_WORD_ERRORS = "plain-word-errors"
    PENDING = "pending"
    GENEROUS_SCOPES = "generous-scopes"
    CUT_CUSTOM = "cut-custom"
    UPDATE_RESETS = "update-resets"
    # Deep linking
    LINKS_ONLY = "links-only"
    UNCHECKED_ANSWER = "unchecked-answer"
    WHOLE_MAXIMUM = "whole-maximum"
    ALL_ACTIVITIES = "all-activities"
    TITLE_LIMIT = "title-limit"
    COLUMN_NAMED_AFTER = "column-named-after"
    UNSEEN_MESSAGES = "unseen-messages"
    LATE_ROSTER = "late-roster"
    # Tokens and keys
    NO_LEEWAY = "no-leeway"
    LOOSE_ASSERTION = "loose-assertion"
    TEXT_TOKEN = "text-token"  # noqa: S105  # a name, no secret
    CUT_SCOPES = "cut-scopes"
    KEPT_KEYS = "kept-keys"
    KID_NEEDED = "kid-needed"
    # Grades
    TYPE_IN_QUERY = "type-in-query"
    EXACT_MEDIA_TYPES = "exact-media-types"
    EMPTY_LINEITEM = "empty-lineitem"
    CURLY_LINK = "curly-link"
    RESULTS_LIMIT = "results-limit"
    ANY_COURSE = "any-course"
    LONG_LABEL = "long-label"
    RESCALES = "rescales"
    FULLY_GRADED_ONLY = "fully-graded-only"
    EMPTY_ANSWER = "empty-answer"
    WHOLE_SECONDS = "whole-seconds"
    GRADABLE_ONLY = "gradable-only"
    LOCKED = "locked"
    OVERRIDDEN = "overridden"
    CLIPPED = "clipped"
    # The roster
    SHORT_ROLES = "short-roles"
    NEXT_DROPS_ROLE = "next-drops-role"
    ONLY_ACTIVE = "only-active"
    UNKNOWN_LINK = "unknown-link"


ALL = frozenset(Quirk)
PLAIN: frozenset[Quirk] = frozenset()
