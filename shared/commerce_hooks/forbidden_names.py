"""Names of fields that hold card data or a national id, such as `cardNumber` or `customer_cpf`.

Compared without case, accents, and whatever is no letter or digit. Names that may as well mean
something harmless are not among them: `id`, `code`, `card`, `expiration_date`, iSET's `payment`.
Some names are among them only where the value is a number that can be a national id: `tz`, which
is a time zone else, and names such as `document` or `taxid`, which may hold a file or a rate.
"""

import re
import unicodedata

from commerce_hooks.decoding import JsonValue

# Longer than any of them; bringing a long row of accents into order takes the square of its length.
_LONGEST_NAME = 64
_SEPARATORS = re.compile(r"[\W_]+")
_WHOSE = (
    "(?:(?:d[aeo]|del)?(?:billing|buyer|client|cliente|comprador|consumer|customer|destinatario|holder|owner"
    "|pagador|payer|recipient|shipping|titular|user))?"
)
_FORBIDDEN_NAME = re.compile(
    rf"""
    # Of a Konimbo order, its API documentation names the first two; a payment's response in an
    # order's body would stand under the third.
    creditcarddetails | payments | creditguardxml
    | {_WHOSE}(?:
        (?:credit|debit|payment)card
        | (?:cc|(?:credit|debit|payment)?card)(?:
            number|no|num|pan|(?:number)?mask(?:ed)?|token|last4|lastfour|last4digits
            | cvv2?|cvc2?|securitycode|verificationvalue|pin|trackdata
            | exp(?:iry|iration)?(?:date|month|year)?|validity
            | (?:holder|owner)(?:name|id)?
            | data|details|info
        )
        | nameoncard|pan|cvv2?|cvc2?|exp(?:iry|iration)?(?:month|year)|magstripe|track[12](?:data)?
        | securitycode|masked(?:pan|card(?:number)?)
        | (?:numero|dados|nomeno|titular|validade)(?:do)?cartao|codigoseguranca(?:do)?cartao
        | cartao(?:de)?credito
        | (?:numero|datos|titular|vencimiento)(?:de)?tarjeta|tarjeta(?:de)?credito
        | כרטיסאשראי|מספרכרטיס(?:אשראי)?|תוקףכרטיס
        | (?:numero(?:de|do)?|num?)?(?:
            cpf|cpfcnpj|cnpjcpf|rg|registrogeral|rut|dni|cedula
            | nationalid(?:entity)?|personalid|israeliid|curp|identitycard|socialsecurity|ssn
            | teudatz?eh?ut|passport|passaporte|pasaporte
        )(?:number|no|num|numero)?
        | id(?:entity|entification|card)?number|identityno|mispar(?:teudat)?zehut
        | (?:מספר)?תז(?:לקוח)?|תעודתזהות|מספר(?:תעודת)?זהות|(?:מספר)?דרכון
        # Teudat zehut, or a time zone, which is no number.
        | (?P<or_zone>tz)
        | (?P<or_paper>
            (?:numero(?:de|do)?|num?)?document[eo]?(?:number|no|num|numero)?
            | tax(?:vat|id)|nif|nuit|cedulaidentidade|id(?:num|no)
        )
    ){_WHOSE}
    """,
    re.VERBOSE,
)
_ISRAELI_ID = re.compile(r"[0-9]{7,9}")
# Without what separates them; K is the check digit of some RUTs.
_ANY_ID = re.compile(r"[0-9]{7,14}|[0-9]{7,8}[Kk]")
_LONGEST_ID = 32


def is_forbidden(name: str, value: JsonValue) -> bool:
    """Whether a field of this name holds card data or a national id, however it is spelled."""
    if len(name) > _LONGEST_NAME:
        return False
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKD", name).casefold())
    found = _FORBIDDEN_NAME.fullmatch(plain)
    if found and found["or_zone"]:
        return _ISRAELI_ID.fullmatch(_short(value)) is not None
    if found and found["or_paper"]:
        return _ANY_ID.fullmatch(_SEPARATORS.sub("", _short(value))) is not None
    return found is not None


def _short(value: JsonValue) -> str:
    """A text or an integer as a text; of what is no id there is no need to see more."""
    return str(value)[:_LONGEST_ID] if isinstance(value, str | int) else ""
