"""Addresses that an unrelated library writes are read as the scripts it says they are.

The library writes to the home directory when it is imported: it runs in a process of its own,
with a folder of the test's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from chains.utxo.addresses import canonical
from tests.unit.chains.rules import UTXO
from tests.vectors.signing import compressed

if TYPE_CHECKING:
    from pathlib import Path

NETWORKS = {"bitcoin": "BTC", "litecoin": "LTC", "dogecoin": "DOGE"}

SCRIPT = """
import json, sys
from bitcoinlib.keys import Address, Key
found = []
for network, key in json.loads(sys.argv[1]):
    digest = Key(key, network=network).hash160
    for kind in ("p2pkh", "p2sh") + (("p2wpkh",) if network in ("bitcoin", "litecoin") else ()):
        encoding = "bech32" if kind == "p2wpkh" else "base58"
        address = Address(hashed_data=digest, network=network, script_type=kind, encoding=encoding)
        found.append([network, kind, digest.hex(), address.address])
print(json.dumps(found))
"""


def test_addresses_written_by_bitcoinlib(tmp_path: Path) -> None:
    asked = [(network, compressed(number).hex()) for network in NETWORKS for number in range(1, 6)]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(asked)],
        env={**os.environ, "BCL_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        check=True,
        text=True,
    )
    scripts = {"p2pkh": "76a914{}88ac", "p2sh": "a914{}87", "p2wpkh": "0014{}"}
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == 40
    for network, kind, digest, text in found:
        assert canonical(text, UTXO[NETWORKS[network]]).hex() == scripts[kind].format(digest)
