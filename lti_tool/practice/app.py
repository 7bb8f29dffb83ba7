"""The platform as a web application, and as a server on a thread or for good."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, make_server

from lti_tool.practice import (
    course_routes,
    keeping,
    oidc_routes,
    registering,
    registration_routes,
    service_routes,
    teaching_routes,
)
from lti_tool.practice.claims import claims_of, target_of
from lti_tool.practice.model import COURSE, Activity, Column, Hint, Options, Tool
from lti_tool.practice.session import platform
from lti_tool.practice.signing import KeyPair
from lti_tool.practice.state import State

__all__ = ["Options", "Practice", "create_app", "run", "serve"]

FOREIGN = frozenset({"oidc.authorize", "teaching.take_answer", "registration.register"})
"""Where forms and calls of other sites are meant to arrive, besides the services."""
WORDS = {
    401: "Choose who you are first, then try again.",
    403: "The person you are at the moment may not see this page. Choose somebody else.",
    404: "There is no such page. Go back to the course.",
    422: "Something in the form is missing. Go back and fill in every field.",
}


def create_app(options: Options, *, state: State | None = None) -> Flask:
    """Give the application; its state is in ``app.extensions["practice"]``."""
    app = Flask("lti_tool.practice", static_folder="static", template_folder="templates")
    app.extensions["practice"] = state or State(options)
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    for module in (
        course_routes,
        teaching_routes,
        oidc_routes,
        service_routes,
        registration_routes,
    ):
        app.register_blueprint(module.bp)
    app.before_request(_refuse_forgery)
    app.after_request(_keep)
    app.register_error_handler(HTTPException, _explain)
    app.jinja_env.filters["number"] = lambda value: f"{value:g}"
    return app


def _refuse_forgery() -> ResponseReturnValue | None:
    origin = request.headers.get("Origin")
    if (
        request.method in {"GET", "HEAD"}
        or request.endpoint in FOREIGN
        or request.blueprint == "services"
        or origin in {None, platform().issuer}
    ):
        return None
    return Response("This form came from another site.", 403, content_type="text/plain")


def _keep(answer: Response) -> Response:
    state = platform()
    if state.options.keep_at and request.method not in {"GET", "HEAD"}:
        keeping.write(state, state.options.keep_at)
    return answer


def _explain(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    status = error.code or 500
    words = WORDS.get(status, "Something went wrong on the practice platform.")
    page = render_template("practice/message.html", title=error.name, words=words)
    return page, status


class Practice:
    """A platform that runs: where it is, what it knows, and what it signs."""

    def __init__(self, state: State, server: BaseWSGIServer) -> None:
        self.state = state
        """Everything it knows; hold ``state.lock`` while changing more than one thing."""
        self.server = server

    @property
    def url(self) -> str:
        """Give its address, such as ``http://localhost:8766``."""
        return self.state.issuer

    @property
    def issuer(self) -> str:
        """Give its issuer; the same as its address."""
        return self.state.issuer

    def add_tool(
        self, client_id: str, login_url: str, launch_url: str, keys_url: str, **more: Any
    ) -> Tool:
        """Register a tool without HTTP; active at once.

        Args:
            client_id: its client id.
            login_url: where a launch begins.
            launch_url: where it ends; the one redirect address, and the target by default.
            keys_url: where the tool publishes its keys.
            more: other fields of ``Tool``, such as ``name``, ``share_name``, ``custom``,
                ``deployment_id`` (its number unless given) or ``deep_linking_url``.
        """
        with self.state.lock:
            number = self.state.next_id()
            fields: dict[str, Any] = {
                "name": "Tool",
                "redirect_urls": (launch_url,),
                "deployment_id": str(number),
                "deep_linking_url": launch_url,
                **more,
            }
            tool = Tool(
                id=number,
                client_id=client_id,
                login_url=login_url,
                launch_url=launch_url,
                keys_url=keys_url,
                **fields,
            )
            self.state.tools[number] = tool
        return tool

    def add_activity(
        self, tool: Tool, title: str = "Activity", *, maximum: float | None = None, **more: Any
    ) -> Activity:
        """Put an activity of a tool into the course.

        Args:
            tool: whose.
            title: its name, and its column's.
            maximum: of its column; None: it has none.
            more: other fields of ``Activity`` (``custom``, ``url``, ``course_id`` ...), and
                ``resource_id`` and ``tag`` of the column.
        """
        resource_id, tag = more.pop("resource_id", ""), more.pop("tag", "")
        course_id = more.pop("course_id", COURSE)
        activity = Activity(self.state.next_id(), course_id, tool.id, title, **more)
        column = None
        if maximum is not None:
            column = Column(self.state.next_id(), course_id, tool.id, title, maximum)
            column.activity_id, column.resource_id, column.tag = activity.id, resource_id, tag
        return self.state.add_activity(activity, column)

    def hint(self, person: str, link: Activity | Tool, **more: Any) -> Hint:
        """Give what a launch of somebody is about.

        Args:
            person: user name, such as ``alice``.
            link: an activity; or a tool, for deep linking in the course.
            more: other fields of ``Hint``.
        """
        activity = link if isinstance(link, Activity) else None
        tool = self.state.tools[link.tool_id if isinstance(link, Activity) else link.id]
        return Hint(
            person_id=self.state.person(person).id,
            tool_id=tool.id,
            course_id=activity.course_id if activity else COURSE,
            activity_id=activity.id if activity else None,
            **{"session": "", "target_link_uri": target_of(self.state, tool, activity), **more},
        )

    def begin(self, person: str, link: Activity | Tool, **more: Any) -> dict[str, str]:
        """Begin a launch; give the fields that a browser posts to the tool's login address."""
        return self.state.begin_launch(self.hint(person, link, **more))

    def claims(
        self, person: str, link: Activity | Tool, *, nonce: str, **more: Any
    ) -> dict[str, Any]:
        """Give the claims of a launch, unsigned."""
        return claims_of(self.state, self.hint(person, link, **more), nonce=nonce)

    def sign(
        self, claims: Mapping[str, Any], *, key: KeyPair | None = None, **overrides: Any
    ) -> str:
        """Sign claims with the platform's key.

        Args:
            claims: what to sign; a value of None leaves the claim out.
            key: another key than the platform's present one.
            overrides: ``kid``: the header's key id instead of the key's own; None: none.
        """
        kept = {name: value for name, value in claims.items() if value is not None}
        return (key or self.state.key).sign(kept, **overrides)

    def rotate_key(self, *, publish_old: bool = True) -> KeyPair:
        """Sign with a new key from now on."""
        made = KeyPair.make()
        with self.state.lock:
            self.state.keys = [*(self.state.keys if publish_old else ()), made]
        return made

    def registration_page(self, link: str, *, updates: Tool | None = None) -> str:
        """Give the address that an administrator's browser opens to register a tool by a link."""
        updated = None if updates is None else updates.id
        token = registering.admit(self.state, updates=updated)
        return registering.page_url(self.issuer, link, token)


def _start(options: Options, state: State | None) -> Practice:
    held = state or State(options)
    app = create_app(options, state=held)
    server = make_server(options.host, options.port, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]  # of its threading half
    held.issuer = options.public_url or f"http://{options.public_host}:{server.server_port}"
    return Practice(held, server)


@contextmanager
def serve(options: Options | None = None, *, state: State | None = None) -> Iterator[Practice]:
    """Run a platform on a thread while the block lasts.

    Args:
        options: how it behaves; None: as Moodle does.
        state: what it knows already; a new one unless given. A state keeps its own options.
    """
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    practice = _start(options or Options(), state)
    thread = threading.Thread(
        target=practice.server.serve_forever, args=(0.02,), name="practice platform", daemon=True
    )
    thread.start()
    try:
        yield practice
    finally:
        practice.server.shutdown()
        thread.join()
        practice.server.server_close()


def run(options: Options, *, state: State | None = None) -> Iterator[str]:
    """Give the platform's address once it listens, then serve until the process is stopped.

    Raises:
        OSError: the port is taken.
    """
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    practice = _start(options, state)
    yield practice.url
    practice.server.serve_forever()
