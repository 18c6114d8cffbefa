"""The one import of partners; what its names are is frozen, see test_frozen.py."""

from __future__ import annotations

import subprocess
import sys

import pytest

import so_privacy_ext


def test_another_name_is_refused_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="has no `Extensions`"):
        _ = so_privacy_ext.Extensions


def test_a_name_that_nobody_asks_for_costs_nothing() -> None:
    code = "import sys, so_privacy_ext; assert 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
