"""What Schemathesis saw, from its events: a line for each operation of the document, and whether it asked enough.

An operation is `ok` when every answer was right, nothing kept it from being asked, and at least one request got what it
asked for: an operation that only ever refuses has shown nothing of what the document says of it.
"""

import base64
import json
import sys

path, least = sys.argv[1], int(sys.argv[2])
with open(sys.argv[3], encoding="utf-8") as text:
    document = json.load(text)

A_RELAY = "asks for a relay's signature, which no token stands for: src/routes/relay-control.test.ts, test/e2e"
# Operations that cannot get what they ask for here, and where it is shown that they do elsewhere.
REFUSED_HERE = {
    "POST /relay/v1/boots": A_RELAY,
    "GET /relay/v1/images/{image_id}/file": A_RELAY,
    "POST /relay/v1/images/{image_id}/uploads": A_RELAY,
    "POST /relay/v1/images/{image_id}/transfers/{lease}/abort": A_RELAY,
    "POST /relay/v1/images/{image_id}/transfers/{lease}/complete": A_RELAY,
    "POST /relay/v1/images/{image_id}/transfers/{lease}/extend": A_RELAY,
    "POST /relay/v1/images/{image_id}/transfers/{lease}/heartbeat": A_RELAY,
    "PUT /relay/v1/images/{image_id}/transfers/{lease}/parts/{number}": A_RELAY,
    "DELETE /v2/stores/{store_id}/{image_id}": "leaves the last copy, and images of the ring have one each: "
    "src/routes/stores.test.ts",
    "POST /identity/v3/users/{user_id}/password": "is for that user alone, and the ring is one that must stay as it is: "
    "src/routes/identity.test.ts",
}
# Examples that are of something that is not here: a password, a store that reads other servers.
EXAMPLES_ELSEWHERE = {"POST /identity/v3/auth/tokens", "POST /v2/images/{image_id}/locations", *REFUSED_HERE}

requests = 0
problems: dict[str, list[str]] = {}
successes: dict[str, int] = {}
# The bodies of examples that were sent, and whether each was taken.
taken: dict[str, dict[str, bool]] = {}


def read_checks(recorder, found):
    for case, checks in recorder.get("checks", {}).items():
        for check in checks:
            if check["status"] != "failure":
                continue
            failure = (check.get("failure_info") or {}).get("failure", {})
            asked = recorder["interactions"].get(case, {}).get("request", {})
            text = f"{failure.get('title', check['name'])}: {failure.get('message', '')}"
            found.append(f"{asked.get('method')} {asked.get('uri')}\n{text}")


def examples_of(label):
    """The document's own examples of an operation's bodies, beside the schemas and in them."""
    method, path = label.split(" ", 1)
    body = document["paths"][path][method.lower()].get("requestBody", {})
    for content in body.get("content", {}).values():
        schema = content["schema"]
        while "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        yield from (content["example"],) if "example" in content else schema.get("examples", [])


def canonical(value):
    return json.dumps(value, sort_keys=True)


def read_statuses(phase, label, recorder):
    for case, interaction in recorder.get("interactions", {}).items():
        asked, status = interaction["request"], (interaction.get("response") or {}).get("status_code", 0)
        # A sequence has one label for all of its requests; a probe is of a method that is not the operation's.
        if phase == "stateful" or asked["method"] != label.split(" ")[0]:
            continue
        got = 200 <= status < 400
        successes[label] = successes.get(label, 0) + got
        value = recorder["cases"].get(case, {}).get("value", {})
        content = (asked.get("body") or {}).get("$base64")
        # Those that a check sends besides have no such phase: without a token, with a wrong one.
        if phase == "examples" and content and (value.get("meta") or {}).get("phase", {}).get("name") == "examples":
            try:
                sent = canonical(json.loads(base64.b64decode(content)))
            except ValueError:
                continue
            # What a POST would make may be there from the example before.
            fine = got or (status == 409 and asked["method"] == "POST")
            taken.setdefault(label, {})[sent] = taken.get(label, {}).get(sent, False) or fine


with open(path, encoding="utf-8") as events:
    for line in events:
        kind, event = next(iter(json.loads(line).items()))
        if kind.endswith("Error"):
            label = event.get("label") or kind
            problems.setdefault(label, []).append(f"could not be asked: {json.dumps(event)[:600]}")
        recorder = event.get("recorder") if kind == "ScenarioFinished" else None
        if not recorder:
            continue
        requests += len(recorder.get("interactions", {}))
        label = recorder["label"]
        read_checks(recorder, problems.setdefault(label, []))
        if event["phase"] != "stateful":
            successes.setdefault(label, 0)
        read_statuses(event["phase"], label, recorder)

for label, count in successes.items():
    reason = REFUSED_HERE.get(label)
    if count == 0 and reason is None:
        problems[label].append("never got what it asked for")
    if count > 0 and reason is not None:
        problems[label].append(f"got what it asked for, which outcome.py says it cannot: {reason}")
    for example in examples_of(label) if label not in EXAMPLES_ELSEWHERE else ():
        if not taken.get(label, {}).get(canonical(example)):
            problems[label].append(f"an example of the document was not taken: {canonical(example)[:600]}")

for label, found in sorted(problems.items()):
    note = f" (only refusals: {REFUSED_HERE[label]})" if label in REFUSED_HERE and not found else ""
    print(f"{'FAIL' if found else 'ok  '} {label}{note}")
    for one in found[:3]:
        print("     " + one[:1500].replace("\n", "\n     "))
print(f"{'ok  ' if requests >= least else 'FAIL'} {requests} requests were made, of at least {least}")
