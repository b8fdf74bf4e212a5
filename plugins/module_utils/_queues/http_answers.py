# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a service's answer says: a number of letters, a list of them, or why it does not do what it was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._core.errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line
from .._core.http import Response
from .._core.jsonpath import EACH, Missing, look_up, parse

# Under these names services say what is wrong, the most telling first.
_REASONS = ("detail", "error", "errors", "message", "msg", "reason", "title", "description")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_LONGEST = 200
_SHOWN_NAMES = 8

_STATUSES: dict[int, tuple[type[OpsError], str]] = {
    401: (AccessDenied, "check headers, token or url_username and its password"),
    403: (AccessDenied, "check headers, token or url_username and its password"),
    404: (NotThere, "check the url"),
    405: (InputError, "check the method"),
    408: (Unreachable, ""),
    422: (OpsError, "check what url and body ask for"),
    429: (Unreachable, "the service wants fewer requests"),
}


def refuse_path(path: str, where: str) -> None:
    """Refuse what is no path to one value.

    :param where: names the option for the message. :raises InputError: it is none.
    """
    if EACH in parse(path):
        raise InputError(f"{where}: a path with * leads to many values", on=path, advice="expected a path to one value")


def counted(answer: Any, paths: Sequence[str]) -> int | None:
    """Return how many the answer tells of, None when it does not.

    A number is itself, a list its length, an object the one number in it, else the one list. An object to which a path
    leads and that has neither counts by its entries.

    :param paths: the first one that leads to such a thing wins; without any, and where the answer is no object, it is
        the answer itself.
    """
    for value in _candidates(answer, paths):
        number = _number(value, bool(paths))
        if number is not None:
            return number
    return None


def listed(answer: Any, paths: Sequence[str]) -> list[Any] | None:
    """Return the list that the answer holds, None when there is none: at one of the paths, else by itself."""
    for value in (*_candidates(answer, paths), answer):
        if isinstance(value, list):
            return value
        lists = [one for one in value.values() if isinstance(one, list)] if isinstance(value, Mapping) else []
        if len(lists) == 1:
            return lists[0]
    return None


def _candidates(answer: Any, paths: Sequence[str]) -> Iterator[Any]:
    for path in paths:
        for value in look_up(answer, path):
            if not isinstance(value, Missing):
                yield value
    # Releases of one service differ: a bare number or array needs no path.
    if not paths or isinstance(answer, (int, float, list)):
        yield answer


def _number(value: Any, pointed_at: bool) -> int | None:
    if _is_number(value):
        return int(value)
    if isinstance(value, list):
        return len(value)
    if isinstance(value, str):
        return int(value) if pointed_at and value.isascii() and value.isdigit() else None
    return _number_within(value, pointed_at) if isinstance(value, Mapping) else None


def _number_within(value: Mapping[str, Any], pointed_at: bool) -> int | None:
    numbers = [int(one) for one in value.values() if _is_number(one)]
    lists = [one for one in value.values() if isinstance(one, list)]
    if len(numbers) == 1:
        return numbers[0]
    if numbers or len(lists) > 1:
        return None
    if lists:
        return len(lists[0])
    # An object that nobody pointed at may as well say what went wrong.
    return len(value) if pointed_at else None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return value >= 0 and value == int(value) if value < float("inf") else False


def shape(answer: Any) -> str:
    """Return what an answer is, for messages: ``an object with uuids, count``."""
    if isinstance(answer, Mapping):
        names = [one_line(name, 40) for name in list(answer)[:_SHOWN_NAMES]]
        return f"an object with {', '.join(names)}" if names else "an empty object"
    if answer is None:
        return "empty"
    return {"list": "an array", "str": "a text", "bool": "true or false"}.get(type(answer).__name__, "a number")


def refusal(answer: Response, method: str, on: str) -> OpsError:
    """Return our error for an answer whose status is not one of those expected, with the service's own short reason."""
    kind, advice = _STATUSES.get(answer.status, (OpsError, "check url, method and expect_status"))
    if answer.status >= 500:
        kind, advice = Unreachable, ""
    if answer.status == 405:
        return kind(f"the service does not take {method} here (status 405)", on=on, advice=advice)
    said = said_reason(answer)
    return kind(f"the service answers with status {answer.status}{said and f': {said}'}", on=on, advice=advice)


def read_json(answer: Response, on: str) -> Any:
    """Return the answer's JSON value; None for an empty one.

    :raises OpsError: it is none; a page of HTML is named as such.
    """
    if not answer.body.strip():
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        if _is_html(answer):
            failed = f"the service answers with a page of HTML{_in_quotes(_title(answer))}"
        else:
            failed = f"the answer is not JSON{_in_quotes(one_line(answer.text(), 40))}"
        raise OpsError(failed, on=on, advice="check that the url is that of the API") from error


def said_reason(answer: Response) -> str:
    """Return the service's own short reason; empty when there is none."""
    if _is_html(answer):
        return _title(answer)
    try:
        return short_reason(json.loads(answer.body))
    except (ValueError, RecursionError):
        return one_line(answer.text(), _LONGEST)


def short_reason(value: Any) -> str:
    """Return what a JSON value gives as a reason, folded to one line; empty when it gives none."""
    if isinstance(value, str):
        return one_line(value, _LONGEST)
    if isinstance(value, list):
        return one_line("; ".join(filter(None, map(short_reason, value[:3]))), _LONGEST)
    if not isinstance(value, Mapping):
        return ""
    place = value.get("loc")
    before = f"{'.'.join(map(str, place))}: " if isinstance(place, list) and place else ""
    reasons = (short_reason(value[name]) for name in _REASONS if value.get(name))
    return one_line(before + next(filter(None, reasons), ""), _LONGEST)


def _is_html(answer: Response) -> bool:
    return "html" in answer.headers.get("content-type", "").lower() or answer.body.lstrip()[:1] == b"<"


def _title(answer: Response) -> str:
    found = _TITLE.search(answer.text())
    return one_line(found.group(1), 80) if found else ""


def _in_quotes(text: str) -> str:
    return f" ('{text}')" if text else ""
