"""Names of fields that hold card data or a national id, such as `cardNumber` or `customer_cpf`.

Compared without case, accents, and whatever is no letter or digit. Names that may as well mean
something harmless are not among them: `id`, `code`, `card`, `expiration_date`, iSET's `payment`.
"""

import re
import unicodedata

from commerce_hooks.decoding import JsonValue

# Longer than any of them; bringing a long row of accents into order takes the square of its length.
_LONGEST_NAME = 64
_SEPARATORS = re.compile(r"[\W_]+")
_WHOSE = (
    "(?:billing|buyer|client|cliente|comprador|consumer|customer|destinatario|holder|owner"
    "|pagador|payer|recipient|shipping|titular|user)?"
)
_FORBIDDEN_NAME = re.compile(
    rf"""
    # Of a Konimbo order, its API documentation names the first two; a payment's response in an
    # order's body would stand under the third.
    creditcarddetails | payments | creditguardxml
    | {_WHOSE}(?:
        (?:credit|debit|payment)card
        | (?:cc|(?:credit|debit|payment)?card)(?:
            number|no|num|pan|mask|token|last4|lastfour|last4digits
            | cvv2?|cvc2?|securitycode|verificationvalue|pin|trackdata
            | exp(?:iry|iration)?(?:date|month|year)?|validity
            | (?:holder|owner)(?:name|id)?
            | data|details|info
        )
        | nameoncard|pan|cvv2?|cvc2?|exp(?:iry|iration)?(?:month|year)|magstripe|track[12]data
        | (?:numero|dados|nomeno|titular|validade)(?:do)?cartao|codigoseguranca(?:do)?cartao
        | cartao(?:de)?credito
        | (?:numero|datos|titular|vencimiento)(?:de)?tarjeta|tarjeta(?:de)?credito
        | כרטיסאשראי|מספרכרטיס(?:אשראי)?|תוקףכרטיס
        | (?:numero(?:de|do)?)?(?:
            cpf|cpfcnpj|cnpjcpf|rg|registrogeral|rut|dni|cedula
            | nationalid(?:entity)?|personalid|identitycard|socialsecurity|ssn
            | teudatz?eh?ut|passport|passaporte|pasaporte
        )(?:number|no|num|numero)?
        | id(?:entity|entification|card)?number|identityno|mispar(?:teudat)?zehut
        | תז|תעודתזהות|מספר(?:תעודת)?זהות|(?:מספר)?דרכון
        # Teudat zehut, or a time zone, which is no number.
        | (?P<or_zone>tz)
    ){_WHOSE}
    """,
    re.VERBOSE,
)
_ISRAELI_ID = re.compile(r"[0-9]{7,9}")


def is_forbidden(name: str, value: JsonValue) -> bool:
    """Whether a field of this name holds card data or a national id, however it is spelled."""
    if len(name) > _LONGEST_NAME:
        return False
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKD", name).casefold())
    found = _FORBIDDEN_NAME.fullmatch(plain)
    if found and found["or_zone"]:
        return _ISRAELI_ID.fullmatch(str(value)) is not None
    return found is not None
