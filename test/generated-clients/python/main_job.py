"""The main job, through the client that openapi-python-client made of the document as the service serves it.

Its arguments are the service's address and the administrator's password. Prints a line a check; ends with 1 where one
failed.
"""

import hashlib
import io
import os
import sys

from glimpse_client import AuthenticatedClient, Client
from glimpse_client.api.identity import (
    assign_role,
    create_project,
    create_token,
    create_user,
    list_roles,
)
from glimpse_client.api.image_data import download_image_data, upload_image_data
from glimpse_client.api.images import (
    create_image,
    delete_image,
    list_images,
    patch_image,
    show_image,
)
from glimpse_client.api.members import create_member, list_members, update_member
from glimpse_client.api.tags import create_tag
from glimpse_client.models import (
    ContainerFormat,
    DiskFormat,
    DomainReference,
    Error,
    Image,
    ImageCreate,
    ImageCreateVisibility,
    ImageStatus,
    MemberCreate,
    MemberStatus,
    MemberUpdate,
    MemberUpdateStatus,
    PasswordProof,
    PatchOperation,
    PatchOperationOp,
    ProjectCreate,
    ProjectCreateAttributes,
    ProjectReference,
    TokenAuth,
    TokenIdentity,
    TokenRequest,
    TokenScope,
    UserCreate,
    UserCreateAttributes,
    UserWithPassword,
)
from glimpse_client.types import File

SERVICE, PASSWORD = sys.argv[1:]
MIB = 1024 * 1024
CONTENT = os.urandom(8 * MIB)
# Errors are JSON for who says so; without it they are pages for people.
JSON = {"Accept": "application/json"}
DEFAULT = DomainReference(id="default")

failed = 0


def check(sentence, holds, why=""):
    global failed
    if holds:
        print(f"ok   python: {sentence}")
    else:
        failed += 1
        print(f"FAIL python: {sentence}: {why}")


def login(name, password, project):
    user = UserWithPassword(password=password, name=name, domain=DEFAULT)
    identity = TokenIdentity(methods=["password"], password=PasswordProof(user=user))
    scope = TokenScope(project=ProjectReference(name=project, domain=DEFAULT))
    body = TokenRequest(auth=TokenAuth(identity=identity, scope=scope))
    answer = create_token.sync_detailed(client=Client(SERVICE, headers=JSON), body=body)
    token = answer.headers.get("X-Subject-Token", "")
    client = AuthenticatedClient(
        SERVICE, token, prefix="", auth_header_name="X-Auth-Token", headers=JSON
    )
    return answer, client


def new_image(client, name):
    body = ImageCreate(
        name=name,
        disk_format=DiskFormat.RAW,
        container_format=ContainerFormat.BARE,
        visibility=ImageCreateVisibility.SHARED,
        tags=["generated"],
    )
    body["os_shell"] = "fish"
    return create_image.sync(client=client, body=body)


def pages(client, limit):
    """All images, a page at a time, each page after the last image of the one before."""
    last = {}
    while True:
        page = list_images.sync(client=client, limit=limit, **last)
        yield page.images
        if not page.next_:
            return
        last = {"marker": page.images[-1].id}


answer, admin = login("admin", PASSWORD, "admin")
check("logs in", answer.status_code == 201, answer)
check("reads what the token is for", answer.parsed.token.project.name == "admin")

answer, _ = login("admin", "wrong", "admin")
check(
    "is told that a password is wrong",
    answer.status_code == 401 and answer.parsed.error.code == 401,
    answer,
)

image = new_image(admin, "from python")
check("creates an image", isinstance(image, Image) and image.status == ImageStatus.QUEUED, image)
check("gives it a property", image["os_shell"] == "fish", image)

answer = upload_image_data.sync_detailed(
    image.id, client=admin, body=File(payload=io.BytesIO(CONTENT)), x_openstack_image_size=len(CONTENT)
)
check("uploads 8 MiB", answer.status_code == 204, answer)

shown = show_image.sync(image.id, client=admin)
check(
    "shows it, active, of the size and the hash of what was sent",
    shown.status == ImageStatus.ACTIVE
    and shown.size == len(CONTENT)
    and shown.os_hash_value == hashlib.sha512(CONTENT).hexdigest(),
    shown,
)

expected = {image.id} | {new_image(admin, f"page {number}").id for number in range(4)}
got = [[image.id for image in page] for page in pages(admin, 2)]
check("lists five images in pages of two", [len(page) for page in got] == [2, 2, 1], got)
check("finds each of them once", sorted(sum(got, [])) == sorted(expected), got)

patched = patch_image.sync(
    image.id,
    client=admin,
    body=[
        PatchOperation(op=PatchOperationOp.REPLACE, path="/name", value="renamed"),
        PatchOperation(op=PatchOperationOp.ADD, path="/os_type", value="linux"),
        PatchOperation(op=PatchOperationOp.REMOVE, path="/os_shell"),
    ],
)
check(
    "patches it",
    isinstance(patched, Image)
    and patched.name == "renamed"
    and patched["os_type"] == "linux"
    and "os_shell" not in patched,
    patched,
)
create_tag.sync_detailed(image.id, "blue", client=admin)
tagged = list_images.sync(client=admin, tag=["blue", "generated"]).images
check("finds it by a tag that it gave it", [found.id for found in tagged] == [image.id], tagged)

project = create_project.sync(client=admin, body=ProjectCreate(ProjectCreateAttributes(name="other"))).project
user = create_user.sync(
    client=admin, body=UserCreate(UserCreateAttributes(name="ann", password="a long enough one"))
).user
member_role = list_roles.sync(client=admin, name="member").roles[0]
assign_role.sync_detailed(project.id, user.id, member_role.id, client=admin)
answer, other = login("ann", "a long enough one", "other")
check("makes a user of another project, and logs in as that", answer.status_code == 201, answer)

hidden = show_image.sync_detailed(image.id, client=other)
check(
    "another project does not see it",
    hidden.status_code == 404 and isinstance(hidden.parsed, Error),
    hidden,
)
member = create_member.sync(image.id, client=admin, body=MemberCreate(member=project.id))
check("shares it", member.status == MemberStatus.PENDING, member)
accepted = update_member.sync(
    image.id, project.id, client=other, body=MemberUpdate(status=MemberUpdateStatus.ACCEPTED)
)
check("the other project accepts it", accepted.status == MemberStatus.ACCEPTED, accepted)
check(
    "which its owner sees",
    [member.member_id for member in list_members.sync(image.id, client=admin).members] == [project.id],
)
seen = list_images.sync(client=other).images
check("and has it in its list", [found.id for found in seen] == [image.id], seen)

part = download_image_data.sync_detailed(image.id, client=other, range_="bytes=1000-1999")
check(
    "downloads a range of it",
    part.status_code == 206
    and part.headers["Content-Range"] == f"bytes 1000-1999/{len(CONTENT)}"
    and part.parsed.payload.read() == CONTENT[1000:2000],
    part.status_code,
)
whole = download_image_data.sync(image.id, client=other)
check("downloads all of it", whole.payload.read() == CONTENT)

for id in expected:
    delete_image.sync_detailed(id, client=admin)
check("deletes all of them", list_images.sync(client=admin).images == [])
gone = show_image.sync_detailed(image.id, client=admin)
check("they are gone", gone.status_code == 404, gone)

sys.exit(1 if failed else 0)
