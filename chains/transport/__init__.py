"""One HTTP client, mostly for JSON-RPC: endpoints, their limits, retry, failover. Knows no chain.

Rooms, from the bottom: `labels` (what may be shown of a URL), `json_rpc` (pure: requests to bytes,
bytes to matched answers), `controls` (rate, concurrency and chunk size, each on its own), `http`
(one request with bounds), `provider` (one server: retry and health), `endpoint` (JSON-RPC over
HTTP), `rest` (GET and POST over HTTP), `graphql` (over `rest`), `pool` (several endpoints).
"""
