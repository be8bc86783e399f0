"""What Schemathesis saw, from its events: a line for each operation of the document, and whether it asked enough."""

import json
import sys

path, least = sys.argv[1], int(sys.argv[2])
requests = 0
problems: dict[str, list[str]] = {}
with open(path, encoding="utf-8") as events:
    for line in events:
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder")
        if not recorder:
            continue
        interactions = recorder.get("interactions", {})
        requests += len(interactions)
        found = problems.setdefault(recorder["label"], [])
        for case, checks in recorder.get("checks", {}).items():
            for check in checks:
                if check["status"] != "failure":
                    continue
                failure = (check.get("failure_info") or {}).get("failure", {})
                asked = interactions.get(case, {}).get("request", {})
                text = f"{failure.get('title', check['name'])}: {failure.get('message', '')}"
                found.append(f"{asked.get('method')} {asked.get('uri')}\n{text}")

for label, found in sorted(problems.items()):
    print(f"{'FAIL' if found else 'ok  '} {label}")
    for one in found[:3]:
        print("     " + one[:1500].replace("\n", "\n     "))
print(f"{'ok  ' if requests >= least else 'FAIL'} {requests} requests were made, of at least {least}")
