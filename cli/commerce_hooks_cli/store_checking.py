"""A store's credentials tried: what the platform says, and what keeps it from saying anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_hooks.http.errors import PlatformError
from commerce_hooks.platform_access import Checked, Finding

if TYPE_CHECKING:
    from commerce_hooks.platform_access import StoreAccess


def check(access: StoreAccess) -> Checked:
    """Make the real call; a platform that does not do its part is a finding like others."""
    try:
        return access.check()
    except PlatformError as error:
        return Checked((Finding(f"The call failed: {error}."),))
