"""The fixtures of the checks; a conftest.py beside pyproject.toml overrides `so_plugin_settings`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from so_privacy_kit.conformance import made_up
from so_privacy_kit.conformance.levels import MARK
from so_privacy_kit.conformance.stand_in import Certificates
from so_privacy_kit.conformance.subject import Said, Subject

FOUND = f"{MARK}_found"
SUBJECT = pytest.StashKey[Subject]()


@pytest.fixture(scope="session")
def so_subject(request: pytest.FixtureRequest) -> Subject:
    """The plugin that is looked over."""
    subject: Subject = request.config.stash[SUBJECT]
    return subject


@pytest.fixture
def so_plugin_settings(so_subject: Subject) -> Mapping[str, Any]:
    """Settings with which the plugin works, such as the address of a stand-in for its host.

    These are made up by its schema, with hosts at which nobody answers.
    """
    return made_up.settings(so_subject.description)


@pytest.fixture
def so_works(so_subject: Subject, so_plugin_settings: Mapping[str, Any]) -> Said:
    """What it says of made-up persons where all is well."""
    return so_subject.ask(made_up.persons(), so_plugin_settings)


@pytest.fixture(scope="session")
def so_certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority that plugins may trust, and one that they don't."""
    return Certificates(tmp_path_factory.mktemp("so-certificates"))


@pytest.fixture
def so_found(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say what a check found where all is as it should be."""

    def found(said: str) -> None:
        request.node.user_properties.append((FOUND, said))

    return found
