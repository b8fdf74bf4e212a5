# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS, logins and bad answers in front of the lab's OpenSearch: a real nginx, as many put one in front.

It is not the products' own security, whose plugins the lab does not have: that answers 401 and 403 with JSON, nginx
with a page of HTML; and here a login ends at the proxy.
"""

from __future__ import annotations

import base64
import ssl
import urllib.request

from . import nginx, process
from .nginx import Nginx
from .passwords import new_password
from .ports import HOST
from .server import OnPorts
from .state import SearchFacts, SearchProxyFacts
from .waiting import wait_for

_CONFIG = """\
map_hash_bucket_size 256;
map $http_authorization $has_key {{ default ""; "ApiKey {key}" yes; }}
map $remote_user:$uri $forbidden {{ default ""; "~^{reader}:/_snapshot" yes; }}
limit_req_zone $server_name zone=one:32k rate=30r/m;
client_max_body_size 64m;
proxy_read_timeout 300s;
proxy_http_version 1.1;
server {{
    listen {host}:{port} ssl;
    server_name localhost;
    {certificate}
    location / {{
        auth_basic "search";
        {users}
        if ($forbidden) {{ return 403; }}
        proxy_pass {search};
    }}
    location /with-key/ {{
        if ($has_key = "") {{ return 401; }}
        proxy_pass {search}/;
    }}
    location /open/ {{ proxy_pass {search}/; }}
    location /page/ {{ default_type text/html; return 200 "<html><title>Sign in</title></html>"; }}
    location /unavailable/ {{ return 503; }}
    location /limited/ {{ limit_req zone=one; proxy_pass {search}/; }}
    location /nobody/ {{ proxy_pass http://{host}:1/; }}
    location /impatient/ {{ proxy_read_timeout 1s; proxy_pass {search}/; }}
}}
"""


class SearchProxyServer(OnPorts[SearchProxyFacts]):
    """nginx with a door for each thing that may be in the way, by its path."""

    name = "search_proxy"
    needs = ("opensearch",)
    on_request = True

    def missing(self) -> str:
        """See Server.missing."""
        return nginx.missing()

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def _new_facts(self, ports: list[int]) -> SearchProxyFacts:
        url = f"https://localhost:{ports[0]}"
        return {
            "url": url,
            "user": "backup",
            "password": new_password(),
            "reader": "reader",
            "reader_password": new_password(),
            "key_url": f"{url}/with-key",
            "api_key": f"{new_password()[:20]}:{new_password()[:22]}",
            "open_url": f"{url}/open",
            "page_url": f"{url}/page",
            "unavailable_url": f"{url}/unavailable",
            "limited_url": f"{url}/limited",
            "nobody_url": f"{url}/nobody",
            "impatient_url": f"{url}/impatient",
            "ca_certs": str(self.home.folder / "ca.pem"),
            "wrong_ca": str(self.home.folder / "wrong-ca.pem"),
        }

    def _launch(self, facts: SearchProxyFacts) -> None:
        server = Nginx(self.home, self.name)
        running = server.start(config_text(server, facts, self.home.facts["opensearch"]))
        trust = ssl.create_default_context(cafile=facts["ca_certs"])

        def ready() -> bool:
            process.require_alive(self.name, running)
            with urllib.request.urlopen(f"{facts['page_url']}/", timeout=2, context=trust) as answer:
                return bool(answer.status == 200)

        wait_for(f"an answer of {self.name} ({facts['url']})", ready, seconds=20)


def config_text(server: Nginx, facts: SearchProxyFacts, search: SearchFacts) -> str:
    """Return what stands in the block http."""
    passwords = {facts["user"]: facts["password"], facts["reader"]: facts["reader_password"]}
    return _CONFIG.format(
        host=HOST,
        port=facts["url"].rpartition(":")[2],
        key=base64.b64encode(facts["api_key"].encode()).decode("ascii"),
        reader=facts["reader"],
        certificate=server.with_certificate(),
        users=server.with_users(passwords),
        search=search["url"],
    )
