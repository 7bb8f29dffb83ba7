"""Documents as sorted quads, refused where a word in them has no meaning.

A signature covers what JSON-LD understands of a document. A word that no context defines is left
out, so anybody could add one to a signed document. Here such a document is neither signed nor
accepted: it is read with a vocabulary and a base of our own for whatever has no meaning, and
refused where they show up. What is left is read the same with and without them.

Loading this takes a while and some memory, which only those pay who sign or check.

Source: RDF Dataset Canonicalization (W3C Recommendation, 2024).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pyld import jsonld
from pyld.canon import URDNA2015

from lti_tool.certification import contexts

UNDEFINED = "https://undefined.invalid/"
"""What begins with it has no meaning; the name can belong to nobody (RFC 6761, 6.4)."""
MOST_ALIKE, MOST_STEPS = 5, 500
"""How many nodes of a document may look the same; to order them takes the factorial of that."""
DEEPEST = 24
"""How many levels a document may have; ours have eight."""


MEANINGS = 512
"""How many are kept; ours have a dozen."""
_meanings: dict[tuple[int, int], tuple[Any, Any, Any]] = {}
"""Words around a type and words of the type -> those in force; the first two keep their ids."""


class UndefinedTermError(contexts.NotCoveredError):
    """A document says something that its contexts do not define."""


class UnreadableError(contexts.NotCoveredError):
    """A document is no JSON-LD, or made to keep us busy."""


def quads_of(document: Mapping[str, Any], loader: contexts.Loader = contexts.load) -> str:
    """Write a document as sorted quads.

    Raises:
        UndefinedTermError: a word, type or address in it has no meaning of its own.
        UnreadableError: it is no JSON-LD.
    """
    words = document.get("@context")
    if not isinstance(words, list) or not all(isinstance(each, str) for each in words):
        raise UndefinedTermError("contexts that are no list of addresses")
    for key in _keys({name: value for name, value in document.items() if name != "@context"}):
        if key.startswith("@"):
            raise UndefinedTermError(key)
    guarded = {**document, "@context": [{"@vocab": UNDEFINED}, *words]}
    written = _normalized(guarded, loader)
    if UNDEFINED in written:
        start = written.index(UNDEFINED)
        raise UndefinedTermError(written[start + len(UNDEFINED) : start + 80].split(">")[0])
    return written


def _normalized(document: Mapping[str, Any], loader: contexts.Loader) -> str:
    """Write a document as sorted quads, in bounded time."""
    options: Any = {"base": UNDEFINED, "documentLoader": loader}
    try:
        dataset = _Reader().to_rdf(document, options)  # type: ignore[no-untyped-call]  # untyped there
        made: str = _Sorted().main(dataset, {"format": "application/n-quads"})  # type: ignore[no-untyped-call]  # untyped there
    except jsonld.JsonLdError as error:
        raise UnreadableError(str(error)) from error
    return made


class _Reader(jsonld.JsonLdProcessor):
    """The library's reader, which keeps what the words of each type of node mean.

    The library works that out anew for every node, because it asks for it by a copy of the words
    around it; that is half of the time that a credential takes.
    """

    def _process_context(
        self, active_ctx: Any, local_ctx: Any, options: Any, *rest: Any, **more: Any
    ) -> Any:
        given: Any = super()._process_context
        if rest or more != {"propagate": False}:  # not the words of a type
            return given(active_ctx, local_ctx, options, *rest, **more)
        key = id(active_ctx), id(local_ctx)
        kept = _meanings.get(key)
        if kept is None:
            if len(_meanings) >= MEANINGS:
                _meanings.clear()
            kept = active_ctx, local_ctx, given(active_ctx, local_ctx, options, **more)
            _meanings[key] = kept
        return kept[2]


class _Sorted(URDNA2015):
    """The library's canonicalization, which gives up where a document was made to take years."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # untyped there
        self._steps = 0

    def create_hash_to_related(self, node: str, issuer: object) -> dict[str, list[str]]:
        """Give the nodes beside a node that nothing tells apart yet."""
        related = super().create_hash_to_related
        alike: dict[str, list[str]] = related(node, issuer)  # type: ignore[no-untyped-call]  # ditto
        self._steps += 1
        if self._steps > MOST_STEPS or any(len(each) > MOST_ALIKE for each in alike.values()):
            raise UnreadableError("too many nodes that nothing tells apart")
        return alike


def _keys(value: object, depth: int = 0) -> Iterator[str]:
    """Give every key of a document, at any depth."""
    if depth > DEEPEST:
        raise UndefinedTermError("nested too deep")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _keys(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner, depth + 1)
