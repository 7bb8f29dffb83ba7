"""What each refused check means and what helps, in words for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lti_tool.i18n import gettext as _
from lti_tool.lti.checks import Check


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a launch ended as it did, and what to do about it."""

    cause: str
    remedy: str


ACCEPTED = Explanation(
    _("The launch was accepted: every check passed."),
    _(
        "Nothing to do. If the page that followed was not the right one, look at what the link in "
        "the platform is bound to."
    ),
)

REMEDIES: Mapping[str, Explanation] = {
    Check.LOGIN_REQUEST: Explanation(
        _(
            "The first step came without what it needs (issuer, login hint, target), or its target "
            "is not an address of this tool."
        ),
        _(
            "Open the tool from a course, not by its address. In the platform, check that tool "
            "address, login address and the link's own address all begin with this tool's address."
        ),
    ),
    Check.PLATFORM: Explanation(
        _("No platform of this issuer and client id is registered here, or it was withdrawn."),
        _(
            "Compare issuer and client id with the list of platforms. Register the platform, "
            "correct the client id, or restore a platform that was withdrawn."
        ),
    ),
    Check.PLATFORM_ERROR: Explanation(
        _("The platform answered with an error instead of a signed message."),
        _(
            "Try again from the course: the platform's own session may have ended. If it stays so, "
            "check in the platform that the redirect address is exactly this tool's launch address "
            "and that the tool is active."
        ),
    ),
    Check.STATE: Explanation(
        _("The message belongs to no login that was begun here."),
        _(
            "Open the tool again from the course. If it stays so, the platform sends messages "
            "without the first step, or drops the state: look at its login address."
        ),
    ),
    Check.REPLAY: Explanation(
        _("The same message came a second time: a page was reloaded, or somebody copied it."),
        _(
            "Open the tool again from the course. If nobody reloaded a page, have the platform's "
            "people look at who can read its traffic."
        ),
    ),
    Check.LOGIN_EXPIRED: Explanation(
        _("Too much time passed between the first step and the signed message."),
        _(
            "Open the tool again from the course. Where people must sign in to the platform in "
            "between, raise LTI_TOOL_LOGIN_MINUTES."
        ),
    ),
    Check.BROWSER: Explanation(
        _(
            "The browser that brought the message is not the one that began, or it keeps neither "
            "cookies nor storage for a tool in a frame."
        ),
        _(
            "Open the tool again from the course in one window. If it stays so, let the platform "
            "open the tool in a new window, or allow its cookies in the browser."
        ),
    ),
    Check.FORMAT: Explanation(
        _("What came is not a signed message (three parts, JSON within)."),
        _("If it stays so, something between platform and tool changes forms: look at the proxy."),
    ),
    Check.ALGORITHM: Explanation(
        _("The message is not signed by RS256, the only way that the standard lets us take."),
        _("Set the platform to sign by RS256. An unsigned message is a forgery."),
    ),
    Check.KEY_SET: Explanation(
        _("The platform's key set could not be fetched or read."),
        _(
            "Open the platform's key set address from the tool's machine. It must answer with JSON "
            "within ten seconds, over https with a valid certificate."
        ),
    ),
    Check.KEY: Explanation(
        _("The platform's key set does not hold the key that the message names."),
        _(
            "If the platform has changed its keys just now, try again in a minute. Otherwise "
            "compare the key set address here with the one that the platform shows."
        ),
    ),
    Check.SIGNATURE: Explanation(
        _("The signature does not fit: the message was changed, or signed by another key."),
        _(
            "Compare the key set address here with the platform's. If it is right, somebody "
            "tampered with the message."
        ),
    ),
    Check.ISSUER: Explanation(
        _("The message names another issuer than the login."),
        _("Compare the issuer here with the platform's, letter by letter, a last slash with it."),
    ),
    Check.AUDIENCE: Explanation(
        _("The message is not meant for this tool: its audience is another client id."),
        _("Compare the client id here with the one that the platform shows for this tool."),
    ),
    Check.AUTHORIZED_PARTY: Explanation(
        _("The message names several audiences, and the one it was made for is not this tool."),
        _("Compare the client id here with the one that the platform shows for this tool."),
    ),
    Check.EXPIRED: Explanation(
        _("The message was no longer good when it came, or does not say how long it is."),
        _(
            "If the clocks differ (see below), set both machines by a time server. Otherwise open "
            "the tool again from the course."
        ),
    ),
    Check.ISSUED_AT: Explanation(
        _("The message says it was made in the future, before the login, or not when."),
        _("Set the clocks of both machines by a time server; 30 seconds apart are allowed."),
    ),
    Check.NONCE: Explanation(
        _("The message does not carry the secret of its login: it answers another one."),
        _(
            "Open the tool again from the course. If it stays so, the platform does not hand the "
            "nonce back, or an old message is being used again."
        ),
    ),
    Check.VERSION: Explanation(
        _("The message is not of LTI 1.3.0."),
        _("Set the tool up as LTI 1.3 in the platform, not as 1.1."),
    ),
    Check.MESSAGE_TYPE: Explanation(
        _("The message is of a kind that this tool does not answer."),
        _(
            "Use it as a link in a course or to select content; switch other placements off in the "
            "platform."
        ),
    ),
    Check.DEPLOYMENT: Explanation(
        _("The message names no deployment, or one whose id is too long."),
        _("The platform must send a deployment id of at most 255 characters."),
    ),
    Check.DEPLOYMENT_PENDING: Explanation(
        _("The deployment was not seen before and waits for an administrator of this tool."),
        _("If you know it, approve it on the platform's page of the desk."),
    ),
    Check.DEPLOYMENT_REFUSED: Explanation(
        _("An administrator of this tool refused this deployment."),
        _("If that was a mistake, approve it on the platform's page of the desk."),
    ),
    Check.TARGET: Explanation(
        _("The message leads to another address than the login, or to one that is not ours."),
        _(
            "In the platform, set the link's address to this tool's launch address. After a move "
            "of the tool, links made before it need the new address."
        ),
    ),
    Check.SUBJECT: Explanation(
        _("The message does not say whose it is: it is anonymous, or the id is too long."),
        _("People must be signed in to the platform; guests cannot be graded and are not let in."),
    ),
    Check.ROLES: Explanation(
        _("The message has no list of roles."),
        _("The platform must send the claim with the roles, even when it is empty."),
    ),
    Check.RESOURCE_LINK: Explanation(
        _("The message names no link in the platform, or one whose id is too long."),
        _("Remove the activity from the course and add it again."),
    ),
    Check.DEEP_LINKING: Explanation(
        _("The platform asked for content without a safe address to give it back to."),
        _("The platform must send a return address that begins with https."),
    ),
}
