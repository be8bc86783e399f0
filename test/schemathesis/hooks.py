"""What Schemathesis cannot take from the document: how a patch is written, and what there is.

A path whose ids are drawn is a 404, whatever is right in the rest of the request. So most requests are about a thing that
was made just before, in the state that the operation asks for; the others, and those that are wrong in the path, keep
what they have. What the ring itself calls as is never changed.
"""

import ast
import json
import os
import re
import threading
from itertools import count
from uuid import uuid4

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

SERVICE = os.environ["SCHEMATHESIS_SERVICE"]
NAME, PASSWORD = os.environ["OS_USERNAME"], os.environ["OS_PASSWORD"]
TOKEN = os.environ["SCHEMATHESIS_TOKEN"]
IDENTITY = "/identity/v3"
JSON = {"X-Auth-Token": TOKEN, "Accept": "application/json"}
BYTES = {**JSON, "Content-Type": "application/octet-stream"}
MEMBER = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
SECRET = "a long enough one"
LOGIN = {
    "auth": {
        "identity": {
            "methods": ["password"],
            "password": {"user": {"name": NAME, "domain": {"id": "default"}, "password": PASSWORD}},
        },
        "scope": {"project": {"name": os.environ["OS_PROJECT_NAME"], "domain": {"id": "default"}}},
    }
}
numbers = count()

# Python 3.11 counts how deep it is in a syntax tree for all threads together, and with two at once now and then takes that
# for a fault of its own, "AST constructor recursion depth mismatch". Hypothesis reads the sources of functions so.
one_at_a_time, parse = threading.RLock(), ast.parse


def parse_alone(*arguments, **options):
    with one_at_a_time:
        return parse(*arguments, **options)


ast.parse = parse_alone


@schemathesis.serializer(
    "application/openstack-images-v2.1-json-patch", "application/openstack-images-v2.0-json-patch"
)
def patch_serializer(context, value):
    return json.dumps(value, default=repr).encode()


def send(method, path, body=None, data=None, headers=JSON):
    answer = requests.request(method, SERVICE + path, json=body, data=data, headers=headers, timeout=60)
    answer.raise_for_status()
    return answer


def own():
    token = send("GET", f"{IDENTITY}/auth/tokens", headers={**JSON, "X-Subject-Token": TOKEN}).json()["token"]
    return token["user"]["id"], token["project"]["id"]


OWN_USER, OWN_PROJECT = own()


def made(kind, path=None, **attributes):
    body = {kind: {"name": f"given {uuid4()}", **attributes}}
    return send("POST", f"{IDENTITY}{path or f'/{kind}s'}", body).json()[kind]["id"]


def queued():
    body = {"name": "given", "disk_format": "raw", "container_format": "bare", "os_distro": "debian"}
    return {"image_id": send("POST", "/v2/images", body).json()["id"]}


def active():
    ids = queued()
    send("PUT", f"/v2/images/{ids['image_id']}/file", data=b"the image", headers=BYTES)
    return ids


def deactivated():
    ids = active()
    send("POST", f"/v2/images/{ids['image_id']}/actions/deactivate")
    return ids


def shared():
    ids = queued()
    send("POST", f"/v2/images/{ids['image_id']}/members", {"member": MEMBER})
    return {**ids, "member_id": MEMBER}


def tagged():
    ids = queued()
    send("PUT", f"/v2/images/{ids['image_id']}/tags/lts")
    return {**ids, "tag": "lts"}


def location():
    """Of a file of the service's own: of the kinds of locations that its stores have."""
    return {"url": send("GET", f"/v2/images/{active()['image_id']}/locations").json()[0]["url"]}


def task():
    path = f"/v2/images/{queued()['image_id']}"
    send("POST", f"{path}/locations", location())
    return {"task_id": send("GET", f"{path}/tasks").json()["tasks"][0]["id"]}


def in_a_store():
    return {**active(), "store_id": "file"}


def user():
    return {"user_id": made("user", password=SECRET)}


def project():
    return {"project_id": made("project")}


