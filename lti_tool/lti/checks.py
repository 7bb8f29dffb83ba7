"""The checks of a login and a launch, by the names that the launch doctor tells."""

from __future__ import annotations

from enum import StrEnum


class Check(StrEnum):
    """What a login or launch must fulfil; the name of the one that failed stands in its trace."""

    # The login
    LOGIN_REQUEST = "login-request"
    """Issuer, login hint and target are there, and the target is ours."""
    PLATFORM = "platform"
    """Issuer and client id are those of a platform that is registered and not withdrawn."""

    # The answer as a form
    PLATFORM_ERROR = "platform-error"
    """The platform sent an ``error`` instead of a token."""
    STATE = "state"
    """The state is one we gave out."""
    REPLAY = "replay"
    """The state was not used before."""
    LOGIN_EXPIRED = "login-expired"
    """The login is not older than allowed."""
    BROWSER = "browser"
    """The browser that brings the token began the login."""

    # The token
    FORMAT = "format"
    """Three parts, a JSON header and JSON claims."""
    ALGORITHM = "algorithm"
    """RS256 and nothing else."""
    KEY_SET = "key-set"
    """The platform's key set can be fetched and read."""
    KEY = "key"
    """The key set holds the key that the token names."""
    SIGNATURE = "signature"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    AUTHORIZED_PARTY = "authorized-party"
    """``azp`` is our client id where several audiences are named or ``azp`` is there."""
    EXPIRED = "expired"
    ISSUED_AT = "issued-at"
    """``iat`` is there and not ahead of our clock (30 s of leeway), nor older than the login."""
    NONCE = "nonce"
    VERSION = "version"
    MESSAGE_TYPE = "message-type"
    DEPLOYMENT = "deployment"
    """``deployment_id`` is there and not too long."""
    DEPLOYMENT_PENDING = "deployment-pending"
    DEPLOYMENT_REFUSED = "deployment-refused"
    TARGET = "target-link-uri"
    """The target is an address of ours, and the one the login named."""
    SUBJECT = "subject"
    """``sub`` is there (we do not take anonymous launches) and not longer than 255 characters."""
    ROLES = "roles"
    RESOURCE_LINK = "resource-link"
    DEEP_LINKING = "deep-linking"
    """The settings of a deep linking request hold a return address over https (or http where
    private addresses are allowed)."""
