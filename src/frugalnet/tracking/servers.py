"""Whether the server of a tracker is there and lets us in, in one short request."""

from collections.abc import Mapping
from typing import Any

from frugalnet.errors import FrugalNetError
from frugalnet.tracking.where import AwayError, RefusedByServerError

WAIT_S = 5.0
"""How long the server may take to connect, and to answer."""
REFUSED = (401, 403)


def ask(address: str, what: str, names: str, body: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Send JSON to an address, and return the JSON of the answer.

    `secrets` has `user` and `password`, or `token`. Raises AwayError for a server that is not there or not well,
    RefusedByServerError for one that does not let us in, and FrugalNetError for one of another kind; messages say `what`
    server it is, and `names` what to set.
    """
    import requests

    headers = {"Authorization": f"Bearer {secrets['token']}"} if "token" in secrets else {}
    auth = (secrets["user"], secrets["password"]) if "user" in secrets else None
    try:
        with requests.post(address, json=body, headers=headers, auth=auth, timeout=WAIT_S) as answer:
            check_status(answer.status_code, what, names)
            if answer.status_code != 200:
                raise _not_found(what, f"HTTP {answer.status_code}")
            found = answer.json()
    except requests.Timeout:
        raise AwayError(f"{what} is away (no answer within {WAIT_S:.0f} s)") from None
    except requests.ConnectionError as error:
        raise AwayError(f"{what} is away ({reason(error)})") from None
    except requests.JSONDecodeError:
        found = None
    except (requests.RequestException, ValueError):
        raise AwayError(f"{what} is away (no answer that can be read)") from None
    if not isinstance(found, dict):
        raise _not_found(what, "no JSON")
    return found


def _not_found(what: str, answer: str) -> FrugalNetError:
    return FrugalNetError(f"{what} was not found: what is there answers {answer}; expected its address")


def check_status(status: int, what: str, names: str) -> None:
    """Raise the error that the HTTP status of an answer stands for."""
    if status in REFUSED:
        raise RefusedByServerError(
            f"{what} refuses the user, password or key (HTTP {status}); expected {names}, in the environment, .env or secrets.yaml"
        )
    if status >= 500 or status == 429:
        raise AwayError(f"{what} is away (HTTP {status})")


def reason(error: BaseException) -> str:
    """Return briefly why a connection failed."""
    said = str(error).lower()
    for words in ("connection refused", "timed out", "name or service not known", "certificate", "reset by peer"):
        if words in said:
            return words
    if "resolve" in said or "resolution" in said:
        return "its name is not known"
    return "no connection"
