"""The claims of a launch, as the platform signs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lti_tool.practice.model import Activity, Course, CourseRole, Hint, Person, Tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.state import State

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
BASIC_OUTCOME = "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION_ADMIN = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
SYSTEM_ADMIN = "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"
ASSISTANT = f"{MEMBERSHIP}/Instructor#TeachingAssistant"
COURSE_TYPE = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"

SCOPE_LINEITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_LINEITEM_READ = f"{SCOPE_LINEITEM}.readonly"
SCOPE_RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCOPE_SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCOPE_ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
AGS_SCOPES = (SCOPE_LINEITEM, SCOPE_LINEITEM_READ, SCOPE_RESULT, SCOPE_SCORE)


def scopes_of(tool: Tool) -> list[str]:
    """Give the scopes that the administrator's settings allow."""
    granted = [SCOPE_LINEITEM] if tool.manage_columns else []
    if tool.use_columns:
        granted += [SCOPE_LINEITEM_READ, SCOPE_RESULT, SCOPE_SCORE]
    return granted + ([SCOPE_ROSTER] if tool.use_roster else [])


def claims_of(state: State, hint: Hint, *, nonce: str) -> dict[str, Any]:
    """Give everything that the id token of a launch says."""
    now = int(state.now())
    tool, person = state.tools[hint.tool_id], state.people[hint.person_id]
    course = state.courses[hint.course_id]
    claims: dict[str, Any] = {
        "iss": state.issuer,
        "aud": tool.client_id,
        "sub": str(person.id),
        "iat": now,
        "exp": now + (60 if state.has(Quirk.MINUTE_TOKEN) else 3600),
        "nonce": nonce,
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": tool.deployment_id,
        f"{LTI}target_link_uri": hint.target_link_uri,
        f"{LTI}roles": launch_roles(state, person, course, as_learner=hint.as_learner),
        f"{LTI}context": _context(state, course),
        f"{LTI}tool_platform": {
            "guid": "practice.localhost",
            "name": "Practice platform",
            "description": "A small platform to try tools with",
            "product_family_code": state.options.product,
            "version": "2024100706",
        },
    }
    claims |= names_of(state, tool, person)
    claims |= _presentation(state, hint, tool)
    claims |= _services(state, tool, course, hint.activity_id)
    if hint.activity_id is None:
        claims |= _deep_linking(state, tool, course)
        custom = dict(tool.custom)
    else:
        activity = state.activities[hint.activity_id]
        claims |= _resource_link(activity)
        custom = merged_custom(state, tool, activity)
    replaced = _replaced(state, custom, hint)
    if state.has(Quirk.ROSTER_IN_CUSTOM):
        replaced["context_memberships_url"] = roster_url(state, tool, course)
    if replaced:
        claims[f"{LTI}custom"] = replaced
    if state.has(Quirk.SIS_NUMBER):
        claims[f"{LTI}lis"] = {
            "person_sourcedid": person.sis_number,
            "course_section_sourcedid": "",
        }
    if state.has(Quirk.EXTRA_CLAIMS):
        claims |= _extra(state, tool, person, hint.activity_id)
    return claims


def launch_roles(
    state: State, person: Person, course: Course, *, as_learner: bool = False
) -> list[str]:
    """Give the role URIs of a launch."""
    if as_learner:
        return [f"{MEMBERSHIP}#Learner"]
    role = course.roles.get(person.id)
    roles = [f"{MEMBERSHIP}#Learner"]
    if role is CourseRole.TEACHER or person.is_site_admin:
        roles = [f"{MEMBERSHIP}#Instructor"]
    elif role is CourseRole.ASSISTANT:
        roles = [f"{MEMBERSHIP}#Instructor"]
        if not state.has(Quirk.ASSISTANT_TEACHES):
            roles.append(ASSISTANT)
    if person.is_site_admin:
        roles.append(INSTITUTION_ADMIN)
        if state.has(Quirk.ADMIN_ROLES):
            roles.append(SYSTEM_ADMIN)
    return roles


def names_of(state: State, tool: Tool, person: Person) -> dict[str, str]:
    """Give what the tool may know of a person's name and address, in a launch and the roster."""
    private = state.has(Quirk.PRIVATE_NAMES)
    told: dict[str, str] = {}
    if tool.share_name or not private:
        told |= {"name": person.name, "given_name": person.given, "family_name": person.family}
    if tool.share_email or not private:
        told["email"] = person.email
    return told


def merged_custom(state: State, tool: Tool, activity: Activity) -> dict[str, Any]:
    """Give the tool's and the activity's custom parameters; who wins is a quirk."""
    if state.has(Quirk.TYPE_CUSTOM_WINS):
        return {**activity.custom, **tool.custom}
    return {**tool.custom, **activity.custom}


def columns_url(state: State, tool: Tool, course: Course, path: str = "") -> str:
    """Give an address of the grade service; a path grows before the query."""
    query = f"?type_id={tool.id}" if state.has(Quirk.TYPE_IN_QUERY) else ""
    return f"{state.issuer}/services.php/{course.id}/lineitems{path}{query}"


def roster_url(state: State, tool: Tool, course: Course) -> str:
    """Give the address of the roster service."""
    return f"{state.issuer}/services.php/CourseSection/{course.id}/bindings/{tool.id}/memberships"


