"""Has a plugin's functions answer each call, whatever they do; runs in the plugin's own process."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from so_privacy_ext.errands import DECISION
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.extension import Extension, FromSetting
from so_privacy_ext.plugins import host_checking
from so_privacy_ext.plugins.declared import described
from so_privacy_ext.plugins.declared_holds import SEAMS
from so_privacy_ext.plugins.guard import Guard
from so_privacy_ext.plugins.host_carrying import carried
from so_privacy_ext.plugins.host_exporting import rows_of
from so_privacy_ext.plugins.host_holding import answer_for
from so_privacy_ext.plugins.host_linting import findings_of
from so_privacy_ext.plugins.nonsense import Nonsense
from so_privacy_ext.plugins.told import decision, event
from so_privacy_ext.plugins.wire import NOT_SENT, inward, tagged
from so_privacy_ext.reactions import Crm
from so_privacy_ext.sdk import Condition, Facts, Seen

_SAFE = re.compile(r"[\w.-]{1,60}")


@dataclass(frozen=True, slots=True)
class _Still:
    """The product's time, which stands still while one question is answered."""

    at: datetime

    def now(self) -> datetime:
        return self.at


class Answering:
    """An extension with its settings, ready to be asked."""

    def __init__(
        self,
        extension: Extension,
        settings: Mapping[str, Any] | None,
        guard: Guard,
        crm: Crm | None = None,
    ) -> None:
        self.crm = crm
        self.declaration = described(extension)
        self._extension = extension
        self._guard = guard
        self._settings = _settings(extension, settings)
        self._words = {one.word: one for one in extension.words}
        self._ready: dict[str, Condition[Any]] = {}
        self._failed: dict[tuple[str, str], str] = {}
        guard.hosts = frozenset(_hosts(extension, self._settings))

    def failures(self) -> list[list[str]]:
        """Give what went wrong since the last time, once for each function: kind, function, which error."""
        failed = [[kind, where, what] for (kind, where), what in self._failed.items()]
        self._failed.clear()
        return failed

    def answer(self, do: str, content: Mapping[str, Any]) -> Any:
        """Answer one call; what could not be answered is null, or left out."""
        match do:  # these have no network
            case "conditions":
                return self._conditions(content["questions"], [inward(one) for one in content["persons"]])
            case "lint":
                return self._findings(content["manifest"])
            case "export":
                return self._rows(content["name"], content["decisions"])
        return self._talking(do, content)

    def _talking(self, do: str, content: Mapping[str, Any]) -> Any:
        self._guard.may_talk = True
        try:
            if do in SEAMS:
                return self._held(do, content)
            if do == "facts":
                return self._facts([_seen(one) for one in content["persons"]], _clock(content))
            if do == "react":
                return self._react(content)
            if do == "carry":
                return self._carry(content)
            return [self._source(Facts(**inward(one))) for one in content["persons"]]
        finally:
            self._guard.may_talk = False

    def _conditions(
        self, questions: Sequence[Sequence[Any]], persons: Sequence[Mapping[str, Any]]
    ) -> list[list[Any]]:
        """Give for each question, for each person, truth and reason; null where the plugin failed."""
        known = [(one, Facts(**one)) for one in persons]
        return [[self._holds(word, argument, *one) for one in known] for word, argument in questions]

    def _holds(
        self, word: str, argument: Any, shown: Mapping[str, Any], untouched: Facts
    ) -> list[Any] | None:
        facts = Facts(**shown)  # of its own each time
        try:
            held = self._condition(word, argument).holds(facts)
            host_checking.unchanged(facts, untouched)
            return host_checking.answer(held, self._words[word].reasons)
        except BaseException as error:  # noqa: BLE001  # whatever a plugin does, the next question is asked
            self._note(word, error)
            return None

    def _condition(self, word: str, argument: Any) -> Condition[Any]:
        key = json.dumps([word, argument], sort_keys=True)
        if key not in self._ready:
            self._ready[key] = self._words[word].model_validate_json(json.dumps(argument))
        return self._ready[key]

    def _facts(self, persons: Sequence[Seen], clock: _Still) -> dict[str, dict[str, Any]]:
        """Give by person what all functions found."""
        found: dict[str, dict[str, Any]] = {}
        known = {one.person_id for one in persons}
        offered = {"persons": persons, "settings": self._settings, "clock": clock}
        for finder in self._extension.finders:
            where = finder.function.__name__
            try:
                given = finder.function(**{name: offered[name] for name in finder.asks})
                checked = list(host_checking.checked(given, known, finder.names))
            except BaseException as error:  # noqa: BLE001  # as above
                self._note(where, error)
                continue
            for person_id, name, value in checked:
                full = f"{self._extension.namespace}.{name}"
                found.setdefault(str(person_id), {})[full] = tagged(value)
        return found

    def _source(self, facts: Facts) -> list[Any] | None:
        for detector in self._extension.detectors:
            offered = {"facts": facts, "settings": self._settings}
            try:
                given = detector.function(**{name: offered[name] for name in detector.asks})
                return None if given is None else host_checking.proposal(given, detector.reasons)
            except BaseException as error:  # noqa: BLE001  # as above
                self._note(detector.function.__name__, error)
        return None

    def _react(self, content: Mapping[str, Any]) -> Any:
        """Tell all functions that want to hear of it, the next even if one raises; give whom to look at."""
        kind = content["kind"]
        offered = {
            "key": content["key"],
            "settings": self._settings,
            "clock": _clock(content),
        }
        if kind == DECISION:
            offered["decision"] = decision(content["content"])
        else:
            offered |= {"event": event(content["content"]), "crm": self.crm}
        again: dict[int, None] = {}
        for reaction in (one for one in self._extension.reactions if kind in one.kinds):
            try:
                given = reaction.function(**{name: offered[name] for name in reaction.asks})
                again |= dict.fromkeys(host_checking.again(given, kind))
            except BaseException as error:  # noqa: BLE001  # as above
                self._note(reaction.function.__name__, error)
        return {"again": list(again)} if again else None

    def _findings(self, manifest: Any) -> list[list[Any]]:
        """Give what all functions say of a manifest; the next is asked even if one raises."""
        found: list[list[Any]] = []
        for linter in self._extension.linters:
            try:
                found += findings_of(linter, manifest, self._settings)
            except BaseException as error:  # noqa: BLE001  # as above
                self._note(linter.function.__name__, error)
        return found

    def _rows(self, name: str, decisions: Sequence[Mapping[str, Any]]) -> list[list[Any]] | None:
        """Give the rows that a function makes of decisions; null where it failed."""
        try:
            return rows_of(self._extension, name, decisions, self._settings)
        except BaseException as error:  # noqa: BLE001  # as above
            self._note(name, error)
            return None

    def _held(self, seam: str, content: Mapping[str, Any]) -> Any:
        """Give what a function says of what is held; null where it failed, which is no receipt."""
        try:
            return answer_for(self._extension, seam, {**content, "settings": self._settings})
        except BaseException as error:  # noqa: BLE001  # as above
            self._note(seam, error)
            return None

    def _carry(self, content: Mapping[str, Any]) -> str | None:
        """Say what became of a letter; null where nobody knows, which is noted."""
        where, answer = "channel", NOT_SENT
        offered = {"settings": self._settings, "clock": _clock(content)}
        for carrying in self._extension.channels:
            where = carrying.function.__name__
            try:
                answer = carried(carrying, content["letter"], offered)
            except BaseException as error:  # noqa: BLE001  # as above
                self._note(where, error)
                return None
        if answer == NOT_SENT:
            self._failed.setdefault((NOT_SENT, where), "that a letter could not go")
        return answer

    def _note(self, where: str, error: BaseException) -> None:
        kind, what = ("junk", str(error)) if isinstance(error, Nonsense) else ("raised", place(error))
        self._failed.setdefault((kind, where), what)


