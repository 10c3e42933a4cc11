"""Tell others how a scheduled run ended: a health check, and a webhook on change. Both optional."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aiohttp

from chains.errors import plain_text
from chains.transport.labels import label
from crawler.assess import ExitCode
from crawler.schedule import EntityRun

TIMEOUT_S = 10


def notify(
    runs: Sequence[EntityRun], code: ExitCode, *, health_url: str, webhook_url: str
) -> list[str]:
    """Send what is due and return one sentence for each message that did not get through.

    No sentence repeats more of a URL than its host: keys hide there, also in aiohttp's errors.

    The health check gets ``?exit_code=N`` in every run; the webhook gets a JSON document when an
    outcome changed. Neither changes the exit code of the run.
    """
    changed = [run for run in runs if run.changed]
    messages: list[tuple[str, dict[str, object] | None]] = []
    if health_url:
        messages.append((_with_code(health_url, code), None))
    if webhook_url and changed:
        document: dict[str, object] = {
            "exit_code": int(code),
            "changes": [
                {
                    "entity": run.entity,
                    "exit_code": int(run.exit_code),
                    "verdict": run.sentence,
                    "list_sha256": run.report.wallet_list.sha256 if run.report else None,
                }
                for run in changed
            ],
        }
        messages.append((webhook_url, document))
    return asyncio.run(_send(messages)) if messages else []


def _with_code(url: str, code: ExitCode) -> str:
    url = url.partition("#")[0]
    return f"{url}{'&' if '?' in url else '?'}exit_code={int(code)}"


async def _send(messages: Sequence[tuple[str, dict[str, object] | None]]) -> list[str]:
    failures: list[str] = []
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for url, document in messages:
            why = await _told(session, url, document)
            if why:
                failures.append(f"{label(url)} was not told: {plain_text(why)}")
    return failures


async def _told(session: aiohttp.ClientSession, url: str, document: object) -> str:
    """Return why a message did not get through, or nothing."""
    method = "GET" if document is None else "POST"
    try:
        async with session.request(method, url, json=document) as answer:
            return _refusal(answer, method)
    except TimeoutError:
        return f"no answer within {TIMEOUT_S} s"
    except aiohttp.ClientConnectorError as error:
        return f"cannot connect: {error.os_error.strerror or type(error.os_error).__name__}"
    except (aiohttp.ClientError, OSError) as error:
        return f"no usable HTTP answer ({type(error).__name__})"
    except ValueError:  # the resolver's, for a host with an empty label or one of 64 letters
        return "its URL, or the one it redirects to, cannot be asked"


def _refusal(answer: aiohttp.ClientResponse, method: str) -> str:
    if answer.status >= 300:  # noqa: PLR2004 (HTTP: what is neither done nor followed)
        return f"it answered {answer.status}"
    if answer.method != method:  # what HTTP makes of a POST that is sent elsewhere
        return "it sends elsewhere by a GET, where nothing of the message arrives"
    return ""
