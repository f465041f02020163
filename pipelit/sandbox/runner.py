"""What runs inside the sandbox, read as text and given to the host's Python. Standard library only.

Reads a job from standard input: `{"limits": {...}, "argv": [...]}` to become that program, or `{"limits", "code",
"variables"}` to run code, whose outcome goes to the descriptor `result` as `{"value"}` or `{"error", "memory"?}`.

To start is most of what a short step costs, so it loads next to nothing: JSON by the C functions that the json module
itself stands on, and syntax trees by the compiler's own flag.
"""

import os
import resource
import sys
from _json import encode_basestring_ascii, make_encoder, make_scanner

FILE = "<code>"
ONLY_TREE = 0x0400
"""ast.PyCF_ONLY_AST"""


class Reading:
    """What make_scanner asks of a decoder."""

    strict = False
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def main() -> None:
    job = make_scanner(Reading)(sys.stdin.read(), 0)[0]  # type: ignore[arg-type]
    for name, value in job["limits"].items():
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if "argv" in job:
        os.close(job["result"])
        try:
            os.execvp(job["argv"][0], job["argv"])  # noqa: S606
        except OSError as error:
            sys.exit(f"{job['argv'][0]}: {error.strerror}")
    outcome = run(job["code"], job["variables"])
    sys.stdout.flush()
    with os.fdopen(job["result"], "w") as result:
        result.write(outcome)


def run(code: str, variables: dict[str, object]) -> str:
    try:
        tree = compile(code, FILE, "exec", ONLY_TREE)
        ending = compile("return locals().get('result')", FILE, "exec", ONLY_TREE)
        function = compile(f"def __code__({', '.join(variables)}): pass", FILE, "exec", ONLY_TREE)
        function.body[0].body = tree.body + ending.body
        names = {"__name__": "__main__"}
        exec(compile(function, FILE, "exec"), names)  # noqa: S102 - what the sandbox is for
        value = names["__code__"](**variables)  # type: ignore[operator]
    except SystemExit as leaving:
        if leaving.code in (None, 0):
            return dumps({"value": None})
        return dumps({"error": f"SystemExit: {leaving.code}"})
    except MemoryError:
        return dumps({"error": "MemoryError", "memory": True})
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises
        return dumps({"error": told(error)})
    try:
        return dumps({"value": value})
    except MemoryError:
        return dumps({"error": "MemoryError", "memory": True})
    except (TypeError, ValueError, RecursionError) as error:
        return dumps({"error": f"TypeError: The result is no JSON value: {error}"})


def dumps(value: object) -> str:
    """JSON, strict: raises TypeError and ValueError as json.dumps(allow_nan=False) does."""
    return "".join(make_encoder({}, refused, encode_basestring_ascii, None, ":", ",", False, False, False)(value, 0))


def refused(value: object) -> object:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def told(error: BaseException) -> str:
    """The traceback of the user's own code."""
    import traceback  # slow to load, and mostly not needed

    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    lines = ["Traceback (most recent call last):\n"]
    lines += [f'  File "{FILE}", line {frame.lineno}, in {frame.name}\n' for frame in frames[-20:]]
    lines += traceback.format_exception_only(type(error), error)
    return "".join(lines)[-20_000:]


main()
