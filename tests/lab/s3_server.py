# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server of the S3 protocol: rclone, which serves a folder over TLS. Each folder in that is a bucket.

It has the address `localhost` in its certificate. It keeps what it is told of server-side encryption and object lock,
and does nothing of it; it knows no versions. The ETag of an object is the MD5 of its content, also of one that was sent
in parts. Sizes of files that are changed in its folder it may tell wrongly for five minutes.
"""

from __future__ import annotations

import secrets
import shutil
import sys
from pathlib import Path
from typing import Any

from . import process
from .ports import HOST
from .server import OnPorts
from .state import S3Facts
from .waiting import wait_for

PROGRAM = "rclone"
BUCKET = "backups"
REGION = "us-east-1"
# The keys are no arguments, which every user may read.
_LAUNCH = 'set -eu; RCLONE_AUTH_KEY=$(cat "$1"); export RCLONE_AUTH_KEY; shift; exec "$@"'


class S3Server(OnPorts[S3Facts]):
    """`rclone serve s3` of this environment or on PATH."""

    name = "s3"
    on_request = True

    def missing(self) -> str:
        """See Server.missing."""
        return "" if program() else f"no {PROGRAM} in this environment or on PATH"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def _new_facts(self, ports: list[int]) -> S3Facts:
        folder = self.home.server_folder(self.name)
        (folder / "data" / BUCKET).mkdir(parents=True, exist_ok=True)
        facts: S3Facts = {
            "url": f"https://localhost:{ports[0]}",
            "bucket": BUCKET,
            "region": REGION,
            "access_key": f"AKIA{secrets.token_hex(8).upper()}",  # of the length that services give
            "secret_key": secrets.token_hex(20),
            "ca_certs": str(self.home.folder / "ca.pem"),
            "wrong_ca": str(self.home.folder / "wrong-ca.pem"),
            "data_dir": str(folder / "data"),
        }
        self.home.server_file(folder / "auth", f'"{facts["access_key"]},{facts["secret_key"]}"')
        return facts

    def _launch(self, facts: S3Facts) -> None:
        auth = Path(facts["data_dir"]).parent / "auth"
        address = f"{HOST}:{facts['url'].rpartition(':')[2]}"
        argv = ["/bin/sh", "-c", _LAUNCH, "s3", str(auth), program(), "serve", "s3", facts["data_dir"]]
        argv += ["--addr", address, "--vfs-cache-mode", "off", "--config", "/dev/null"]
        argv += ["--cert", str(self.home.folder / "server.pem"), "--key", str(self.home.folder / "server.key")]
        running = self.home.launch(self.name, argv)

        def ready() -> bool:
            process.require_alive(self.name, running)
            return bool(client(facts).list_buckets()["Buckets"])

        wait_for(f"an answer of {self.name} ({facts['url']})", ready, seconds=20)


def program() -> str:
    """Return the path of rclone, beside the running Python or on PATH; empty when there is none."""
    beside = Path(sys.executable).with_name(PROGRAM)
    return str(beside) if beside.exists() else shutil.which(PROGRAM) or ""


def client(facts: S3Facts) -> Any:
    """Return a client of boto3 for the server."""
    import boto3  # here, as it takes long
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=facts["url"],
        region_name=facts["region"],
        aws_access_key_id=facts["access_key"],
        aws_secret_access_key=facts["secret_key"],
        verify=facts["ca_certs"],
        config=Config(
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=2,
            read_timeout=10,
            retries={"total_max_attempts": 1},
        ),
    )
