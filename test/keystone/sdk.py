"""Keeps an image, shares it and removes it again with openstacksdk, and asks as each role what it may.

Prints a line a step, as keystone.sh does. OS_AUTH_URL and PASSWORD name where and how everybody logs in.
"""

import hashlib
import os
import sys

import openstack
from keystoneauth1.identity import v3
from openstack import exceptions

DATA = os.urandom(2 << 20)
failed = 0


def check(sentence, right=True):
    global failed
    right = bool(right)
    failed += not right
    print(("ok   " if right else "FAIL ") + "openstacksdk: " + sentence, flush=True)


def connect(user, project, password=os.environ["PASSWORD"]):
    return openstack.connect(
        auth={"auth_url": os.environ["OS_AUTH_URL"], "username": user, "password": password, "project_name": project,
              "user_domain_id": "default", "project_domain_id": "default"},
        region_name="RegionOne", identity_api_version="3")


def status(conn, method, path, **more):
    return conn.image.request(path, method, raise_exc=False, **more).status_code


demo = connect("demo", "demo")
alt = connect("alt_demo", "alt_demo")
reader = connect("demo_reader", "demo")
outsider = connect("outsider", "outside")
nobody = connect("nobody", "demo")
admin = connect("admin", "admin", os.environ["ADMIN_PASS"])
alt_project = alt.current_project_id

image = demo.image.create_image("sdk", disk_format="raw", container_format="bare", wait=True,
                                data=DATA, tags=["red"], os_type="linux", validate_checksum=True)
image = demo.image.get_image(image.id)
check("an image is created with its data", image.status == "active" and image.size == len(DATA))
check("its hashes are right", image.hash_value == hashlib.sha512(DATA).hexdigest()
      and image.checksum == hashlib.md5(DATA).hexdigest())
check("it is found by name and listed by tag", demo.image.find_image("sdk").id == image.id
      and [i.id for i in demo.image.images(tag="red")] == [image.id])
image = demo.image.update_image(image, name="renamed", os_distro="debian", min_disk=2)
demo.image.add_tag(image, "blue")
demo.image.remove_tag(image, "red")
image = demo.image.get_image(image.id)
check("name, property, disk and tags are changed", image.name == "renamed" and image.os_distro == "debian"
      and image.min_disk == 2 and list(image.tags) == ["blue"])

demo.image.add_member(image, member_id=alt_project)
check("it is shared, and pending", [m.status for m in demo.image.members(image)] == ["pending"])
check("the other project lists it when it has accepted",
      image.id not in [i.id for i in alt.image.images()]
      and alt.image.update_member(alt_project, image, status="accepted").status == "accepted"
      and image.id in [i.id for i in alt.image.images()])
check("the other project downloads what was uploaded", alt.image.download_image(image).content == DATA)

# The table of spec/rbac.md section 3, and who lists a shared image.
PATH = "/images/" + image.id
PATCH = {"headers": {"content-type": "application/openstack-images-v2.1-json-patch"},
         "json": [{"op": "add", "path": "/touched", "value": "yes"}]}
for name, conn, lists, want in (
    ("the administrator", admin, True, (200, 200, 200, 200)),
    ("a member of the project", demo, True, (200, 200, 200, 200)),
    ("a reader of the project", reader, True, (200, 200, 403, 403)),
    ("a member whom it is shared with", alt, True, (200, 200, 403, 200)),
    ("a member of a third project", outsider, False, (200, 404, 404, 404)),
    ("who has another role", nobody, False, (403, 404, 404, 404)),
):
    got = (status(conn, "GET", "/images"), status(conn, "GET", PATH), status(conn, "PATCH", PATH, **PATCH),
           status(conn, "GET", PATH + "/file"))
    check(f"{name} gets {want} for list, image, patch and data", got == want or print("    ", got))
    listed = conn.image.get("/images?limit=1000", raise_exc=False)
    ids = [i["id"] for i in listed.json()["images"]] if listed.status_code == 200 else []
    check(f"{name} {'lists' if lists else 'does not list'} it", (image.id in ids) == lists)
for name, conn, want in (("the administrator", admin, 201), ("a member", outsider, 201), ("a reader", reader, 403),
                         ("who has another role", nobody, 403)):
    answer = conn.image.post("/images", json={"name": "made"}, raise_exc=False)
    check(f"{name} gets {want} for a new image", answer.status_code == want)
    if answer.status_code == 201:
        conn.image.delete_image(answer.json()["id"])

demo.image.deactivate_image(image)
check("deactivated, it is nobody's to download but the administrator's",
      status(demo, "GET", PATH + "/file") == 403 and status(admin, "GET", PATH + "/file") == 200)
demo.image.reactivate_image(image)
check("reactivated, it is", demo.image.download_image(image).content == DATA)

# Scopes: of the whole system, of a domain, of none (docs/identity.md).
endpoint = demo.image.get_endpoint().rstrip("/")
for name, user, scope, want in (
    ("the system's administrator", "admin", {"system_scope": "all"}, (200, 200)),
    ("a domain's administrator", "admin", {"domain_id": "default"}, (403, 404)),
    ("a token of no scope", "demo", {"unscoped": True}, (403, 404)),
):
    password = os.environ["ADMIN_PASS"] if user == "admin" else os.environ["PASSWORD"]
    token = v3.Password(os.environ["OS_AUTH_URL"], username=user, password=password, user_domain_id="default",
                        **scope).get_token(demo.session)
    got = tuple(demo.session.get(endpoint + path, authenticated=False, headers={"X-Auth-Token": token},
                                 raise_exc=False).status_code for path in ("/images", PATH))
    check(f"{name} gets {want} for list and image", got == want or print("    ", got))

try:
    demo.image.delete_image(image, ignore_missing=False)
    demo.image.get_image(image.id)
    check("it is deleted and gone", False)
except exceptions.ResourceNotFound:
    check("it is deleted and gone")
sys.exit(1 if failed else 0)
