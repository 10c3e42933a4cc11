"""What a Sui GraphQL service is asked. Pure.

Texts are short and accounts few: services refuse questions of more than 5,000 bytes.
"""

from __future__ import annotations

STATUS = """{
  chainIdentifier
  checkpoint { sequenceNumber }
  serviceConfig {
    balances: availableRange(type: "Address", field: "balance") {
      first { sequenceNumber } last { sequenceNumber }
    }
    transactions: availableRange(
      type: "Query", field: "transactions",
      filters: ["affectedAddress", "afterCheckpoint", "beforeCheckpoint"]
    ) { first { sequenceNumber } last { sequenceNumber } }
  }
}"""
CHECKPOINT = """query ($at: UInt53!) {
  checkpoint(sequenceNumber: $at) { sequenceNumber digest timestamp }
}"""
BALANCES = """query ($at: UInt53!, $coin: String!, $keys: [AddressKey!]!) {
  checkpoint(sequenceNumber: $at) {
    sequenceNumber digest
    query { multiGetAddresses(keys: $keys) {
      address balance(coinType: $coin) { coinType { repr } totalBalance }
    } }
  }
}"""
STAKED = """query ($at: UInt53!, $keys: [AddressKey!]!) {
  checkpoint(sequenceNumber: $at) {
    sequenceNumber digest
    query { multiGetAddresses(keys: $keys) {
      address
      objects(first: 50, filter: {type: "0x3::staking_pool::StakedSui"}) {
        pageInfo { hasNextPage endCursor } nodes { contents { json } }
      }
    } }
  }
}"""
COIN = "query ($coin: String!) { coinMetadata(coinType: $coin) { decimals symbol } }"
_LIST = "pageInfo { hasNextPage endCursor } nodes { owner { address } coinType { repr } amount }"
MORE_CHANGES = f"""query ($digest: String!, $cursor: String) {{
  transactionEffects(digest: $digest) {{
    balanceChanges(first: 50, after: $cursor) {{ {_LIST} }}
  }}
}}"""


def transactions(accounts: int, *, backward: bool = False) -> str:
    """Return the question for a page of transactions of each of so many accounts.

    Pages go from the oldest on, or `backward` from the newest.

    Variables: ``after``, ``before`` (checkpoints, both excluded), and ``a0``, ``c0`` and so on,
    account and cursor. Members of the answer: ``t0`` and so on.
    """
    names = range(accounts)
    variables = "".join(f", $a{at}: SuiAddress!, $c{at}: String" for at in names)
    size, cursor = ("last", "before") if backward else ("first", "after")
    more, end = ("hasPreviousPage", "startCursor") if backward else ("hasNextPage", "endCursor")
    parts = "".join(
        f"  t{at}: transactions({size}: 50, {cursor}: $c{at}, filter: {{affectedAddress: $a{at}, "
        "afterCheckpoint: $after, beforeCheckpoint: $before}) { ...page }\n"
        for at in names
    )
    return (
        f"query ($after: UInt53!, $before: UInt53!{variables}) {{\n{parts}}}\n"
        "fragment page on TransactionConnection {\n"
        f"  pageInfo {{ {more} {end} }}\n"
        "  nodes { digest effects { checkpoint { sequenceNumber } "
        f"balanceChanges(first: 50) {{ {_LIST} }} }} }}\n}}"
    )
