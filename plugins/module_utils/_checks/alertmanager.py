# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind alertmanager: no more alerts than accepted are pending. Needs requests.

Alertmanager is a witness only: that it is down or slow says nothing of what it would alert about, so the check is
unknown then. Its interface is the v2 API, described by api/v2/openapi.yaml of its sources; v1 ended with version 0.27.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import duration, show_duration
from .._core.errors import InputError, NoEvidence, NotThere, one_line
from .._core.http import Response, without_user
from .._core.matchers import Matcher, matcher
from .._core.moments import moment
from .asking import Server, asking_spec, begins, json_or_none, only_a_witness, refuse_denied, understood
from .base import UNKNOWN, Condition, Context, Options, Values

ACTIVE, SUPPRESSED, UNPROCESSED = "active", "suppressed", "unprocessed"
_STATES = [ACTIVE, SUPPRESSED, UNPROCESSED]
_MAX_BYTES = 4 << 20
_SHOWN = 50
_NAMED = 5
_LABELS = 30
_NO_SEVERITY = "none"

SPEC = ArgSpec(
    options={
        "url": {"type": "str", "required": True},
        "matchers": {"type": "list", "elements": matcher, "default": []},
        "states": {"type": "list", "elements": "str", "choices": _STATES, "default": [ACTIVE, UNPROCESSED]},
        "include_silenced": {"type": "bool", "default": False},
        "include_inhibited": {"type": "bool", "default": False},
        "max_alerts": {"type": "int", "default": 0},
        "watchdog": {"type": "str"},
        "min_uptime": {"type": duration},
    }
) + asking_spec(_MAX_BYTES)
LIBRARIES: Sequence[str] = ("requests",)


@dataclass(frozen=True)
class _Alert:
    """An alert: ``age`` in seconds by the server's clock, None when it cannot be told."""

    labels: Mapping[str, str]
    state: str
    silenced: bool
    inhibited: bool
    age: float | None

    @property
    def name(self) -> str:
        return one_line(self.labels.get("alertname", "(no name)"), 80)

    @property
    def severity(self) -> str:
        return one_line(self.labels.get("severity") or _NO_SEVERITY, 40)

    def counts(self, options: Options) -> bool:
        """Tell whether it is one of those that the check is about."""
        silenced = self.silenced and options["include_silenced"]
        return self.state in options["states"] or silenced or (self.inhibited and options["include_inhibited"])

    def shown(self) -> dict[str, Any]:
        """Return it as a value, bounded."""
        labels = {one_line(name, 80): one_line(text, 200) for name, text in list(self.labels.items())[:_LABELS]}
        age = None if self.age is None else round(self.age)
        return {"name": self.name, "severity": self.severity, "state": self.state, "age": age, "labels": labels}


def probe(options: Options, context: Context) -> Values:
    """Ask for the alerts that the matchers leave, and once more for the watchdog and the uptime where they are wanted.

    :raises NotThere: no v2 API there. :raises InputError: the matchers are refused. :raises AccessDenied: the login.
    :raises NoEvidence: Alertmanager did not answer.
    """
    with only_a_witness():
        server = Server(options, context, options["url"])
        alerts = [one for one in _alerts(server, options["matchers"]) if one.name != options["watchdog"]]
        watched = {} if options["watchdog"] is None else {"watchdog_alerts": _watchdogs(server, options["watchdog"])}
        uptime = {} if options["min_uptime"] is None else {"uptime": _uptime(server)}
    counted = sorted((one for one in alerts if one.counts(options)), key=lambda one: -(one.age or 0.0))
    return {
        "alerts": len(counted),
        "by_state": {state: sum(one.state == state for one in alerts) for state in _STATES},
        "by_severity": dict(Counter(one.severity for one in counted).most_common(_SHOWN)),
        "pending": [one.shown() for one in counted[:_SHOWN]],
        **watched,
        **uptime,
        "_which": _named(counted),
    }


