# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service's HTTP side.

python -m ...lab.demo.api STATE_JSON PORT

GET  /health   200, always: {"status": "ok", "version": ...}
GET  /ready    200 or 503: {"status": ..., "checks": {"redis": ..., "postgres": ...}}
GET  /metrics  Prometheus text
POST /orders   {"id", "amount"}: 202 once it is in the queue, 503 with Retry-After when the ingress is closed
GET, PUT /ingress  {"open": true or false}; PUT wants the header X-Admin-Token
GET, PUT /bug      {"enabled": true or false}; likewise

GET  /api/dlq                   the ids of the dead letters, an array; wants the header, as all of /api does
GET  /api/dlq/letters           {"letters": the whole of them, "count": how many}
POST /api/dlq/reprocess?count=  how many were put back, a number; 422 for a count that is not from 1 to 100000
POST /api/dlq/retry             {"ids": [...]}: {"reprocessed": how many were put back}
"""

from __future__ import annotations

import hmac
import json
import sys
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import redis

from ..http_parts import JsonHandler, QuietServer, serve_until_stopped
from . import dead_letters, names
from .intake import Order, count_refused, is_open, take_in
from .metrics import metrics_text
from .readiness import SECONDS, Readiness
from .stores import open_redis, read_facts


class Api(JsonHandler):
    """One connection; the attributes are the class's, set before serving."""

    client: redis.Redis
    readiness: Readiness
    admin_token: str

    def do_GET(self) -> None:
        """Answer a question."""
        self._run(_GET)

    def do_POST(self) -> None:
        """Take something in."""
        self._run(_POST)

    def do_PUT(self) -> None:
        """Turn a switch."""
        self._run(_PUT)

    def _run(self, paths: dict[str, Callable[[Api], None]]) -> None:
        try:
            paths.get(self.path.partition("?")[0], _not_found)(self)
        except ValueError as error:
            self.answer(400, {"error": str(error)})
        except redis.RedisError as error:
            self.answer(503, {"error": f"redis: {type(error).__name__}: {error}".splitlines()[0]})

    def switch(self) -> dict[str, object]:
        """Return the body of a request to turn a switch; raises ValueError."""
        try:
            body = json.loads(self.body())
        except ValueError as error:
            raise ValueError(f"expected a JSON object: {error}") from error
        return body if isinstance(body, dict) else {}

    def is_admin(self) -> bool:
        """Tell whether the request has the token, and answer 401 when it has not."""
        if hmac.compare_digest(self.headers.get("X-Admin-Token", "").encode(), self.admin_token.encode()):
            return True
        self.close_connection = True  # its body was not read
        self.answer(401, {"error": "expected the admin token in the header X-Admin-Token"}, Connection="close")
        return False


def _not_found(api: Api) -> None:
    api.close_connection = True
    api.answer(404, {"error": f"no {api.command} {api.path} here"}, Connection="close")


def _health(api: Api) -> None:
    api.answer(200, {"status": "ok", "version": names.VERSION})


def _ready(api: Api) -> None:
    checks = api.readiness.look()
    ready = all(outcome == "ok" for outcome in checks.values())
    api.answer(200 if ready else 503, {"status": "ready" if ready else "not ready", "checks": checks})


def _metrics(api: Api) -> None:
    api.answer_bytes(200, metrics_text(api.client).encode(), "text/plain; version=0.0.4")


def _take_order(api: Api) -> None:
    """Refuse before reading the order, so that an empty one tells a closed ingress (503) from an open one (400)."""
    text = api.body()
    if not is_open(api.client):
        _refuse(api)
        return
    order = Order.parse(text)
    if take_in(api.client, order):
        api.answer(202, {"id": order.id})
    else:
        _refuse(api)  # closed since; the script that takes orders looks again


def _refuse(api: Api) -> None:
    count_refused(api.client)
    api.answer(503, {"error": "the ingress is closed, try again later"}, Retry_After="5")


def _ingress(api: Api) -> None:
    api.answer(200, {"open": is_open(api.client)})


def _bug(api: Api) -> None:
    api.answer(200, {"enabled": api.client.get(names.BUG) == "on"})


def _put_ingress(api: Api) -> None:
    if api.is_admin():
        wanted = _truth(api.switch(), "open")
        api.client.set(names.INGRESS, "open" if wanted else "closed")
        _ingress(api)


def _put_bug(api: Api) -> None:
    if api.is_admin():
        wanted = _truth(api.switch(), "enabled")
        api.client.set(names.BUG, "on" if wanted else "off")
        _bug(api)


def _truth(body: dict[str, object], field: str) -> bool:
    value = body.get(field)
    if not isinstance(value, bool):
        raise ValueError(f'expected {{"{field}": true}} or {{"{field}": false}}')
    return value


def _dlq(api: Api) -> None:
    if api.is_admin():
        api.answer(200, [letter["id"] for letter in dead_letters.all_letters(api.client)])


def _dlq_letters(api: Api) -> None:
    if api.is_admin():
        letters = dead_letters.all_letters(api.client)
        api.answer(200, {"letters": letters, "count": len(letters)})


def _reprocess(api: Api) -> None:
    if api.is_admin():
        api.body()
        (count,) = parse_qs(urlsplit(api.path).query).get("count", ["1000"])
        try:
            api.answer(200, dead_letters.put_back(api.client, count))
        except dead_letters.OutOfRange as error:
            api.answer(422, {"detail": [{"loc": ["query", "count"], "msg": str(error)}]})


def _retry(api: Api) -> None:
    if api.is_admin():
        ids = api.switch().get("ids")
        if not isinstance(ids, list):
            raise ValueError('expected {"ids": [...]}')
        api.answer(200, {"reprocessed": dead_letters.put_back_these(api.client, ids)})


def _only_post(api: Api) -> None:
    api.answer(405, {"detail": "Method Not Allowed"}, Allow="POST")


_GET: dict[str, Callable[[Api], None]] = {
    "/health": _health,
    "/ready": _ready,
    "/metrics": _metrics,
    "/ingress": _ingress,
    "/bug": _bug,
    "/api/dlq": _dlq,
    "/api/dlq/letters": _dlq_letters,
    "/api/dlq/reprocess": _only_post,
}
_POST: dict[str, Callable[[Api], None]] = {
    "/orders": _take_order,
    "/api/dlq/reprocess": _reprocess,
    "/api/dlq/retry": _retry,
}
_PUT: dict[str, Callable[[Api], None]] = {"/ingress": _put_ingress, "/bug": _put_bug}


def main() -> None:
    """Run until a signal ends it."""
    facts = read_facts(sys.argv[1])
    Api.client = open_redis(facts["redis"], seconds=SECONDS * 0.9)
    Api.readiness = Readiness(facts, Api.client)
    Api.admin_token = facts["service"]["admin_token"]
    serve_until_stopped(QuietServer(int(sys.argv[2]), Api))


if __name__ == "__main__":
    main()
