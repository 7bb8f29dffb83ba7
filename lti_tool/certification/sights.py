"""What an officer saw of a case, as a digest that the form of approval gives back.

The holder may correct the name until somebody approves, and the rules decide anew as things
change. Nobody shall approve what they did not see.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from lti_tool.certification.models import Case
from lti_tool.i18n import gettext as _

Chosen = Sequence[UUID] | Mapping[UUID, str]
"""Cases; or of each what was seen of it."""


def sight_of(case: Case) -> str:
    """Give the digest of what makes a case this one: name, proof, language, decision and scheme."""
    proof = {key: told for key, told in case.particulars.items() if key != "names"}
    told = (case.name, case.language, case.decision, case.scheme_fingerprint, case.route, proof)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def changed(chosen: Chosen, case: Case) -> str:
    """Say that a case is not what was seen of it; empty where it is, or nothing is told of that."""
    if not isinstance(chosen, Mapping) or chosen.get(case.id) == sight_of(case):
        return ""
    return _("It changed since you looked at it, such as its name: look at it again, then approve.")
