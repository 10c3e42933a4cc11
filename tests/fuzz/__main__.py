"""Fuzz the verifiers, the address decoders and the list parsers with atheris, each for a while.

python -m tests.fuzz SECONDS [TARGET]

Every target runs in a process of its own, because libFuzzer ends the process it ran in. A crash
leaves its input in the working directory as ``crash-...``; what was tried is not kept.
"""

from __future__ import annotations

import subprocess
import sys
from tempfile import TemporaryDirectory

TARGETS = ("verifiers", "addresses", "lists")


def seeds(target: str) -> list[bytes]:
    """Return inputs that reach deep: sound rows, their addresses, a list of them."""
    from tests.fuzz.inputs import VECTORS  # noqa: PLC0415 (see `fuzz`)

    if target == "lists":
        rows = (vector["cells"] for vector in VECTORS[::20])
        return [
            f"ETH,Ethereum,1,{row['address']},5,{row['message']},{row['signature1']},,\n".encode()
            for row in rows
        ]
    if target == "addresses":
        return [
            bytes([number * 256 // len(VECTORS)]) + vector["cells"]["address"].encode()
            for number, vector in enumerate(VECTORS)
        ]
    return [
        number.to_bytes(2, "big") + bytes([place, 0]) + text.encode()
        for number, vector in enumerate(VECTORS)
        for place, text in enumerate(vector["cells"].values())
        if text
    ]


def fuzz(target: str, seconds: int) -> None:
    """Run one target in this process, which libFuzzer ends."""
    import atheris  # noqa: PLC0415 (of the group `fuzz`; nothing else needs it)

    with atheris.instrument_imports(include=["chains", "crawler"]):
        from tests.fuzz import inputs  # noqa: PLC0415 (imported to be instrumented)

        inputs.prepare()
    with TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds(target)):
            with open(f"{corpus}/{number}", "wb") as file:  # noqa: PTH123 (a folder's file)
                file.write(seed)
        options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", corpus]
        atheris.Setup([sys.argv[0], *options], inputs.TARGETS[target])
        atheris.Fuzz()


def main() -> int:
    """Fuzz all targets, or the one that is named; return 0 when none found anything."""
    seconds = int(sys.argv[1])
    if len(sys.argv) > 2:
        fuzz(sys.argv[2], seconds)
        return 0
    outcomes = [
        subprocess.run(
            [sys.executable, "-m", "tests.fuzz", str(seconds), target], check=False
        ).returncode
        for target in TARGETS
    ]
    return max(map(abs, outcomes))


if __name__ == "__main__":
    sys.exit(main())
