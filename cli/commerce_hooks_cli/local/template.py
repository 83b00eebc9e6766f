"""The real template, transformed as AWS would, in memory."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse
from yaml import YAMLError

from commerce_hooks_cli.local.clients import isolated_session
from commerce_hooks_cli.local.errors import LocalStackError
from commerce_hooks_cli.local.packages import CodePaths, placeholder_package, runtime_package

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Template = dict[str, Any]

CODE_BUCKET = "commerce-hooks-local-code"
_FUNCTION = "AWS::Serverless::Function"
_LAYER = "AWS::Serverless::LayerVersion"
# It would write about metrics of its own to the operator's screen.
logging.getLogger("samtranslator").addHandler(logging.NullHandler())
# The kind of runtime that brings its own interpreter: ours, with AWS's runtime client.
_CALLS_PLATFORMS = "PUBLIC_BASE_URL"
_CUSTOM_RUNTIME = "provided.al2023"


@dataclass(frozen=True)
class Source:
    """A template and the code beside it: the working copy, or what `sam build` made of it."""

    template: Path
    built: bool = False
    # On systems without AWS's runtime client: functions run in the emulator's own worker, on
    # whose interpreter they are found by PYTHONPATH.
    plain_worker: bool = False


@dataclass
class Deployable:
    """A CloudFormation template, and the code packages that it names by their keys."""

    template: Template
    packages: dict[str, bytes] = field(default_factory=dict)

    def add(self, package: bytes) -> str:
        """Keep a package; the address by which the template refers to it."""
        key = f"{sha256(package).hexdigest()}.zip"
        self.packages[key] = package
        return f"s3://{CODE_BUCKET}/{key}"


def transform(source: Source, parameters: Mapping[str, str], region: str) -> Deployable:
    """What SAM makes of the template, with code that the emulator can run.

    Raises:
        LocalStackError: The template can't be read, or SAM refuses it.
    """
    deployable = Deployable(_load(source.template))
    _point_to_packages(deployable, source)
    deployable.template = _translate(deployable.template, parameters, region)
    if not source.plain_worker:
        _use_custom_runtime(deployable.template)
    return deployable


def point_to_platforms(template: Template, platforms: Mapping[str, str]) -> None:
    """Let the functions that call platforms call the fake ones, by their base URLs."""
    for resource in template["Resources"].values():
        variables = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
        if resource["Type"] == "AWS::Lambda::Function" and _CALLS_PLATFORMS in variables:
            variables["FAKE_PLATFORMS"] = json.dumps(platforms)


def _load(path: Path) -> Template:
    try:
        return yaml_parse(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    except (OSError, YAMLError) as error:
        raise LocalStackError(f"{path} cannot be read.", str(error)) from error


def _point_to_packages(deployable: Deployable, source: Source) -> None:
    """Let code and layers be what stands in for them; nothing is built or copied."""
    resources = deployable.template["Resources"]
    layers = {name: r["Properties"] for name, r in resources.items() if r["Type"] == _LAYER}
    layer_paths = {name: _layer_path(source, layer) for name, layer in layers.items()}
    for layer in layers.values():
        layer["ContentUri"] = deployable.add(placeholder_package())
    common = deployable.template.get("Globals", {}).get("Function", {})
    for resource in resources.values():
        if resource["Type"] == _FUNCTION:
            function = resource["Properties"]
            paths = _code_paths(source, {**common, **function}, layer_paths)
            function["CodeUri"] = deployable.add(_package(source, paths))
            if source.plain_worker:
                _set_search_path(function, paths)


def _layer_path(source: Source, layer: Template) -> Path:
    # What SAM builds has the modules where Lambda looks for them.
    return _resolve(source, layer["ContentUri"]) / ("python" if source.built else "")


def _code_paths(source: Source, function: Template, layers: Mapping[str, Path]) -> CodePaths:
    return CodePaths(
        function=_resolve(source, function["CodeUri"]),
        layers=tuple(layers[layer["Ref"]] for layer in function.get("Layers", [])),
        built=source.built,
    )


def _resolve(source: Source, uri: str) -> Path:
    return (source.template.parent / uri).resolve()


def _package(source: Source, paths: CodePaths) -> bytes:
    return placeholder_package() if source.plain_worker else runtime_package(paths)


def _set_search_path(function: Template, paths: CodePaths) -> None:
    variables = function.setdefault("Environment", {}).setdefault("Variables", {})
    variables["PYTHONPATH"] = paths.search_path()


def _translate(template: Template, parameters: Mapping[str, str], region: str) -> Template:
    defaults = {
        name: parameter["Default"]
        for name, parameter in template.get("Parameters", {}).items()
        if "Default" in parameter
    }
    translator = Translator({}, Parser(), boto_session=isolated_session(region))
    try:
        plain = translator.translate(template, {**defaults, **parameters, "AWS::Region": region})
    except InvalidDocumentException as error:
        causes = "\n".join(cause.message for cause in error.causes)
        raise LocalStackError("SAM refuses the template.", causes) from error
    return plain  # type: ignore[no-any-return]


def _use_custom_runtime(template: Template) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Runtime"] = _CUSTOM_RUNTIME
