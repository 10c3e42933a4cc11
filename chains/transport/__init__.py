"""One JSON-RPC client over HTTP: endpoints, their limits, retry, failover. Knows no chain.

Rooms, from the bottom: `labels` (what may be shown of a URL), `json_rpc` (pure: requests to bytes,
bytes to matched answers), `controls` (rate, concurrency and chunk size, each on its own), `http`
(one POST with bounds), `endpoint` (one provider: retry and health), `pool` (several of them).
"""
