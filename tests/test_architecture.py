"""Who may import whom: the contracts in pyproject.toml are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import importlinter.cli

if TYPE_CHECKING:
    import pytest

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def test_every_import_contract_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    status = importlinter.cli.lint_imports(
        config_filename=str(PYPROJECT), no_cache=True, no_logo=True
    )
    assert status == importlinter.cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out