def _alerts(server: Server, matchers: Sequence[str]) -> list[_Alert]:
    answer = server.get("api/v2/alerts", {"filter": list(matchers)})
    now = _now(answer)
    found = _read(server, answer)
    return understood(server.url, "an Alertmanager", lambda: [_alert(one, now) for one in found])


def _watchdogs(server: Server, name: str) -> int:
    """Return how many alerts of the name that always fires are there, silenced or not."""
    return len(_alerts(server, [str(Matcher("alertname", "=", name))]))


def _uptime(server: Server) -> float:
    answer = server.get("api/v2/status")
    started = understood(server.url, "an Alertmanager", lambda: moment(_read(server, answer)["uptime"]))
    if started is None:
        raise NoEvidence("Alertmanager does not tell since when it runs", on=without_user(answer.url))
    return round(max(_now(answer) - started, 0.0), 1)  # the server's clock tells whole seconds only


def _now(answer: Response) -> float:
    """Return the server's time, as ages are by its clock; ours when it does not tell."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return time.time()


def _read(server: Server, answer: Response) -> Any:
    """Return the JSON of an answer that is well."""
    refuse_denied(answer.status, answer.url)
    on = without_user(answer.url)
    body = json_or_none(answer)
    if answer.status == 404:
        raise _no_v2(server, on)
    if answer.status == 400:
        raise InputError(f"the question is refused ({one_line(body, 300)})", on=on, advice="see matchers")
    if answer.status != 200:
        raise NoEvidence(f"status is {answer.status}", on=on, advice=begins(answer))
    if body is None:
        raise NoEvidence("the answer is not that of an Alertmanager", on=on, advice=begins(answer))
    return body


def _no_v2(server: Server, on: str) -> NotThere:
    """Say which it is: an Alertmanager that is too old, a Prometheus (which has a v1 of its own), or neither."""
    old = json_or_none(server.get("api/v1/alerts"))
    data = old.get("data", old) if isinstance(old, dict) else old
    if isinstance(data, list):
        return NotThere("this Alertmanager has no API v2", on=on, advice="it speaks v1 only; 0.16 or later is needed")
    if isinstance(data, dict) and "alerts" in data:
        return NotThere("this is a Prometheus", on=on, advice="url is the address of its Alertmanager")
    return NotThere("no Alertmanager there (status is 404)", on=on, advice="url is its address with its path prefix")


def _alert(one: Any, now: float) -> _Alert:
    status, started = one["status"], moment(one.get("startsAt"))
    return _Alert(
        labels={str(name): str(text) for name, text in sorted(one["labels"].items())},
        state=one_line(status["state"], 40),
        silenced=bool(status.get("silencedBy")),
        inhibited=bool(status.get("inhibitedBy")),
        age=None if started is None else max(now - started, 0.0),
    )


def _named(alerts: Sequence[_Alert]) -> str:
    """Name alerts with their age, the oldest first; those of one name together, and no more than a few."""
    names = list(dict.fromkeys((one.name, one.severity) for one in alerts))
    told = [_told(name, severity, alerts) for name, severity in names[:_NAMED]]
    return ", ".join([*told, *([f"and {len(names) - _NAMED} more names"] if len(names) > _NAMED else [])])


def _told(name: str, severity: str, alerts: Sequence[_Alert]) -> str:
    same = [one for one in alerts if (one.name, one.severity) == (name, severity)]
    times = f" x {len(same)}" if len(same) > 1 else ""
    level = "" if severity == _NO_SEVERITY else f" {severity}"
    since = "" if same[0].age is None else f" for {show_duration(same[0].age)}"
    return f"{name}{times}{level}{since}"


def conditions(options: Options) -> list[Condition]:
    """Expect few enough alerts, and that Alertmanager can know: its watchdog is there, it has run long enough."""
    trust = []
    if options["watchdog"] is not None:
        trust.append(Condition("watchdog_alerts", "ge", 1, otherwise=UNKNOWN))
    if options["min_uptime"] is not None:
        trust.append(Condition("uptime", "ge", options["min_uptime"], "s", otherwise=UNKNOWN))
    return [Condition("alerts", "le", options["max_alerts"], detail="_which"), *trust]
