"""Plays the demo: starts the nodes, has the list verified, holds the report against the truth.

Nothing stays running, whatever happens, and nothing is written outside `out`.
"""

from __future__ import annotations

import os
import signal
import socket
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from crawler.demo.chain import Anvil, find_anvil
from crawler.demo.check import Stage, describe, misjudged, misread, read_findings
from crawler.demo.scene import BLOCK_SECONDS, BLOCKS_BEFORE, load_scene, load_token, set_up
from crawler.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from importlib.resources.abc import Traversable
    from types import FrameType

    from crawler.demo.check import Finding
    from crawler.demo.scene import Case, Chain

AGREES = 0
DISAGREES = 4
"""The report is not what was planted: Assay itself is wrong, an internal error."""

SHOWN_PROBLEMS = 20


class Verify(Protocol):
    """The main job, as `assay verify LIST --endpoint ... --out DIR` runs it."""

    def __call__(self, wallet_list: Path, *, endpoints: Sequence[str], out: Path) -> int:
        """Write report.json and findings.jsonl into `out` and return the exit code.

        `endpoints` are texts of the form ``NETWORK=URL``, one for every network of the list.
        """
        ...


def play(
    verify: Verify,
    *,
    data: Traversable,
    out: Path,
    say: Callable[[str], None],
    wait: Callable[[], object] | None = None,
) -> int:
    """Play the demo and return 0 when the report says of every planted row what it must.

    `data` is the folder config/demo; `say` shows one line to the user; `wait`, if given, is
    called while the nodes still run. Returns 4 when the report disagrees with what was planted
    or with the nodes. Raises CrawlerError when there is no anvil, a node fails, or `out` cannot
    be written.
    """
    scene, token = load_scene(data), load_token(data)
    binary = find_anvil(os.environ)
    wallet_list = _lay_out(data.joinpath(scene.list_name), out)
    with ExitStack() as stack:
        stack.enter_context(_termination_interrupts())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-demo-")))
        stages: dict[str, Stage] = {}
        for chain in scene.chains:
            node = _node(binary, folder, chain)
            stack.callback(node.stop)  # before it starts: an interrupt may come at any moment
            node.start()
            stages[chain.network] = Stage(chain, node, set_up(node, chain, token))
            say(
                f"{chain.network}: anvil with chain id {chain.chain_id}, "
                f"{len(chain.holdings)} holdings at block {chain.height}"
            )
        nowhere = stack.enter_context(_closed_port())
        say(f"{', '.join(scene.unreachable)}: a port where nothing listens")
        endpoints = [f"{network}={stage.node.url}" for network, stage in stages.items()]
        endpoints += [f"{network}={nowhere}" for network in scene.unreachable]

        code = verify(wallet_list, endpoints=endpoints, out=out)
        findings = read_findings(out / "findings.jsonl")
        problems = [*misjudged(scene, findings), *misread(stages, token, findings)]

        for line in _account(scene.cases, findings, problems):
            say(line)
        say(f"verify ended with exit code {code}. The report: {out / 'report.html'}")
        if wait is not None:
            flags = " ".join(f"--endpoint {endpoint}" for endpoint in endpoints)
            say("The nodes run until you press Ctrl-C. Try:")
            say(f"assay verify {wallet_list} {flags}")
            with suppress(KeyboardInterrupt):
                wait()
    return DISAGREES if problems else AGREES


def _account(
    cases: Sequence[Case], findings: Mapping[int, Finding], problems: Sequence[str]
) -> Iterator[str]:
    """Yield the lines that tell the user what was planted, what was found, and what is wrong."""
    yield ""
    yield "Planted in the list, and found:"
    for case in cases:
        yield f"  {case.name}: {case.says}"
        for row in case.rows:
            if row in findings:
                yield f"    line {row} {describe(findings[row])}"
    yield ""
    for problem in problems[:SHOWN_PROBLEMS]:
        yield f"WRONG: {problem}"
    if len(problems) > SHOWN_PROBLEMS:
        yield f"WRONG: and {len(problems) - SHOWN_PROBLEMS} more."
    if not problems:
        figures = sum(finding["observed"] is not None for finding in findings.values())
        yield (
            f"All {figures} observed figures equal the nodes' own eth_getBalance and balanceOf "
            "at the snapshot blocks."
        )


def _node(binary: Path, folder: Path, chain: Chain) -> Anvil:
    return Anvil(
        binary,
        folder,
        chain_id=chain.chain_id,
        height=chain.height - BLOCKS_BEFORE,
        timestamp=chain.timestamp - BLOCKS_BEFORE * BLOCK_SECONDS,
    )


def _lay_out(bundled: Traversable, out: Path) -> Path:
    """Copy the sample list to where its report will be, for the user to look at."""
    wallet_list = out / bundled.name
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "findings.jsonl").unlink(missing_ok=True)  # never judge an earlier run's report
        wallet_list.write_bytes(bundled.read_bytes())
    except OSError as error:
        raise OutputError(f"The demo cannot write to {out}: {error.strerror}.") from error
    return wallet_list


@contextmanager
def _closed_port() -> Iterator[str]:
    """Give the URL of a port that refuses connections for as long as this lasts."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can get it
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@contextmanager
def _termination_interrupts() -> Iterator[None]:
    """Make a termination signal raise like Ctrl-C does, so that the nodes are stopped."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
