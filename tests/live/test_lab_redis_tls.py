# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's second Redis speaks TLS by itself, and leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from ansible_collections.day2.ops.tests.lab import process
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.redis_server import connect, connect_tls
from ansible_collections.day2.ops.tests.lab.state import RedisFacts


def test_tls_is_the_servers_own_and_verified(redis_tls: RedisFacts) -> None:
    with connect_tls(redis_tls) as client:
        client.set("lab:seen", "through TLS")
    with connect(redis_tls) as client:
        assert client.get("lab:seen") == b"through TLS"
        assert client.config_get("tls-port") == {"tls-port": str(redis_tls["tls_port"])}
        client.delete("lab:seen")
    with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        connect_tls(redis_tls, ssl_ca_certs=redis_tls["wrong_ca"]).ping()


def test_it_stops_and_comes_back(lab: Lab, redis_tls: RedisFacts) -> None:
    lab.break_server("redis_tls", "kill")
    with pytest.raises(redis.ConnectionError):
        connect_tls(redis_tls).ping()
    lab.mend("redis_tls")
    assert connect_tls(redis_tls).ping()


@pytest.mark.usefixtures("redis_tls")
def test_it_leaves_nothing(lab_folder: Path) -> None:
    with Lab(lab_folder) as own:
        known = own.up(["redis_tls"])["processes"]["redis_tls"]
    assert not process.is_alive(known)
    assert not lab_folder.exists()
