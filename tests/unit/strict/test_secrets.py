"""The strict Secrets Manager: one secret, its versions."""

import pytest

from support.faults import THROTTLED, Script
from support.strict_secrets import StrictSecrets
from support.wire import NotModelledError


def test_a_secret_is_read_by_its_name_or_its_arn() -> None:
    service = StrictSecrets()
    ring = service.secret("ring", "{}")
    client = service.client()

    by_name, by_arn = (client.get_secret_value(SecretId=id_) for id_ in ("ring", ring.arn))

    assert by_name["SecretString"] == by_arn["SecretString"] == "{}"
    assert (by_arn["ARN"], by_arn["Name"]) == (ring.arn, "ring")
    assert by_arn["VersionStages"] == ["AWSCURRENT"]


def test_the_version_before_is_read_by_its_label() -> None:
    service = StrictSecrets()
    ring = service.secret("ring", "1")
    client = service.client()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId="ring", VersionStage="AWSPREVIOUS")
    first = client.get_secret_value(SecretId="ring")["VersionId"]

    ring.put("2")

    current = client.get_secret_value(SecretId="ring")
    before = client.get_secret_value(SecretId="ring", VersionStage="AWSPREVIOUS")
    assert (current["SecretString"], before["SecretString"]) == ("2", "1")
    assert before["VersionId"] == first != current["VersionId"]


def test_a_secret_nobody_made_is_not_found() -> None:
    client = StrictSecrets().client()

    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId="ring")


def test_it_may_be_throttled() -> None:
    service = StrictSecrets(Script().then("secretsmanager", THROTTLED["secretsmanager"]))
    service.secret("ring", "{}")
    client = service.client()

    with pytest.raises(client.exceptions.ClientError, match="ThrottlingException"):
        client.get_secret_value(SecretId="ring")


def test_what_it_does_not_model_is_no_failure_of_the_service() -> None:
    client = StrictSecrets().client()

    with pytest.raises(NotModelledError, match="VersionId"):
        client.get_secret_value(SecretId="ring", VersionId="0" * 32)


@pytest.mark.parametrize("text", ["", "x" * 65_537])
def test_a_secret_has_its_bounds(text: str) -> None:
    with pytest.raises(AssertionError):
        StrictSecrets().secret("ring", text)
    assert StrictSecrets().secret("ring", "x" * 65_536).puts == 1
