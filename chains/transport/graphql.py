"""One GraphQL URL over HTTP: a query with variables, and the data or the server's refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chains.errors import MalformedAnswer, ProviderError, plain_text
from chains.transport.rest import RestEndpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.transport.provider import Surroundings
    from chains.transport.settings import TransportSettings

_SAID_WITH = (400, 422)
"""Statuses, besides 200, with which servers send a refusal that names its reason."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first error that a server gave for a query, cleaned."""

    code: str
    """``extensions.code``; empty when there is none."""
    message: str


Classify = Callable[[Refusal], ProviderError]
"""Turns a server's refusal into one of `chains.errors`; each family brings its own."""


class GraphQlEndpoint(RestEndpoint):
    """One URL. `label` is all that is ever shown of it."""

    def __init__(
        self,
        url: str,
        label: str,
        settings: TransportSettings,
        classify: Classify,
        surroundings: Surroundings,
    ) -> None:
        """Prepare; nothing is opened or sent before `open`."""
        super().__init__(url, label, settings, surroundings)
        self._classify = classify

    async def query(
        self, text: str, variables: Mapping[str, object], *, journal: list[str]
    ) -> Mapping[str, object]:
        """Return the ``data`` of the answer to `text`, of which nothing is missing.

        Raises ProviderError. Data beside an error is partial and is not returned.
        """
        answer = await self.ask(
            "",
            body={"query": text, "variables": variables},
            statuses=_SAID_WITH,
            journal=journal,
            check=self._check,
        )
        data = answer.value.get("data") if isinstance(answer.value, dict) else None
        if not isinstance(data, dict):
            raise MalformedAnswer("the answer carries no data", source=self.label)
        return data

    def _check(self, value: object) -> None:
        """Raise what a refusal means."""
        if isinstance(value, dict) and (errors := value.get("errors")):
            raise self._classify(_refusal(errors))


def _refusal(errors: object) -> Refusal:
    """Return the first error, whatever servers write there."""
    first = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(first, dict):
        return Refusal("", plain_text(first))
    extensions = first.get("extensions")
    code = extensions.get("code", "") if isinstance(extensions, dict) else ""
    return Refusal(plain_text(code), plain_text(first.get("message", "")))
