"""`sam build` of this checkout, and its artifacts imported the way Lambda does."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

from support.environment import ENSURE_ENVIRONMENT, FUNCTION_ENVIRONMENT
from template.reading import ROOT

SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
# What Lambda's Python runtime brings: enough of it for boto3.
OF_THE_RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    **FUNCTION_ENVIRONMENT,
    **ENSURE_ENVIRONMENT,
}
# Imports a module with the given path and says where everything came from.
IMPORT = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[2])
module = importlib.import_module(sys.argv[1])
assert callable(module.lambda_handler)
files = {name: getattr(each, "__file__", None) for name, each in sys.modules.items()}
print(json.dumps({name: file for name, file in files.items() if file}))
"""


@dataclass(frozen=True, slots=True)
class Built:
    """The folder that `sam build` wrote."""

    folder: Path

    @property
    def layer(self) -> Path:
        return self.folder / "SharedLayer"

    def function(self, name: str) -> Path:
        return self.folder / name


def sam_build(folder: Path, *resources: str) -> Built:
    """Build a copy of what the build needs, so that the checkout stays as it is."""
    source = folder / "source"
    for name in ("functions", "shared"):
        shutil.copytree(ROOT / name, source / name)
    for name in ("template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / name, source)
    command = ["sam", "build", "--build-dir", str(folder / "built"), *resources]
    _output(command, _with_our_tools(), source)
    return Built(folder / "built")


def _with_our_tools() -> dict[str, str]:
    tools = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_TELEMETRY": "0",
    }


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder with a hash of what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def zipped_size(folder: Path, archive: Path) -> int:
    """Size of the folder's zip file, made as SAM makes it: deflated, files only."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in contents(folder):
            zipped.write(folder / name, name)
    return archive.stat().st_size


def imported_files(module: str, path: list[Path]) -> dict[str, Path]:
    """Import a handler's module in a fresh interpreter and return the file of each module.

    `-I -S -B`: nothing of this virtual environment or checkout gets in, nothing is written.
    """
    stdlib = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    dynamic = sysconfig.get_config_var("DESTSHARED") or stdlib[0]
    search = [*map(str, path), *stdlib, dynamic]
    command = [sys.executable, "-I", "-S", "-B", "-c", IMPORT, module, json.dumps(search)]
    files = json.loads(_output(command, ENVIRONMENT))
    return {name: Path(file) for name, file in files.items()}


def _output(command: list[str], environment: dict[str, str], folder: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def linked(folder: Path, *names: str) -> Path:
    """A folder with only these packages of the virtual environment."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(SITE_PACKAGES / name)
    return folder
