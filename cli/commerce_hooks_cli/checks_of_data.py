"""Checks of where things are kept: key ring, table, bucket, bus, archives, queues."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from commerce_hooks_cli.archives import in_words
from commerce_hooks_cli.aws import error_code
from commerce_hooks_cli.checkup import Check, Finding, good, left_out, warning, wrong
from commerce_hooks_cli.moments import ago
from commerce_hooks_cli.outbox import OutboxPlaces
from commerce_hooks_cli.queue_depth import depth
from commerce_hooks_cli.stack_resources import QUEUE

if TYPE_CHECKING:
    from commerce_hooks_cli.patient import Patient

_BEAT_WITHIN = timedelta(minutes=16)
"""Three beats, and a little: what HeartbeatMissingAlarm waits for."""
_LOOKS_FOR_A_BEAT = 3
_NOT_EMULATED = "the local stack does not keep it"
_DEPLOY = "Deploy this version: README.md says how."


def checks_of_data(patient: Patient) -> list[Check]:
    looks = {
        ("keys", "key ring"): _key_ring,
        ("keys", "stores' entries"): _entries,
        ("state", "table"): _table,
        ("state", "encryption"): _encryption,
        ("state", "recovery"): _recovery,
        ("bucket", "encryption"): _bucket_encryption,
        ("bucket", "public access"): _public_access,
        ("bus", "bus"): _bus,
        ("bus", "events' archive"): _event_archive,
        ("bus", "requests' archive"): _request_archive,
        ("bus", "heartbeat"): _heartbeat,
        ("queues", "outbox"): _outbox,
        ("queues", "dead letters"): _dead_letters,
    }
    return [Check(group, name, partial(look, patient)) for (group, name), look in looks.items()]


def _key_ring(patient: Patient) -> Finding:
    ring = patient.ring
    others = sorted(set(ring.keys) - {ring.sign})
    return good(f"{ring.sign} signs; also accepted: {', '.join(others) or 'none'}")


def _entries(patient: Patient) -> Finding:
    ring = patient.ring
    if ring.malformed:
        return wrong(
            f"unreadable, so refused: {', '.join(ring.malformed)}",
            "Mend the entry in the secret that the output KeyRingArn names.",
        )
    return good(f"{len(ring.stores)} deviate from the default")


def _table(patient: Patient) -> Finding:
    name = patient.deployment.state_table_name
    table = patient.deployment.client("dynamodb").describe_table(TableName=name)["Table"]
    status = table.get("TableStatus", "-")
    if status not in {"ACTIVE", "UPDATING"}:
        return wrong(f"{name} is {status}", _DEPLOY)
    return good(f"{name} is {status}")


def _encryption(patient: Patient) -> Finding:
    if patient.deployment.local:
        return left_out(_NOT_EMULATED)
    name = patient.deployment.state_table_name
    table = patient.deployment.client("dynamodb").describe_table(TableName=name)["Table"]
    if table.get("SSEDescription", {}).get("Status") != "ENABLED":
        return wrong("not with the account's key", _DEPLOY)
    return good("with the account's key for DynamoDB")


def _recovery(patient: Patient) -> Finding:
    if patient.deployment.local:
        return left_out(_NOT_EMULATED)
    told = patient.deployment.client("dynamodb").describe_continuous_backups(
        TableName=patient.deployment.state_table_name
    )["ContinuousBackupsDescription"]
    state = told.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    if state != "ENABLED":
        return wrong("the table cannot be taken back to a moment", _DEPLOY)
    return good("to any moment of the last days")


def _bucket_encryption(patient: Patient) -> Finding:
    bucket = patient.deployment.payload_bucket
    told = patient.deployment.client("s3").get_bucket_encryption(Bucket=bucket)
    rules = told["ServerSideEncryptionConfiguration"]["Rules"]
    kinds = [r.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for r in rules]
    if not any(kinds):
        return wrong(f"{bucket} is not encrypted", _DEPLOY)
    return good(f"{bucket}: {', '.join(filter(None, kinds))}")


def _public_access(patient: Patient) -> Finding:
    s3, bucket = patient.deployment.client("s3"), patient.deployment.payload_bucket
    try:
        told = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error_code(error) != "NoSuchPublicAccessBlockConfiguration":
            raise
        return wrong("not blocked", _DEPLOY)
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    open_ = [name for name in names if not told.get(name)]
    return wrong(f"not blocked: {', '.join(open_)}", _DEPLOY) if open_ else good("blocked")


def _bus(patient: Patient) -> Finding:
    name = patient.deployment.event_bus_name
    patient.deployment.client("events").describe_event_bus(Name=name)
    return good(name)


def _event_archive(patient: Patient) -> Finding:
    return _archive(patient, patient.deployment.event_archive_arn)


def _request_archive(patient: Patient) -> Finding:
    return _archive(patient, patient.deployment.request_archive_arn)


def _archive(patient: Patient, arn: str) -> Finding:
    name = arn.partition("/")[2]
    told = patient.deployment.client("events").describe_archive(ArchiveName=name)
    if told.get("State") != "ENABLED":
        return wrong(f"{name} is {told.get('State', '-')}", _DEPLOY)
    if not told.get("RetentionDays"):
        return warning(f"{name} keeps events for ever", "Set ArchiveRetentionDays, and deploy.")
    return good(f"keeps events for {told['RetentionDays']} days")


def _heartbeat(patient: Patient) -> Finding:
    """Beats stay in their queue for an hour, unread: looking takes none away."""
    queue = patient.physical_id("HeartbeatQueue")
    if queue is None:
        return wrong("its queue is gone", _DEPLOY)
    last = max((_beats(patient, queue)), default=None)
    if last is None and patient.deployment.local:
        return left_out("none yet: it beats every five minutes")
    if last is None and patient.is_new:
        return warning("none yet: the stack was deployed just now", "Look again in ten minutes.")
    if last is None or patient.now - last > _BEAT_WITHIN:
        when = f"the last came at {in_words(last)} UTC" if last else "none came for an hour"
        return wrong(when, "docs/runbook.md#heartbeat-missing")
    return good(f"the last came {ago(last, patient.now)} ago")


def _beats(patient: Patient, queue: str) -> list[datetime]:
    sqs = patient.deployment.client("sqs")
    moments = []
    for _ in range(_LOOKS_FOR_A_BEAT):
        told = sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        found = told.get("Messages", [])
        if not found:
            break
        moments += [int(one["Attributes"]["SentTimestamp"]) / 1000 for one in found]
    return [datetime.fromtimestamp(moment, UTC) for moment in moments]


def _outbox(patient: Patient) -> Finding:
    found = list(OutboxPlaces.of(patient.deployment).waiting())
    untold = [f"{one.place}: {one.error}" for one in found if one.error]
    look = patient.command("outbox status")
    if untold:
        return wrong("; ".join(untold), look)
    # Dead letters have a check of their own.
    counts = {one.place: one.count for one in found if one.count and one.place != "dead letters"}
    if counts:
        return warning(", ".join(f"{count} in {place}" for place, count in counts.items()), look)
    return good("nothing waits")


def _dead_letters(patient: Patient) -> Finding:
    sqs = patient.deployment.client("sqs")
    queues = [one for one in patient.of_kind(QUEUE) if one.name.endswith("DeadLetters")]
    counts = {one.name: depth(sqs, one.id) for one in queues}
    full = {name: count for name, count in counts.items() if count}
    if full:
        told = ", ".join(f"{count} in {name}" for name, count in full.items())
        return wrong(told, ", ".join(f"docs/runbook.md#{_anchor(name)}" for name in full))
    return good(f"none in {len(queues)} queues")


def _anchor(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
