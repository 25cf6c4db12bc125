"""Is a replica ready? One GET, as the gateway would send it."""

import http.client


def probe(port: int, path: str, timeout: float = 2.0) -> str:
    """ "" when `path` answers 200, else what was seen."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Connection": "close", "User-Agent": "sluice-probe"})
        status = connection.getresponse().status
    except TimeoutError:
        return f"GET {path} gave no answer within {timeout:g} s"
    except ConnectionRefusedError:
        return f"nothing listens on its port yet for GET {path}"
    except (OSError, http.client.HTTPException) as error:
        return f"GET {path} failed: {error or type(error).__name__}"
    finally:
        connection.close()
    return "" if status == http.client.OK else f"GET {path} answered {status}"
