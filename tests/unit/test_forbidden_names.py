"""Which fields hold card data or a national id by their names, and which are harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.decoding import JsonValue
from commerce_hooks.forbidden_names import is_forbidden
from commerce_hooks.schemas import centry, iset, konimbo
from commerce_hooks.schemas.fields import described

FORBIDDEN = [
    *("credit_card_details", "payments", "credit_guard_xml", "creditCard", "payment_card"),
    *(
        "cardNumber",
        "CARD-NUMBER",
        "card.number",
        "card no",
        "cc_number",
        "ccNum",
        "pan",
        "cardPan",
    ),
    *("cvv", "CVV2", "cvc", "card_cvv", "creditCardSecurityCode", "cc_cvc2", "track2Data"),
    *("card_exp", "cardExpiry", "credit_card_expiration_date", "exp_month", "expiryYear"),
    *("card_holder", "cardholderName", "card_owner_id", "NameOnCard", "card_token", "cardLast4"),
    *("número do cartão", "numero_cartao", "titular_cartão", "NUMERO_TARJETA", "tarjetaDeCrédito"),
    *("מספר כרטיס", "מספר כרטיס אשראי", "תוקף כרטיס"),
    *("cpf", "CPF", "cpf_cnpj", "customer_cpf", "cpfCliente", "numero_cpf", "cpf_number", "rg"),
    *("rut", "RUT_comprador", "buyerRut", "dni", "id_number", "identityNumber", "national_id"),
    *("personalId", "teudat_zehut", "TeudatZeut", "mispar_zehut", "passport", "passport_no"),
    *("passaporte", "ssn", "billing_passport_number", "ת.ז.", "תעודת זהות", "מספר ת״ז"[5:]),
    *("securityCode", "track2", "cardMask", "card_number_mask", "maskedPan", "MaskedCardNumber"),
    *("israeli_id", "num_cpf", "nuCPF", "CPF do titular", "curp", "CURP", "customer_curp"),
    *("מספר ת.ז.", "תז לקוח", "ת״ז לקוח"),
    *("\uff43\uff56\uff56", "c-v-v", "card_number_"),
]
HARMLESS = [
    *("id", "code", "card", "number", "payment", "brand", "expiration_date", "expiry", "holder"),
    *("gift_card_message", "cardboard", "discard", "payment_status", "credit", "token", "pin"),
    *("span", "pants", "rgb", "routing", "route", "truth", "tz", "document_number", "order_number"),
    *("customer", "user_id", "phone_number", "account_number", "tax_rate", "identity", "", "_"),
    *("document", "taxid", "tax_vat", "nif", "nuit", "id_no", "numbers", "security", "track"),
    *("שם", "מספר", "x" * 65, "c" + "_" * 62 + "vv"),
]


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_name_of_card_data_or_a_national_id_is_known_however_it_is_spelled(name: str) -> None:
    assert is_forbidden(name, None)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_name_that_may_mean_something_harmless_is_none(name: str) -> None:
    assert not is_forbidden(name, "Asia/Jerusalem")


@pytest.mark.parametrize(
    ("value", "forbidden"),
    [
        ("012345678", True),
        (12345678, True),
        ("Asia/Jerusalem", False),
        ("+03:00", False),
        (10800, False),
        (None, False),
        ({"a": 1}, False),
    ],
)
def test_tz_is_a_national_id_where_it_is_a_number_and_else_a_time_zone(
    value: str | int | None, *, forbidden: bool
) -> None:
    assert is_forbidden("customer_tz", value) is forbidden


PAPERS = [
    *("document", "documento", "documentNumber", "numero_documento", "customer_document", "taxvat"),
    *("tax_id", "NIF", "nuit", "cedula_identidade", "idNum", "id_no", "buyer_tax_id"),
    *("Documento do titular", "número do documento", "taxvat_billing"),
]


@pytest.mark.parametrize("name", PAPERS)
@pytest.mark.parametrize(
    ("value", "forbidden"),
    [
        *(("52998224725", True), ("529.982.247-25", True), (1234567, True), ("1234567", True)),
        *(("11.222.333/0001-81", True), ("10000013-k", True), ("12 345 678", True)),
        *(("123456", False), (123456, False), ("1" * 15, False), ("", False), (None, False)),
        *(("invoice.pdf", False), ("A-1234567", False), (1234567.5, False), (True, False)),
        *((["52998224725"], False), ({"id": 1234567}, False), ("1 " * 1000, False)),
    ],
    ids=repr,
)
def test_a_paper_s_name_means_a_national_id_where_the_value_can_be_one(
    name: str, value: JsonValue, *, forbidden: bool
) -> None:
    assert is_forbidden(name, value) is forbidden


@pytest.mark.parametrize(
    "model", [konimbo.Order, konimbo.Line, konimbo.Ticket, konimbo.Customer, iset.OrderBody]
)
def test_no_documented_field_is_lost(model: type[konimbo.Order]) -> None:
    fields = {**described(model), **described(iset.Payment), **described(centry.OrderBody)}

    assert [name for name in fields if is_forbidden(name, "1234567")] == []


@given(st.text())
def test_any_name_can_be_judged(name: str) -> None:
    assert isinstance(is_forbidden(name, 1), bool)
