"""One HTTP client, mostly for JSON-RPC: endpoints, their limits, retry, failover. Knows no chain.

Rooms, from the bottom: `labels` (what may be shown of a URL), `json_rpc` (pure: requests to bytes,
bytes to matched answers), `controls` (rate, concurrency and chunk size, each on its own), `http`
(one request with bounds), `quarantine` (who is not asked, and for how long), `health` (counters and
latency), `provider` (one server: retry, and all of these), `endpoint` (JSON-RPC over HTTP), `rest`
(GET and POST over HTTP), `graphql` (over `rest`), `pool` (several endpoints), `hedging` (two of
them, when one is slow).
"""
