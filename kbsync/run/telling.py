"""Tells the scheduler service what became of a schedule."""

from __future__ import annotations

from kbsync.api.client import StorageClient
from kbsync.errors import AccessError, ApiError, NotFoundError
from kbsync.plans.writes import Action, Write

_UNTOLD = {
    Action.ACTIVATE: "the schedule is written, but not activated",
    Action.DEACTIVATE: "the schedule is not stopped",
}


def tell(write: Write, client: StorageClient) -> None:
    """Send *write* to the service, whose answer says all there is to know.

    Raises:
        AccessError: The token may not do this; what was written before stays.
        ApiError: The same; and what was told may have been heard, see `may_have_happened`.
    """
    try:
        client.send(write)
    except (AccessError, ApiError) as error:
        if write.action is Action.DEACTIVATE and isinstance(error, NotFoundError):
            return  # it was not active
        error.args = (f"{write.key}: {_UNTOLD[write.action]}: {error}",)
        error.hint = f"{error.hint} Then run this again: it does what is left.".strip()
        raise