def target_of(state: State, tool: Tool, activity: Activity | None) -> str:
    """Give the address a launch asks for.

    A deep link may have named any host; Moodle sends it all the same.
    """
    if activity is None:
        return tool.deep_linking_url or tool.launch_url
    url = activity.url or tool.launch_url
    foreign = urlsplit(url).netloc != urlsplit(tool.launch_url).netloc
    return tool.launch_url if foreign and not state.has(Quirk.ANY_TARGET) else url


def _context(state: State, course: Course) -> dict[str, Any]:
    kind = "CourseSection" if state.has(Quirk.BARE_CONTEXT_TYPE) else COURSE_TYPE
    return {
        "id": str(course.id),
        "label": course.short_name,
        "title": course.title,
        "type": [kind],
    }


def _resource_link(activity: Activity) -> dict[str, Any]:
    return {
        f"{LTI}message_type": "LtiResourceLinkRequest",
        f"{LTI}resource_link": {
            "id": str(activity.id),
            "title": activity.title,
            "description": activity.text,
        },
    }


def _deep_linking(state: State, tool: Tool, course: Course) -> dict[str, Any]:
    back = f"{state.issuer}/contentitem_return?course={course.id}&id={tool.id}"
    settings: dict[str, Any] = {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["frame", "iframe", "window"],
        "accept_multiple": True,
        "accept_copy_advice": False,
        "auto_create": False,
        "can_confirm": False,
        "deep_link_return_url": back,
        "title": "",
        "text": "",
    }
    if not state.has(Quirk.LINKS_ONLY):
        settings["accept_types"] += ["link", "html"]
        settings["accept_lineitem"] = True
        settings["data"] = f"{course.id}.{tool.id}"
    return {f"{LTI}message_type": "LtiDeepLinkingRequest", DEEP_LINKING: settings}


def _presentation(state: State, hint: Hint, tool: Tool) -> dict[str, Any]:
    activity = state.activities.get(hint.activity_id or 0)
    window = opens_window(state, tool, activity)
    return {
        f"{LTI}launch_presentation": {
            "locale": "en",
            "document_target": "window" if window else "iframe",
            "return_url": f"{state.issuer}/return?course={hint.course_id}",
        }
    }


def opens_window(state: State, tool: Tool, activity: Activity | None) -> bool:
    """Say whether a launch opens a window; hints of deep links are a matter of a quirk."""
    if state.has(Quirk.TYPE_CONTAINER) or activity is None:
        return tool.in_new_window
    return tool.in_new_window or activity.in_new_window


def _services(state: State, tool: Tool, course: Course, activity_id: int | None) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    scopes = [scope for scope in scopes_of(tool) if scope != SCOPE_ROSTER]
    if scopes:
        endpoint = {"scope": scopes, "lineitems": columns_url(state, tool, course)}
        columns = state.columns_of(activity_id) if activity_id is not None else []
        if len(columns) == 1:
            only = columns[0]
            if only.by_tool and state.has(Quirk.EMPTY_LINEITEM):
                endpoint["lineitem"] = ""
            else:
                endpoint["lineitem"] = columns_url(state, tool, course, f"/{only.id}/lineitem")
        claims[AGS] = endpoint
    if tool.use_roster and (state.is_used(tool, course.id) or not state.has(Quirk.LATE_ROSTER)):
        claims[NRPS] = {
            "context_memberships_url": roster_url(state, tool, course),
            "service_versions": ["1.0", "2.0"],
        }
    return claims


def _extra(state: State, tool: Tool, person: Person, activity_id: int | None) -> dict[str, Any]:
    ext = {"lms": "moodle-2"}
    if tool.share_name:
        ext["user_username"] = person.username
    claims: dict[str, Any] = {f"{LTI}ext": ext}
    if activity_id is not None and state.columns_of(activity_id):
        claims[BASIC_OUTCOME] = {
            "lis_result_sourcedid": f'{{"data":{{"instanceid":"{activity_id}"}}}}',
            "lis_outcome_service_url": f"{state.issuer}/service.php",
        }
    return claims


def _replaced(state: State, custom: Mapping[str, Any], hint: Hint) -> dict[str, Any]:
    person, course = state.people[hint.person_id], state.courses[hint.course_id]
    known = {
        "$User.id": str(person.id),
        "$User.username": person.username,
        "$Person.sourcedId": person.sis_number,
        "$Person.address.timezone": "Europe/Vienna",
        "$Moodle.Person.userGroupIds": "",
        "$Context.id": str(course.id),
        "$Context.id.history": "",
        "$Context.title": course.title,
        "$ResourceLink.id": str(hint.activity_id or ""),
    }
    made: dict[str, Any] = {}
    for key, value in custom.items():
        told = _as_text(value) if state.has(Quirk.TEXT_VALUES) else value
        if isinstance(told, str) and told.startswith("$"):
            if told in known:
                told = known[told]
            elif not state.has(Quirk.LITERAL_VARIABLES):
                continue
        made[key] = told
        if state.has(Quirk.BOTH_CASES):
            made[key.lower().replace(" ", "_")] = told
    return made


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value).split("\n", 1)[0]
