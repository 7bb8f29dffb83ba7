"""A small learning platform to try a tool with; it speaks to tools over HTTP only.

It imports nothing of the tool. ``app.serve`` runs it on a thread for tests, `lti-tool practice run`
for people, `lti-tool practice attack` fires good and bad launches at any tool.

By default it behaves as Moodle 4.5 was measured to. Each quirk has a switch (``quirks.Quirk``);
``Options(quirks=ALL - {Quirk.PENDING})`` leaves one out, ``Options.plain()`` all of them: then it
does what the specifications say, and offers platform storage.

Launch
======================  =========================================================================
one-use-hint            the message hint is good once, in the session where the launch began
json-hint               the message hint holds quotes, braces and commas
repost                  a request without the platform's cookie is posted to itself once more
strict-auth             the scope must be exactly ``openid``; off: among others
exact-redirect          ``redirect_uri`` equals a registered one byte for byte
stripped-state          what looks like a tag is cut out of ``state``
minute-token            ``exp`` is ``iat`` + 60 s; off: an hour
no-storage              no ``lti_storage_target``, nobody answers ``lti.put_data``
bare-context-type       the context's type is the word ``CourseSection``
extra-claims            ``ext`` and basic outcome claims
sis-number              ``lis`` always, perhaps empty
admin-roles             institution and system administrator besides Instructor
assistant-teaches       a non-editing teacher is Instructor in the launch, Learner in the roster
private-names           name and e-mail only where the tool's settings share them
any-target              a deep link may name any host, and is launched all the same
type-container          frame or window is the tool's setting; hints of deep links are ignored
======================  =========================================================================

Custom parameters
======================  =========================================================================
both-cases              keys come as written and in lower case with underscores
text-values             values are text, ``True`` is ``1``, a line break cuts
literal-variables       an unknown ``$Variable`` comes as it is; off: not at all
type-custom-wins        where tool and activity name a key, the tool's wins
roster-in-custom        ``context_memberships_url``, unasked
======================  =========================================================================

Registration
======================  =========================================================================
one-registration        a second use of the token: 401 ``token_already_used``
required-attributes     400 ``missing required attribute X``; also no ``authorization_server``
domain-with-port        the domain equals the target's host with its port
plain-word-errors       errors are words as text/html, some a 404 page; off: JSON
pending                 nobody can use the tool before Activate
generous-scopes         the answer names all four scopes for grades where one is granted
cut-custom              values in the answer are cut at their second ``=``
update-resets           an update sets container and sharing to what the tool asks for
======================  =========================================================================

Deep linking
======================  =========================================================================
links-only              ``accept_types`` is ``ltiResourceLink`` alone, no ``data``
unchecked-answer        audience, nonce, deployment and data of the answer are not looked at
whole-maximum           a maximum not whole from 1 to 100 blocks one item; of several it makes a
                        column that takes no numbers
all-activities          html, link and file items become activities; off: left out
title-limit             a title over 255 characters is refused
column-named-after      the column has the activity's name, whatever its label
unseen-messages         ``msg`` and ``errormsg`` are shown to nobody
late-roster             no roster claim before the tool is used in the course
======================  =========================================================================

Tokens and keys
======================  =========================================================================
no-leeway               an assertion with ``iat`` ahead is refused; off: a minute is forgiven
loose-assertion         its audience, issuer, ``jti``, missing ``exp`` and replays are not checked
text-token              the answer is text/html, errors may be broken JSON
cut-scopes              scopes not allowed are dropped; none left: ``invalid_scope``
kept-keys               a tool's keys are kept until a signature fails, or a key has no ``alg``
kid-needed              a JWT that names no key is refused
======================  =========================================================================

Grades
======================  =========================================================================
type-in-query           addresses end in ``?type_id=``: paths are inserted before it
exact-media-types       anything but the one media type: 400
empty-lineitem          a column made over the service gives an empty ``lineitem``
curly-link              the ``Link`` header of columns has curly quotes and ``&amp;``
results-limit           ``results?limit=`` is 404
any-course              columns can be made in any course, with a maximum of 0 too
long-label              a label over 255 characters breaks the answer (500)
rescales                a new maximum moves the grades
fully-graded-only       a score that is not FullyGraded with points erases the grade
empty-answer            a score is answered by 200 without a body
whole-seconds           timestamps must rise by whole seconds, else 409 ``[]``; a future one blocks
gradable-only           400 ``[]`` for teachers; suspended learners are still taken
locked                  a locked grade is 500 for ever
overridden              an overridden grade stays, with 200
clipped                 points end at the maximum
======================  =========================================================================

The roster
======================  =========================================================================
short-roles             roles are words such as ``Learner``
next-drops-role         the next page forgets the filter by role
only-active             suspended people are not there; off: they are Inactive
unknown-link            an unknown ``rlid`` is 404
======================  =========================================================================

Always so, in no need of a switch: ids are small numbers as text; the issuer has no trailing slash;
several columns or none, and ``lineitem`` is absent; replacing a column unlinks what is left out;
columns are never deduplicated; a message or error in the return address is shown inside the frame;
a teacher who looks as a learner launches with their own ``sub``; the registration page closes when
the tool posts ``org.imsglobal.lti.close``; a copied activity keeps custom parameters and resource
id.

Left out: submission review (no tool here offers it); restoring a course on another site (one site
only); groups, completion and switching sections (no tool reads them); icons (nothing shows them);
same window and frame with blocks (they differ from window and frame in looks alone); cookies over
https (the platform speaks http).
"""
