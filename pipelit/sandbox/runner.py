"""What runs inside the sandbox, read as text and given to the host's Python. Standard library only.

Reads a job from standard input: `{"limits": {...}, "argv": [...]}` to become that program, or `{"limits", "code",
"variables"}` to run code, whose outcome goes to the descriptor `result` as `{"value"}` or `{"error", "memory"?}`.
"""

import ast
import json
import os
import resource
import sys

FILE = "<code>"


def main() -> None:
    job = json.load(sys.stdin)
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
        tree = ast.parse(code, FILE)
        ending = ast.parse("return locals().get('result')").body
        function = ast.parse(f"def __code__({', '.join(variables)}): pass")
        vars(function.body[0])["body"] = tree.body + ending
        names = {"__name__": "__main__"}
        exec(compile(ast.fix_missing_locations(function), FILE, "exec"), names)  # noqa: S102 - what the sandbox is for
        value = names["__code__"](**variables)  # type: ignore[operator]
    except SystemExit as leaving:
        if leaving.code in (None, 0):
            return json.dumps({"value": None})
        return json.dumps({"error": f"SystemExit: {leaving.code}"})
    except MemoryError:
        return json.dumps({"error": "MemoryError", "memory": True})
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises
        return json.dumps({"error": told(error)})
    try:
        return json.dumps({"value": value}, allow_nan=False)
    except MemoryError:
        return json.dumps({"error": "MemoryError", "memory": True})
    except (TypeError, ValueError, RecursionError) as error:
        return json.dumps({"error": f"TypeError: The result is no JSON value: {error}"})


def told(error: BaseException) -> str:
    """The traceback of the user's own code."""
    import traceback  # slow to load, and mostly not needed

    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    lines = ["Traceback (most recent call last):\n"]
    lines += [f'  File "{FILE}", line {frame.lineno}, in {frame.name}\n' for frame in frames[-20:]]
    lines += traceback.format_exception_only(type(error), error)
    return "".join(lines)[-20_000:]


main()
