"""Run by a client's own Python: call `kbcstorage` as told on stdin, a JSON object a line."""

import json
import operator
import sys

from kbcstorage.client import Client  # type: ignore[import-not-found]  # not in this environment


def answer(client, call):
    try:
        method = operator.attrgetter(call["method"])(client)
        return {"result": method(*call["args"], **call["options"])}
    except Exception as error:
        response = getattr(error, "response", None)
        return {
            "error": type(error).__name__,
            "status": getattr(response, "status_code", None),
            "message": str(error),
        }


def main():
    client = Client(*sys.argv[1:])
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(client, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
