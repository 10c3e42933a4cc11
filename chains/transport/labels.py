"""What may be shown of an endpoint's URL: scheme, host and port. Keys hide everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


HTTP_SCHEMES = ("http", "https")

HIDDEN = "[hidden]"
SHORTEST_SECRET = 6
"""Characters of a part of a URL that may be a key; shorter ones (`v3`, `eth`) stay readable."""


def label(url: str, schemes: Collection[str] = HTTP_SCHEMES) -> str:
    """Return ``scheme://host[:port]`` of `url`: no user, password, path, query or fragment.

    Raises ValueError when `url` is not a URL of one of `schemes` with a host; the text of the
    error does not repeat the URL.

    >>> label("https://user:secret@node.example:8545/v3/KEY?apikey=KEY#x")
    'https://node.example:8545'
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"an endpoint must be an {' or '.join(schemes)} URL with a host") from None
    if scheme not in schemes or not host or not host.isprintable():
        raise ValueError(f"an endpoint must be an {' or '.join(schemes)} URL with a host")
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port is None else f"{scheme}://{shown}:{port}"


def labels(urls: Sequence[str], schemes: Collection[str] = HTTP_SCHEMES) -> tuple[str, ...]:
    """Return one label for each URL, in order, all different: repeats are numbered from 2.

    >>> labels(["https://a.example/KEY1", "https://a.example/KEY2"])
    ('https://a.example', 'https://a.example (2)')
    """
    seen: dict[str, int] = {}
    named = []
    for url in urls:
        name = label(url, schemes)
        seen[name] = seen.get(name, 0) + 1
        named.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(named)


def independent(names: Sequence[str]) -> list[str]:
    """Return the first of `names`, which are labels, for each host.

    On loopback every port counts as a host of its own: there run one's own nodes.

    >>> independent(["https://a.example", "https://a.example (2)", "https://b.example:8545"])
    ['https://a.example', 'https://b.example:8545']
    """
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(host(name), name)
    return list(found.values())


def host(name: str) -> str:
    """Return what two dependent endpoints have in common, from a label.

    >>> host("https://a.example:8545 (2)"), host("http://127.0.0.1:8545")
    ('a.example', '127.0.0.1:8545')
    """
    parts = urlsplit(name.partition(" ")[0])
    named = parts.hostname or ""
    if named == "localhost" or named.startswith("127.") or named == "::1":
        return f"{named}:{parts.port}"
    return named


def secrets(url: str) -> tuple[str, ...]:
    """Return the parts of an endpoint's URL that may be keys, longest first.

    >>> secrets("https://user:hunter22@node.example/v3/0123456789?apikey=abcdefgh")
    ('0123456789', 'abcdefgh', 'hunter22')
    """
    parts = urlsplit(url)
    found = {parts.username or "", parts.password or "", *parts.path.split("/")}
    found |= {value for _, value in parse_qsl(parts.query)}
    found |= {unquote(text) for text in found}
    kept = (text for text in found if len(text) >= SHORTEST_SECRET)
    return tuple(sorted(kept, key=lambda text: (-len(text), text)))


def hidden(text: str, keys: Sequence[str]) -> str:
    """Return `text`, which a server may have written, without any of `keys`, longest first.

    A key that was cut off with the end of the text is hidden as well.

    >>> hidden("no project 0123456789 here, nor 01234567…", ["0123456789"])
    'no project [hidden] here, nor [hidden]…'
    """
    for key in keys:
        text = text.replace(key, HIDDEN)
        for length in range(len(key) - 1, SHORTEST_SECRET - 1, -1):
            if text.endswith(f"{key[:length]}…"):
                text = f"{text[: -length - 1]}{HIDDEN}…"
                break
    return text
