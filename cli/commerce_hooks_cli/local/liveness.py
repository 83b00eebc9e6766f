"""Whether a recorded process still is the process that was recorded."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

IDENTITY_PATH = "/_local/identity"
_ANSWERS_WITHIN = 3.0


def birth_mark(pid: int) -> str | None:
    """When the process started, in the system's own words; None if there is no such process.

    A process id comes back after a while, its start time doesn't.
    """
    if Path("/proc/self/stat").exists():
        return _mark_from_proc(pid)
    return _mark_from_ps(pid)


def _mark_from_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in brackets may hold spaces and brackets itself; what follows is well-formed.
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else fields[18]


def _mark_from_ps(pid: int) -> str | None:
    listed = subprocess.run(
        ["/bin/ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C", "PATH": os.defpath},
    )
    state, _, started = listed.stdout.strip().partition(" ")
    return None if state[:1] in {"", "Z"} else started.strip()


def answers_as(control_url: str, identity: str) -> bool:
    """Whether the control endpoint says that it belongs to this run."""
    address = urlsplit(control_url)
    connection = http.client.HTTPConnection(
        address.hostname or "", address.port, timeout=_ANSWERS_WITHIN
    )
    try:
        connection.request("GET", IDENTITY_PATH)
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(answer, dict) and answer.get("identity") == identity
