"""Real EVM nodes on loopback: find the anvil binary, start it, talk to it, and leave no trace.

A chain is a process of its own, and everything it writes goes into a folder that the caller
gives. The node listens on a port that the system chose, on 127.0.0.1 only.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Self

from chains.errors import plain_text
from crawler.errors import CrawlerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType, TracebackType

BINARY_VARIABLE = "ASSAY_ANVIL"
NODE_PACKAGES = Path(__file__).resolve().parents[2] / "tests" / "nodes" / "node_modules"
"""Where a checkout keeps its test nodes; an installed package has none."""

START_SECONDS = 20.0
ANSWER_SECONDS = 60.0
STOP_SECONDS = 5.0
STATES_IN_MEMORY = 2_000
"""More blocks than any demo makes: states beyond this number would be forgotten."""

INTERRUPTS = (signal.SIGINT, signal.SIGTERM)

_LISTENING = re.compile(rb"Listening on 127\.0\.0\.1:(\d+)")


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Let Ctrl-C and termination act only at the end of the block.

    Between the birth of a process and the moment we hold its id nobody could end it.
    """
    came: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, remember) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt


class NodeError(CrawlerError):
    """A local node is missing, did not start, or did not answer as it must."""


def find_anvil(environment: Mapping[str, str], packages: Path = NODE_PACKAGES) -> Path:
    """Return the anvil binary: $ASSAY_ANVIL, then the checkout's test nodes, then PATH.

    Raises NodeError when there is none, or when $ASSAY_ANVIL names something else.
    """
    named = environment.get(BINARY_VARIABLE)
    if named:
        if not os.access(named, os.X_OK) or Path(named).is_dir():
            raise NodeError(f"{BINARY_VARIABLE} names {named}, which is not a program.")
        return Path(named)
    for found in sorted(packages.glob("@foundry-rs/anvil-*/bin/anvil")):
        if os.access(found, os.X_OK):
            return found
    on_path = shutil.which("anvil", path=environment.get("PATH", ""))
    if on_path is not None:
        return Path(on_path)
    raise NodeError(
        "The demo needs the test node anvil, and there is none.",
        hint="In a checkout run `make demo`, which fetches it; or install Foundry's anvil and put "
        f"it on PATH or name it in {BINARY_VARIABLE}.",
    )


class Anvil:
    """One node. `start` and `stop` it, or use it as a context manager."""

    def __init__(
        self, binary: Path, folder: Path, *, chain_id: int, height: int, timestamp: int
    ) -> None:
        """Describe a chain whose first block is `height`, made at `timestamp`.

        `folder` must exist; it receives the log, and stands in for the home directory.
        """
        self._folder = folder
        self._log = folder / f"anvil-{chain_id}.log"
        self._command = [
            str(binary),
            "--host=127.0.0.1",
            "--port=0",
            f"--chain-id={chain_id}",
            f"--number={height}",
            f"--timestamp={timestamp}",
            "--no-mining",
            "--balance=1000000000",
            "--block-base-fee-per-gas=0",
            # by default old states go to the home directory and are never removed
            f"--prune-history={STATES_IN_MEMORY}",
            f"--cache-path={folder}",
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where the started node answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int | None:
        """The process behind the node, also after it has ended; None before `start`."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process and wait until it listens. Raises NodeError.

        Blocks are only made by `mine`. Whatever happens here, `stop` cleans up after it.
        """
        with self._log.open("wb") as log, _interrupts_wait():
            try:
                self._process = subprocess.Popen(  # noqa: S603 (a program of the user's own choice)
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self._folder,
                    env={"HOME": str(self._folder), "PATH": os.environ.get("PATH", "")},
                    # a Ctrl-C goes to us alone; we stop the node ourselves, in order
                    start_new_session=True,
                )
            except OSError as error:
                raise NodeError(f"{self._command[0]} cannot be run: {error.strerror}.") from error
        self.port = self._wait_for_port(self._process)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process and wait until it is gone. Stopping twice, or too early, is harmless."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, method: str, *parameters: object) -> object:
        """Return the node's answer to one call. Raises NodeError."""
        return self.ask_all([(method, parameters)])[0]

    def ask_all(self, calls: Sequence[tuple[str, Sequence[object]]]) -> list[object]:
        """Return the answers of one batch, in the order asked. Raises NodeError if any fails."""
        if not calls:  # JSON-RPC has no empty batch
            return []
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(parameters)}
            for number, (method, parameters) in enumerate(calls)
        ]
        answers = {answer.get("id"): answer for answer in self._post(body)}
        results: list[object] = []
        for number, (method, _) in enumerate(calls):
            answer = answers.get(number)
            if answer is None or "result" not in answer:
                raise NodeError(f"The local node did not carry out {method}: {plain_text(answer)}")
            results.append(answer["result"])
        return results

    def ask_number(self, method: str, *parameters: object) -> int:
        """Return an answer that is a number in hex. Raises NodeError."""
        answer = self.ask(method, *parameters)
        if not isinstance(answer, str) or not answer.startswith("0x") or answer == "0x":
            raise NodeError(f"The local node answered {method} with no number: {answer!r}")
        return int(answer, 16)

    def mine(self, timestamp: int, *, blocks: int = 1, interval: int = 12) -> int:
        """Make `blocks` blocks, the first one at `timestamp`; return the height reached."""
        self.ask("evm_setNextBlockTimestamp", timestamp)
        self.ask("evm_mine")
        if blocks > 1:
            self.ask("anvil_mine", hex(blocks - 1), hex(interval))
        return self.ask_number("eth_blockNumber")

    def _post(self, body: list[dict[str, object]]) -> list[dict[str, object]]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/", json.dumps(body).encode(), headers)
            answer = json.loads(connection.getresponse().read())
        except (OSError, HTTPException, ValueError) as error:
            raise NodeError(
                f"The local node at port {self.port} does not answer: {error}"
            ) from error
        finally:
            connection.close()
        if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
            raise NodeError(f"The local node refused a batch: {plain_text(answer)}")
        return answer

    def _wait_for_port(self, process: subprocess.Popen[bytes]) -> int:
        waited, step = 0.0, 0.02
        while waited < START_SECONDS:
            try:
                status = process.wait(step)
            except subprocess.TimeoutExpired:
                waited += step
            else:
                raise NodeError(
                    f"The local node ended at once (status {status}): {self._last_words()}"
                )
            found = _LISTENING.search(self._log.read_bytes())
            if found is not None:
                return int(found[1])
        raise NodeError(f"The local node did not start in {START_SECONDS:.0f} seconds.")

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return plain_text(lines[-1]) if lines else "it said nothing"
