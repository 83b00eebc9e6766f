"""Checks of what CloudFormation made: the stack, its functions, their logs, its address, alarms."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml
from botocore.exceptions import ClientError

from commerce_hooks_cli.alarms import alarms_of, ringing
from commerce_hooks_cli.answer import Answer, NoAnswerError
from commerce_hooks_cli.aws import error_code
from commerce_hooks_cli.checkup import Check, Finding, good, left_out, warning, wrong
from commerce_hooks_cli.patient import NOT_HERE
from commerce_hooks_cli.stack_resources import FUNCTION, LOG_GROUP

if TYPE_CHECKING:
    from commerce_hooks_cli.alarms import Alarm
    from commerce_hooks_cli.patient import Patient

_FINE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}
_NOT_THERE = 404
_DEPLOY = "Deploy this version: README.md says how."
_CONNECT = "docs/runbook.md#connect-the-alarms"
_UNCONFIRMED = {"PendingConfirmation", "Deleted"}


def checks_of_stack(patient: Patient) -> list[Check]:
    looks = {
        "status": _status,
        "outputs": _outputs,
        "functions": _functions,
        "event sources": _event_sources,
        "logs": _logs,
    }
    address = {"callbacks": _callback_address, "Cenit": _cenit_address}
    alarms = {"there": _alarms, "quiet": _quiet, "told to": _told_to}
    return [
        *(Check("stack", name, partial(look, patient)) for name, look in looks.items()),
        *(Check("address", name, partial(look, patient)) for name, look in address.items()),
        *(Check("alarms", name, partial(look, patient)) for name, look in alarms.items()),
    ]


def _status(patient: Patient) -> Finding:
    status, _ = patient.stack
    if status in _FINE:
        return good(status)
    if status.endswith("_IN_PROGRESS"):
        return warning(status, "Wait until the deployment is over, then look again.")
    return wrong(status, "CloudFormation's console shows what failed. Then deploy again.")


def _outputs(patient: Patient) -> Finding:
    wanted = outputs_of_template((patient.checkout / "template.yaml").read_text(encoding="utf-8"))
    missing = sorted(wanted - patient.deployment.outputs.keys())
    if missing:
        return wrong(f"of another version, without {', '.join(missing)}", _DEPLOY)
    return good(f"all {len(wanted)} of this version")


def outputs_of_template(text: str) -> set[str]:
    """The names of the outputs that every stack of a template has."""
    outputs = yaml.load(text, _Plain)["Outputs"]  # noqa: S506 - it is a safe loader
    return {name for name, output in outputs.items() if "Condition" not in output}


# The template is long, and the loader in C ten times as fast; not every system has it.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Plain(_Loader):  # type: ignore[misc, valid-type] # one of two, by the system
    """Reads CloudFormation's own tags as nothing: what is looked for stands in none."""


_Plain.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def _functions(patient: Patient) -> Finding:
    functions = patient.of_kind(FUNCTION)
    client = patient.deployment.client("lambda")
    bad = []
    for function in functions:
        told = client.get_function_configuration(FunctionName=function.id)
        state = told.get("State", "Active"), told.get("LastUpdateStatus", "Successful")
        if state != ("Active", "Successful"):
            bad.append(f"{function.name}: {state[0]}, last update {state[1]}")
    if bad or not functions:
        return wrong("; ".join(bad) or "there are none", _DEPLOY)
    return good(f"{len(functions)} are active, their last update succeeded")


def _event_sources(patient: Patient) -> Finding:
    ours = {function.id: function.name for function in patient.of_kind(FUNCTION)}
    client = patient.deployment.client("lambda")
    found: list[tuple[str, str]] = []
    for id_, name in ours.items():
        pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=id_)
        found += [(name, one.get("State", "-")) for p in pages for one in p["EventSourceMappings"]]
    off = [f"{name}: {state}" for name, state in found if state != "Enabled"]
    if off:
        return wrong(f"not enabled: {', '.join(off)}", "Enable it in Lambda's console, or deploy.")
    return good(f"{len(found)} queues feed their functions")


