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
    return f"{url}{'&' if '?' in url else '?'}exit_code={int(code)}"


async def _send(messages: Sequence[tuple[str, dict[str, object] | None]]) -> list[str]:
    failures: list[str] = []
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for url, document in messages:
            method = "GET" if document is None else "POST"
            try:
                async with session.request(method, url, json=document) as answer:
                    if answer.status >= 400:  # noqa: PLR2004 (HTTP: the client or server errors)
                        failures.append(f"{label(url)} answered {answer.status}")
            except (aiohttp.ClientError, TimeoutError) as error:
                failures.append(f"{label(url)} was not told: {plain_text(error)}")
    return failures
