"""Whether somebody who gives a name knows a holder's: the second step of a check.

How a name is spelt shall not stand in the way: accents, capital letters, hyphens, apostrophes, the
order of its words, and ``ue`` for ``ü`` do not count. Of a person a part is enough, as long as it
is not guessed from the first letter, which strangers see: the family name opens, wherever it
stands; a frequent given name, a title or a particle alone does not. Of an organisation all words
are asked for, with or without the legal form.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import yaml

from lti_tool.certification.facts import Facts
from lti_tool.certification.searching import folded

NAMES = Path(__file__).parent / "assets" / "names.yaml"
LEAST_WHOLE = 2
"""Letters of a whole name."""
LEAST_PART = 3
"""Letters of a part of one."""
APOSTROPHES = str.maketrans(dict.fromkeys("\u02bc\u02b9\u2018\u2019\u00b4`", "'"))
WORD = re.compile(r"[^\W_]+")
TWO_FOR_ONE = re.compile(r"([aou])e|(a)a|(d)j")
"""Ways to write ä, ö, ü, å and đ without them."""
DOTTED = re.compile(r"\b(?:[^\W_][./] ?){1,3}[^\W_]\b\.?")
"""Such as ``s.r.o.``, ``S.p.A.`` and ``A/S``."""


def knows(facts: Facts, given: str) -> bool:
    """Say whether somebody who gives this name knows the holder's."""
    if facts.holder_is_organisation:
        return _is_body(facts.holder_name, given)
    own, told = _words(facts.holder_name), _words(given)
    if not own or not told:
        return False
    if _is_whole(own, told):
        return True
    apart = [part for word in told for part in _run(own, word) or [word]]
    kept = [word for word in dict.fromkeys(apart) if word in own or word not in _common("beside")]
    if set(kept) <= set(own) and _tells(kept, own):
        return True
    return _tells(_run(own, "".join(told)), own)


def _is_whole(own: list[str], told: list[str]) -> bool:
    letters = "".join(told)
    is_same = letters == "".join(own) or sorted(told) == sorted(own)
    return is_same and len(letters) >= LEAST_WHOLE


def _tells(words: list[str], name: list[str]) -> bool:
    """Say whether words tell the bearer of a name from others with the same first letters."""
    beside = _common("beside")
    usual = beside | _common("given")
    if not _bare(name, usual):  # "Thomas Martin": one of them is the family's, mostly the last
        usual -= {([word for word in name if word not in beside] or name)[-1]}
    return any(len(word) > 1 for word in words) and len(_bare(words, usual)) >= LEAST_PART


def _bare(words: list[str], usual: frozenset[str]) -> str:
    return "".join(word for word in words if word not in usual)


def _run(words: list[str], letters: str) -> list[str]:
    """Find words of a name that become these letters when written together; none: empty."""
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            if "".join(words[start:end]) == letters:
                return words[start:end]
    return []


def _is_body(name: str, given: str) -> bool:
    """Compare names of organisations."""
    usual = _common("forms") | _common("between")
    own, told = (
        [word for word in _words(_undotted(text)) if word not in usual] for text in (name, given)
    )
    return _is_whole(_words(name), _words(given)) or (bool(own) and _is_whole(own, told))


def _words(text: str) -> list[str]:
    return [TWO_FOR_ONE.sub(_one, word) for word in WORD.findall(_plain(text))]


def _plain(text: str) -> str:
    return folded(text.translate(APOSTROPHES))


def _one(found: re.Match[str]) -> str:
    return next(letter for letter in found.groups() if letter)


def _undotted(text: str) -> str:
    return DOTTED.sub(lambda found: re.sub(r"[./ ]", "", found[0]), _plain(text))


@functools.cache
def _common(kind: str) -> frozenset[str]:
    """Give the words of one kind that tell nobody apart."""
    return frozenset(_words(yaml.safe_load(NAMES.read_text(encoding="utf-8"))[kind]))
