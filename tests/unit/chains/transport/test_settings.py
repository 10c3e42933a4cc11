from __future__ import annotations

from chains.transport.settings import TransportSettings


def test_defaults_fit_together() -> None:
    settings = TransportSettings()
    assert settings.connect_timeout_s < settings.call_timeout_s
    assert settings.concurrency <= settings.most_concurrency
    assert settings.tries <= settings.throttle_tries
    assert settings.first_wait_s < settings.longest_wait_s
    assert settings.deadline_s is None
