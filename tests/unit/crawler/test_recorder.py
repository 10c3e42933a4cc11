from __future__ import annotations

from chains.adapter import Observed
from crawler.control import ControlBatch
from crawler.recorder import Recorder
from tests.unit.crawler.evidence.test_record import ONE, POINT, QUERY, SEEN, WHY


def test_nothing_is_kept_and_no_header_is_wanted() -> None:
    recorder = Recorder()
    recorder.reader("ethereum", WHY)
    assert recorder.pin("ethereum", 100, POINT) is None
    recorder.height("ethereum", 100)
    recorder.form(QUERY, WHY)
    recorder.readings(QUERY, [(ONE, SEEN)])
    recorder.remembered(QUERY, {ONE: Observed(1, POINT, SEEN.assurance, ())})
    recorder.gone("ethereum", 100, WHY)
    recorder.proofs(QUERY, [])
    recorder.layout(QUERY, {})
    recorder.control(ControlBatch("ethereum", 100, []), [])
    recorder.notes("ethereum", [])
    assert vars(recorder) == {}
