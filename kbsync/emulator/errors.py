"""What the emulator says when it cannot: to its user, and to the clients it serves. Pure."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any


class EmulatorError(Exception):
    """The emulator cannot start or load what it was given. Nothing was changed.

    *what* is the kind of trouble: `data` for a seed or data file, `start` for the address.
    """

    def __init__(self, message: str, hint: str = "", *, what: str = "data") -> None:
        super().__init__(message)
        self.hint = hint
        self.what = what


class ApiError(Exception):
    """An answer with a 4xx or 5xx status. The transaction it is raised in is rolled back."""

    mimetype = "application/json"

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.extra = extra

    def body(self) -> str:
        return error_body(str(self), self.code, **self.extra)


class ServiceError(ApiError):
    """An error of a service beside Storage: there `code` is the status, a number."""

    def __init__(self, status: int, message: str, service: str) -> None:
        super().__init__(status, "", message)
        self.service = service

    def body(self) -> str:
        exception_id = f"{self.service}-{secrets.token_hex(16)}"
        return json.dumps({"error": str(self), "code": self.status, "exceptionId": exception_id})


def error_body(message: str, code: str, **extra: Any) -> str:
    """The API's error object; every one of them has its own `exceptionId`."""
    return json.dumps(
        {
            "status": "error",
            "error": message,
            "code": code,
            "exceptionId": f"emulator-{secrets.token_hex(16)}",
            **extra,
        }
    )


def invalid_request(key: str, message: str, code: str = "validation.failed") -> ApiError:
    """The newer of the API's two validation styles: query parameters and typed bodies."""
    return ApiError(
        400,
        code,
        f'Invalid request:\n - {key}: "{message}"',
        errors=[{"key": key, "message": message}],
    )


def invalid_parameter(area: str, field: str, message: str) -> ApiError:
    """The older style: *area* is `components` or `componentsRows`."""
    return ApiError(400, f"storage.{area}.validation", f"Invalid parameters - {field}: {message}")


def access_denied(message: str = "You don't have access to the resource.") -> ApiError:
    return ApiError(403, "accessDenied", message)


def config_not_found(config_id: str) -> ApiError:
    return ApiError(404, "storage.configuration.notFound", f'Configuration "{config_id}" not found')


def row_not_found(row_id: str) -> ApiError:
    return ApiError(404, "notFound", f"Row {row_id} not found")


def version_not_found(number: object) -> ApiError:
    return ApiError(404, "storage.configuration.versionNotFound", f"Version {number} not found")


def branch_not_found(branch: object) -> ApiError:
    return ApiError(404, "notFound", f'Branch id:"{branch}" was not found.')


def not_implemented(message: str = "Not implemented", **extra: Any) -> ApiError:
    return ApiError(501, "notImplemented", message, **extra)


def unknown_include(name: str, allowed: Sequence[str]) -> ApiError:
    return invalid_request(
        "include",
        f'Invalid include parameters: "{name}". Only following are allowed: {", ".join(allowed)}.',
    )
