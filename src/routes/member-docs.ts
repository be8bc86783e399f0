import { body, json, NO_IMAGE, type Operation, parameter, refusals } from "../openapi/describe.ts";
import { MEMBER, OTHER_PROJECT_ID_EXAMPLE } from "../openapi/examples.ts";

/** Descriptions of the routes of members (members.ts). */

const tags = ["members"] as const;
const ofImage = [parameter("image_id")];
const ofMember = [parameter("image_id"), parameter("member_id")];
const NOT_SHARED = "The image's visibility is not `shared`";
const NO_BODY = "The request has a body.";
const NO_MEMBER = `${NO_IMAGE.slice(0, -1)}; or the project is no member of it.`;

export const listMembers: Operation = {
  operationId: "list_members",
  summary: "List the members of an image",
  description:
    "The projects that an image is shared with. A project that is one of them is shown itself alone.",
  tags,
  parameters: ofImage,
  responses: {
    200: json("The members", "MemberPage", { members: [MEMBER], schema: "/v2/schemas/members" }),
    ...refusals({ 400: NO_BODY, 403: `${NOT_SHARED}, or the caller may not see members.`, 404: NO_IMAGE }),
  },
};

export const createMember: Operation = {
  operationId: "create_member",
  summary: "Share an image with a project",
  description: "The project sees the image in its lists when it has accepted it. The answer is 200, not 201.",
  tags,
  parameters: ofImage,
  ...body("The project", "MemberCreate", { member: OTHER_PROJECT_ID_EXAMPLE }),
  responses: {
    200: json("The new member", "Member", MEMBER),
    ...refusals({
      400: "The body is not what it must be.",
      403: `${NOT_SHARED}, or the caller may not share it.`,
      404: NO_IMAGE,
      409: "The project is a member already, or others change the image all the time.",
      413: "The image has as many members as it may have.",
    }),
  },
};

export const showMember: Operation = {
  operationId: "show_member",
  summary: "Show a member of an image",
  description:
    "The image's project and administrators see any, a member itself alone. Of an image whose visibility is not `shared` there is none.",
  tags,
  parameters: ofMember,
  responses: {
    200: json("The member", "Member", MEMBER),
    ...refusals({ 400: NO_BODY, 404: NO_MEMBER }),
  },
};

export const updateMember: Operation = {
  operationId: "update_member",
  summary: "Accept or reject an image that was shared",
  description:
    "By the project itself, or an administrator: whoever shared the image cannot accept it. Any status may follow any other, `pending` too.",
  tags,
  parameters: ofMember,
  ...body("What the project thinks", "MemberUpdate", { status: "accepted" }),
  responses: {
    200: json("The member", "Member", { ...MEMBER, status: "accepted" }),
    ...refusals({
      400: "The body is not what it must be.",
      403: `${NOT_SHARED}, or the caller's project is not this member.`,
      404: NO_MEMBER,
      409: "Others change the image all the time.",
      413: "The body is larger than 2 MiB.",
    }),
  },
};

export const deleteMember: Operation = {
  operationId: "delete_member",
  summary: "Share an image with a project no longer",
  description:
    "From now on the project does not see the image. By the image's own project, or an administrator: a member cannot take itself off, but may reject the image.",
  tags,
  parameters: ofMember,
  responses: {
    204: { description: "The project is no member any more" },
    ...refusals({
      400: NO_BODY,
      403: `${NOT_SHARED}, or the caller may not change who its members are.`,
      404: NO_MEMBER,
      409: "Others change the image all the time.",
    }),
  },
};
