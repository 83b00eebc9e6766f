"""Other accounts: nobody has access to the bus unless named, and then to rules of its own only."""

from template.reading import Template


def test_no_other_account_has_access_unless_it_is_named(template: Template) -> None:
    assert template.resources["ConsumerAccess"]["Condition"] == "HasConsumerAccounts"
    assert template.document["Conditions"]["HasConsumerAccounts"] == {
        "Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "ConsumerAccounts"}]}, ""]}]
    }
    assert template.document["Parameters"]["ConsumerAccounts"]["Default"] == ""


def test_an_account_that_is_named_may_have_rules_of_its_own_and_put_nothing(
    template: Template,
) -> None:
    access = template.properties("ConsumerAccess")
    statement = access["Statement"]

    assert access["EventBusName"] == {"Ref": "EventBus"}
    assert statement["Principal"] == {"AWS": {"Ref": "ConsumerAccounts"}}
    assert {action.partition(":")[0] for action in statement["Action"]} == {"events"}
    assert not {"events:PutEvents", "events:*", "events:PutPermission"} & set(statement["Action"])
    assert statement["Resource"] == {
        "Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:"
        "rule/${EventBus}/*"
    }
    assert statement["Condition"] == {
        "StringEqualsIfExists": {"events:creatorAccount": "${aws:PrincipalAccount}"}
    }