def role():
    return {"role_id": made("role")}


def someone():
    return {**user(), **project(), **role()}


def assigned():
    ids = someone()
    send("PUT", IDENTITY + "/projects/{project_id}/users/{user_id}/roles/{role_id}".format(**ids))
    return ids


def ourselves():
    """Application credentials are made by their user alone."""
    return {"user_id": OWN_USER}


def credential():
    path = f"/users/{OWN_USER}/application_credentials"
    return {**ourselves(), "application_credential_id": made("application_credential", path)}


def first(kind):
    return lambda: {f"{kind}_id": send("GET", f"{IDENTITY}/{kind}s").json()[f"{kind}s"][0]["id"]}


def file_of_page():
    """Its name has what it hashes to."""
    return {"name": re.search(r"[\w-]+\.[0-9a-f]{16}\.css", send("GET", "/docs").text).group()}


def store():
    return {"store_id": "r2"}


GIVEN = {
    "show_reference_file": file_of_page,
    "show_image": active,
    "patch_image": queued,
    "delete_image": queued,
    "deactivate_image": active,
    "reactivate_image": deactivated,
    "upload_image_data": queued,
    "download_image_data": active,
    "list_image_locations": active,
    "add_image_location": queued,
    "list_members": shared,
    "create_member": queued,
    "show_member": shared,
    "update_member": shared,
    "delete_member": shared,
    "create_tag": queued,
    "delete_tag": tagged,
    "list_image_tasks": queued,
    "show_task": task,
    "check_store": store,
    "delete_store_copy": in_a_store,
    "show_domain": first("domain"),
    "show_endpoint": first("endpoint"),
    "show_service": first("service"),
    "show_project": project,
    "update_project": project,
    "delete_project": project,
    "list_user_roles": someone,
    "assign_role": someone,
    "check_role_assignment": assigned,
    "unassign_role": assigned,
    "show_role": role,
    "delete_role": role,
    "show_user": user,
    "update_user": user,
    "delete_user": user,
    "change_password": user,
    "list_user_projects": user,
    "list_application_credentials": ourselves,
    "create_application_credential": ourselves,
    "show_application_credential": credential,
    "delete_application_credential": credential,
}


def is_wrong(case, location):
    component = case.meta.components.get(location) if case.meta else None
    return component is not None and component.mode.is_negative


def names_us(case):
    return OWN_USER in case.path_parameters.values() or OWN_PROJECT in case.path_parameters.values()


def give_things(case, operation):
    given = GIVEN.get(operation)
    if given is None or is_wrong(case, ParameterLocation.PATH):
        return
    phase = case.meta.phase.name if case.meta else None
    # In a sequence they come from the answers before, and of every four of the others one stays as drawn.
    drawn = phase == TestPhase.STATEFUL or (phase != TestPhase.EXAMPLES and next(numbers) % 4 == 0)
    changes = case.method.upper() not in ("GET", "HEAD") and operation != "create_application_credential"
    if not drawn or (changes and names_us(case)):
        case.path_parameters.update(given())


def give_secrets(case, operation):
    """What one has to know: a password, a token, where data is, how many bytes a body has."""
    if is_wrong(case, ParameterLocation.BODY) or is_wrong(case, ParameterLocation.HEADER):
        return
    if operation == "upload_image_data":
        case.headers.pop("X-Openstack-Image-Size", None)
    elif next(numbers) % 2:
        return
    elif operation == "add_image_location":
        case.body = location()
    elif operation == "create_token":
        case.body = LOGIN
    elif operation == "validate_token":
        case.headers["X-Subject-Token"] = TOKEN
    elif operation == "revoke_token":
        case.headers["X-Subject-Token"] = send("POST", f"{IDENTITY}/auth/tokens", LOGIN).headers["X-Subject-Token"]


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw["operationId"]
    # Another method than the operation's own, which it is not there for.
    if case.method.upper() != case.operation.method.upper():
        return
    give_things(case, operation)
    give_secrets(case, operation)
