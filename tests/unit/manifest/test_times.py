from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.manifest.test_load import loaded

from retinue.errors import ManifestError
from retinue.manifest import times
from retinue.manifest.model import Automation

NIGHTLY = "automations: {{a: {{assistant: {{id: agt_1}}, prompt: Go., schedule: {}}}}}"


def at(root: Path, written: str) -> object:
    found = loaded(root, NIGHTLY.format(f"{{at: '{written}'}}"))
    automation = next(iter(found.resources.values()))
    assert isinstance(automation, Automation)
    return automation.schedule["run_at"]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1970-01-01T00:00:10Z", 10),
        ("1970-01-01T00:00:10.999Z", 10),
        ("1970-01-01T01:00:00+01:00", 0),
        ("2026-12-24T18:00:00+01:00", 1798131600),
    ],
)
def test_times(tmp_path: Path, written: str, seconds: int) -> None:
    assert at(tmp_path, written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-24",
        "2026-12-24T18:00:00",
        "2026-12-24 18:00:00Z",
        "20261224T180000Z",
        "2026-W52-4T18:00:00Z",
        "2026-13-24T18:00:00Z",
        "2026-12-24T18:00:00+24:00",
    ],
)
def test_what_is_no_time(tmp_path: Path, written: str) -> None:
    with pytest.raises(ManifestError) as caught:
        at(tmp_path, written)
    assert [problem.code for problem in caught.value.problems] == ["RTN-MANIFEST-TIME"]


@pytest.mark.parametrize("zone", ["Europe", "../etc/passwd", "/etc/localtime", "Berlin", "a\\0b"])
def test_what_is_no_time_zone(tmp_path: Path, zone: str) -> None:
    with pytest.raises(ManifestError) as caught:
        loaded(tmp_path, NIGHTLY.format(f'{{cron: "0 6 * * *", timezone: "{zone}"}}'))
    assert [problem.code for problem in caught.value.problems] == ["RTN-MANIFEST-TIMEZONE"]


def test_without_data_every_zone_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "_known", lambda _: False)
    loaded(tmp_path, NIGHTLY.format('{cron: "0 6 * * *", timezone: Middle/Earth}'))
