# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP servers with the answers that a client must survive, plain and with good and bad certificates.

    python -m ...lab.bad_http CERTIFICATES PLAIN_PORT OTHER_PORT TLS_PORT EXPIRED_PORT WRONG_HOST_PORT SOON_PORT

GET paths:
    /ok                     {"status": "ok"}
    /json?body=JSON         the given JSON
    /not-json               HTML that claims to be JSON
    /no-content             204
    /status/N               status N with a small JSON body
    /headers                the request's headers as JSON
    /slow?seconds=S         {"status": "ok"} after S seconds
    /hang                   no answer at all until the client leaves
    /drip                   one byte each 0.2 s, for ever
    /drip-headers           one header each 0.2 s, for ever
    /big                    declares 10 GB and sends them
    /endless                chunks for ever
    /redirect?to=URL        302 to there
    /redirect-once          302 to /ok
    /redirect-loop          302 to itself
    /redirect-other-host    302 to /headers of the other server
    /cut                    declares 1000 bytes, sends 10, ends the connection
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from .http_parts import JsonHandler, QuietServer, serve_until_stopped
from .ports import HOST

DRIP_SECONDS = 0.2
BIG_BYTES = 10_000_000_000
_CHUNK = b"x" * 65536


class BadHandler(JsonHandler):
    """One connection; `other_url` is the class's, set before serving."""

    other_url: str
    timeout = None

    def do_GET(self) -> None:
        """Find the path's behaviour and behave."""
        first = "/" + urlsplit(self.path).path.split("/")[1]
        _PATHS.get(first, _not_found)(self)

    def query(self, name: str, default: str) -> str:
        """Return a value from the query string."""
        return parse_qs(urlsplit(self.path).query).get(name, [default])[0]

    def start(self, status: int, **headers: str) -> None:
        """Send the status line and headers, and end the connection after the answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()

    def send(self, pieces: Iterable[bytes], every: float = 0.0) -> None:
        """Send pieces with a pause after each, until they end or the client leaves."""
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(every)


def _for_ever(piece: bytes) -> Iterable[bytes]:
    while True:
        yield piece


def _ok(handler: BadHandler) -> None:
    handler.answer(200, {"status": "ok"})


def _not_found(handler: BadHandler) -> None:
    handler.answer(404, {"error": f"no such path; there are {' '.join(_PATHS)}"})


def _json(handler: BadHandler) -> None:
    handler.answer_bytes(200, handler.query("body", "{}").encode(), "application/json")


def _not_json(handler: BadHandler) -> None:
    handler.answer_bytes(200, b"<html><body>Welcome</body></html>", "application/json")


def _no_content(handler: BadHandler) -> None:
    handler.start(204)


def _status(handler: BadHandler) -> None:
    number = urlsplit(handler.path).path.rpartition("/")[2]
    status = int(number) if number.isdigit() and 200 <= int(number) <= 599 else 400
    handler.answer(status, {"status": status})


def _headers(handler: BadHandler) -> None:
    handler.answer(200, dict(handler.headers.items()))


def _slow(handler: BadHandler) -> None:
    time.sleep(float(handler.query("seconds", "1")))
    _ok(handler)


def _hang(handler: BadHandler) -> None:
    handler.connection.recv(1)  # returns when the client leaves
    handler.close_connection = True


def _drip(handler: BadHandler) -> None:
    handler.start(200, Content_Type="application/json")
    handler.send(_for_ever(b" "), DRIP_SECONDS)


def _drip_headers(handler: BadHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    handler.send(_for_ever(b"X-More: yes\r\n"), DRIP_SECONDS)


def _big(handler: BadHandler) -> None:
    handler.start(200, Content_Type="application/json", Content_Length=str(BIG_BYTES))
    handler.send(_CHUNK for _number in range(BIG_BYTES // len(_CHUNK) + 1))


def _endless(handler: BadHandler) -> None:
    handler.start(200, Content_Type="application/json", Transfer_Encoding="chunked")
    handler.send(_for_ever(b"%x\r\n%s\r\n" % (len(_CHUNK), _CHUNK)))


def _redirect(handler: BadHandler) -> None:
    handler.answer(302, {}, Location=handler.query("to", "/ok"))


def _redirect_loop(handler: BadHandler) -> None:
    handler.answer(302, {}, Location="/redirect-loop")


def _redirect_other_host(handler: BadHandler) -> None:
    handler.answer(302, {}, Location=f"{handler.other_url}/headers")


def _cut(handler: BadHandler) -> None:
    handler.start(200, Content_Type="application/json", Content_Length="1000")
    handler.send([b"x" * 10])
    handler.close_connection = True


_PATHS: dict[str, Callable[[BadHandler], None]] = {
    "/ok": _ok,
    "/json": _json,
    "/not-json": _not_json,
    "/no-content": _no_content,
    "/status": _status,
    "/headers": _headers,
    "/slow": _slow,
    "/hang": _hang,
    "/drip": _drip,
    "/drip-headers": _drip_headers,
    "/big": _big,
    "/endless": _endless,
    "/redirect": _redirect,
    "/redirect-once": _redirect,
    "/redirect-loop": _redirect_loop,
    "/redirect-other-host": _redirect_other_host,
    "/cut": _cut,
}


def main() -> None:
    """Run until a signal ends it."""
    folder, (plain, other, *with_tls) = Path(sys.argv[1]), [int(port) for port in sys.argv[2:]]
    BadHandler.other_url = f"http://{HOST}:{other}"
    names = ("server", "expired", "wrong-host", "soon")
    tls = [
        QuietServer(port, BadHandler, (folder / f"{name}.pem", folder / f"{name}.key"))
        for name, port in zip(names, with_tls, strict=True)
    ]
    serve_until_stopped(QuietServer(plain, BadHandler), QuietServer(other, BadHandler), *tls)


if __name__ == "__main__":
    main()
