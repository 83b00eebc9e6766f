"""What stands in for the functions' code: a zip that runs the working copy in its place."""

from __future__ import annotations

import io
import os
import shlex
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

_EXECUTABLE_FILE = 0o100755 << 16
_PACKAGED_AT = (2020, 1, 1, 0, 0, 0)  # same content, same bytes


@dataclass(frozen=True)
class CodePaths:
    """Where a function's modules come from, in Lambda's order."""

    function: Path
    layers: tuple[Path, ...]
    built: bool

    def search_path(self) -> str:
        """The folders for PYTHONPATH.

        A built layer holds modules compiled for Lambda's processor, so this environment's own
        packages stand before it. With the working copy they are found after it, by themselves.
        """
        packages = (Path(sysconfig.get_path("purelib")),) if self.built else ()
        return os.pathsep.join(str(path) for path in (self.function, *packages, *self.layers))


def runtime_package(paths: CodePaths) -> bytes:
    """A custom runtime that is AWS's own for Python, on this interpreter."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    task_root = shlex.quote(str(paths.function))
    script = f"""#!/bin/sh
# The emulator's own settings, which functions inherit.
unset AUTH BIND_HOST DOCKER_HOST GATEWAY_PORT LAMBDA_EXECUTOR LOG_LEVEL
export PYTHONPATH={shlex.quote(paths.search_path())}
export LAMBDA_TASK_ROOT={task_root}
export AWS_EXECUTION_ENV=AWS_Lambda_python{version}
cd {task_root} || exit 1
exec {shlex.quote(sys.executable)} -P -m awslambdaric "$_HANDLER"
"""
    return _zip("bootstrap", script)


def placeholder_package() -> bytes:
    """For what must not be empty, but isn't looked into."""
    return _zip("README", "The code is read from the working copy.\n")


def _zip(name: str, text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo(name, _PACKAGED_AT)
        entry.external_attr = _EXECUTABLE_FILE
        archive.writestr(entry, text)
    return packed.getvalue()