def _logs(patient: Patient) -> Finding:
    groups = {group.id for group in patient.of_kind(LOG_GROUP)}
    pages = patient.deployment.client("logs").get_paginator("describe_log_groups")
    known: dict[str, int | None] = {}
    for prefix in (f"/aws/lambda/{patient.deployment.name}/", "/aws/vendedlogs/"):
        for page in pages.paginate(logGroupNamePrefix=prefix):
            known |= {one["logGroupName"]: one.get("retentionInDays") for one in page["logGroups"]}
    gone = sorted(groups - known.keys())
    if gone:
        return wrong(f"gone: {', '.join(gone)}", _DEPLOY)
    if endless := sorted(group for group in groups if not known[group]):
        return warning(f"kept for ever: {', '.join(endless)}", _DEPLOY)
    return good(f"{len(groups)} groups, kept for {_days(known[group] or 0 for group in groups)}")


def _days(numbers: Any) -> str:
    return f"{' or '.join(map(str, sorted(set(numbers))))} days"


def _callback_address(patient: Patient) -> Finding:
    return _answers_404(patient, patient.deployment.base_url)


def _cenit_address(patient: Patient) -> Finding:
    return _answers_404(patient, patient.deployment.cenit_base_url)


def _answers_404(patient: Patient, base_url: str) -> Finding:
    """What is not there is told by our own answer: so name, certificate and route are right."""
    mend = "Check PublicBaseUrl, the DNS record (output CallbackDomainTarget) and the certificate."
    try:
        answer = patient.post(f"{base_url}/doctor", b"", {})
    except NoAnswerError as error:
        return wrong(f"{base_url} gives no answer: {error}", mend)
    if answer.status == _NOT_THERE and _error_of(answer) == "not_found":
        return good(f"{base_url} answers in {answer.seconds * 1000:.0f} ms")
    return wrong(f"{base_url} answers {answer.status}, and not as ours do", mend)


def _error_of(answer: Answer) -> object:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return None
    return told.get("error") if isinstance(told, dict) else None


def _alarms_of(patient: Patient) -> dict[str, Alarm | None]:
    return alarms_of(patient.deployment.client("cloudwatch"), patient.resources)


def _alarms(patient: Patient) -> Finding:
    if patient.deployment.local:
        return left_out(NOT_HERE)
    alarms = _alarms_of(patient)
    gone = [name for name, alarm in alarms.items() if alarm is None]
    if gone or not alarms:
        return wrong(f"gone: {', '.join(gone) or 'all'}", _DEPLOY)
    return good(f"all {len(alarms)}")


def _quiet(patient: Patient) -> Finding:
    if patient.deployment.local:
        return left_out(NOT_HERE)
    loud = ringing(_alarms_of(patient))
    if loud:
        names = ", ".join(alarm.name for alarm in loud)
        return wrong(f"ringing: {names}", ", ".join(dict.fromkeys(a.runbook for a in loud)))
    return good("none rings")


def _told_to(patient: Patient) -> Finding:
    if patient.deployment.local:
        return left_out(NOT_HERE)
    known = [alarm for alarm in _alarms_of(patient).values() if alarm]
    mute = [alarm.name for alarm in known if not alarm.enabled]
    if mute:
        return warning(f"switched off: {', '.join(mute)}", "`aws cloudwatch enable-alarm-actions`")
    topics = sorted({topic for alarm in known for topic in alarm.topics})
    if not topics:
        return warning("nobody: they are seen in CloudWatch only (AlarmTopicArn)", _CONNECT)
    return _subscribers(patient, topics)


def _subscribers(patient: Patient, topics: list[str]) -> Finding:
    sns = patient.deployment.clients("sns")  # of which there are no stubs here
    confirmed = 0
    for topic in topics:
        try:
            pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            arns = [one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]]
        except ClientError as error:
            if error_code(error) not in {"NotFound", "NotFoundException"}:
                raise
            return wrong(f"{topic}, which does not exist", _CONNECT)
        confirmed += sum(arn not in _UNCONFIRMED for arn in arns)
    if not confirmed:
        return wrong("a topic that nobody has subscribed to and confirmed", _CONNECT)
    return good(f"{confirmed} confirmed subscriptions of {', '.join(topics)}")
