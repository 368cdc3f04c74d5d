"""The encryption service of a stack: plain values in, ciphertext out, or an error.

Asked before anything is written. Whatever goes wrong, nothing that the service says
is repeated: it may hold the values it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping

from kbsync.api.client import StorageClient
from kbsync.api.services import address_of
from kbsync.api.transport import Transport
from kbsync.api.wire import Call
from kbsync.errors import AccessError, ApiError
from kbsync.model import Json
from kbsync.secrets import is_ciphertext

_LEAST_TELLING = 8
"""From how many characters on a value inside a ciphertext is no chance."""


class EncryptionService:
    """Encrypts for one project. May be used from several threads."""

    def __init__(self, client: StorageClient, project_id: int) -> None:
        """Find the service: one request to the stack.

        Raises:
            ApiError: The stack does not tell an address that values may be sent to.
        """
        self._transport: Transport = client.beside(_address(client.index()))
        self._project_id = project_id

    def close(self) -> None:
        self._transport.close()

    def encrypt(self, component_id: str, values: Mapping[str, str]) -> dict[str, str]:
        """Return ciphertext for each of *values*, by the same names: one request.

        It is good for all configurations of the component in the project, as what people enter in
        the platform's own forms: a copy of a configuration goes on working.

        Raises:
            ApiError: There is no answer, or not one with ciphertext for every value.
        """
        call = Call(
            method="POST",
            path=("encrypt",),
            query={"projectId": str(self._project_id), "componentId": component_id},
            # Only what stands under a `#key` is encrypted.
            body={f"#{name}": value for name, value in values.items()},
            is_idempotent=True,
        )
        try:
            answer = self._transport.ask(call)
        except AccessError:
            raise _failed("it refused the request") from None
        except ApiError as error:
            raise _failed(_reason(error)) from None
        return _checked(answer, values)


def _address(index: Json) -> str:
    found = address_of(index, "encryption")
    if not found:
        raise _failed("the stack tells no safe address of it")
    return found


def _checked(answer: Json, values: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(answer, dict) or answer.keys() != {f"#{name}" for name in values}:
        raise _failed("it did not answer with what it was asked for")
    found = {}
    for name, value in values.items():
        text = answer[f"#{name}"]
        if not isinstance(text, str) or not is_ciphertext(text):
            raise _failed(f"its answer for {name} is no ciphertext")
        if text != value and len(value) >= _LEAST_TELLING and value in text:
            raise _failed(f"its answer for {name} shows the value")
        found[name] = text
    return found


def _reason(error: ApiError) -> str:
    if error.status >= 300:
        return f"it answered with HTTP {error.status}"
    return "its answer is not JSON" if error.status else "it could not be reached"


def _failed(why: str) -> ApiError:
    error = ApiError(
        f"The secrets could not be encrypted by the encryption service: {why}",
        hint="Nothing is written without it. Try again.",
    )
    error.may_have_happened = False
    return error
