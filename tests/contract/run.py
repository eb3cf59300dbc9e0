"""Holds a running Podium against its own OpenAPI document, once for each role.

Whatever the document allows, and much that it does not, is sent. Never may there be a 5xx, a
status that is not declared, a body or a header against the schema, or a door that opens without its key.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

from server import TOKEN, Server

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20261121


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--podium", required=True, help="the program to start")
    parser.add_argument("--examples", type=int, default=40, help="random cases of each operation")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    parser.add_argument("--least", type=int, default=2000, help="cases that there must be at least")
    parser.add_argument("--reports", default="target/contract", help="where to leave the reports")
    return parser.parse_args()


def stage(server):
    """A contest with a draft beside it, and a team that has done something; what is there, by name."""
    contest = server.ask("GET", "contests/SAMPLE")
    at = f"contests/{contest['id']}"
    draft = server.ask("POST", "contests", {"name": "A draft"})
    team = server.ask("POST", f"{at}/teams", {"name": "Contract", "members": ["Ada"]})
    token = team["token"]
    held = [server.ask("POST", f"{at}/assignments", {}, token) for _ in range(2)]
    server.ask("POST", f"{at}/assignments/{held[0]['id']}/submissions", {"answer": "A"}, token)
    boxes = server.ask("GET", f"{at}/mystery-boxes")["data"]
    bank = server.ask("GET", "questions?limit=20")["data"]
    known = {
        "contest": [contest["id"], "SAMPLE", "sample", draft["id"]],
        "room": [contest["id"]],
        "message": [contest["id"]],
        "team": [team["id"]],
        "assignment": [one["id"] for one in held],
        "mystery_box": [one["id"] for one in boxes],
        "question": [one["id"] for one in bank],
    }
    return token, known


def hold(server, role, token, known, options, reports):
    """One run; returns the tool's report and its exit code."""
    report = reports / f"{role}.json"
    known_file = reports / "known.json"
    known_file.write_text(json.dumps(known))
    command = [
        pathlib.Path(sys.executable).with_name("schemathesis"), "run", f"{server.base}/api/v1/openapi.json",
        "--seed", str(SEED), "--generation-database", "none", "--no-color", "--no-shrink",
        "--continue-on-failure", "--phases", options.phases,
        "--max-examples", str(options.examples), "--request-timeout", "10", "--warnings", "off",
        "--report", "json", "--report-json-path", report,
    ]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    settings = os.environ | {
        "CONTRACT_KNOWN": str(known_file), "SCHEMATHESIS_HOOKS": "known_things", "PYTHONPATH": str(HERE),
    }
    report.unlink(missing_ok=True)
    with open(reports / f"{role}.txt", "w", encoding="utf-8") as said:
        code = subprocess.run(command, cwd=HERE, env=settings, stdout=said, stderr=said, check=False).returncode
    if not report.is_file():
        raise SystemExit(f"contract: no report of the run as {role}; see {reports / role}.txt")
    return json.loads(report.read_text()), code


def main():
    asked = options()
    reports = pathlib.Path(asked.reports).resolve()
    reports.mkdir(parents=True, exist_ok=True)
    cases, broken = 0, False
    print(f"{'role':<8} {'operations':>10} {'cases':>8} {'failures':>9} {'seconds':>8}")
    with Server(asked.podium) as server:
        team, known = stage(server)
        # Staff comes last: it may end the contest and take the team's place away.
        for role, token in [("public", None), ("team", team), ("admin", TOKEN)]:
            report, code = hold(server, role, token, known, asked, reports)
            counted = report["test_cases"]["generated"]
            found = sum(one["count"] for one in report["failures"]) + len(report["errors"])
            cases, broken = cases + counted, broken or code != 0 or found > 0
            print(f"{role:<8} {report['operations']['tested']:>10} {counted:>8} {found:>9} {report['running_time']:>8.0f}")
            for one in report["failures"]:
                print(f"    {one['title']}: {one['count']} in {', '.join(one['operations'])}")
        (reports / "server.log").write_text(server.said())
    if cases < asked.least:
        broken = True
        print(f"only {cases} cases, at least {asked.least} were due")
    print(f"{cases} cases; the requests and replies are in {reports}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