def place(error: BaseException) -> str:
    """Say which error it was and where in the plugin; nothing of its text, which may hold anything."""
    kind = type(error)
    known = getattr(sys.modules.get(kind.__module__), kind.__qualname__, None) is kind
    name = kind.__name__ if known and _SAFE.fullmatch(kind.__name__) else "an error of its own"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    file = Path(trace.tb_frame.f_code.co_filename).name if trace is not None else ""
    return f"{name} at {file}:{trace.tb_lineno}" if trace is not None and _SAFE.fullmatch(file) else name


def _clock(content: Mapping[str, Any]) -> _Still:
    return _Still(datetime.fromisoformat(content["now"]))


def _seen(shown: Mapping[str, Any]) -> Seen:
    return Seen(shown["person_id"], shown["company_id"], Facts(**inward(shown["facts"])))


def _settings(extension: Extension, given: Mapping[str, Any] | None) -> BaseModel | None:
    """Read settings by the plugin's own model; None where it has none, or is only asked what it is."""
    if extension.settings is None or given is None:
        return None
    try:
        return extension.settings.model_validate_json(json.dumps(given))
    except ValidationError as error:
        places = ", ".join(
            ".".join(str(step) for step in one["loc"]) or "the whole"
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        )
        how = "set them by `so-privacy plugin settings`; `plugin show` says what each may be"
        raise Refused("plugin_settings", f"settings that it can't use: {places}", how, Exit.CONFIG) from None


def _hosts(extension: Extension, settings: BaseModel | None) -> Iterator[tuple[str, int]]:
    for host in extension.hosts:
        if isinstance(host, FromSetting):
            if settings is not None:
                name, _, port = str(getattr(settings, host.setting)).lower().partition(":")
                yield name, int(port) if port.isdecimal() else host.port
        else:
            name, _, port = host.rpartition(":")
            yield name.lower(), int(port)
