import { Hono } from "hono";
import { z } from "zod";
import {
  judgeSharedImage,
  listMembers,
  shareImage,
  showMember,
  unshareImage,
} from "../actions/image-members.ts";
import { scopeOf } from "../actions/scope.ts";
import { MEMBER_STATUSES, memberView, parseMemberStatus, parseNewMember } from "../domain/member.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route } from "../http/documented.ts";
import { readJson } from "../http/json-body.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import { noEncodedSlash } from "../http/paths.ts";
import { json, refusals } from "./image-docs.ts";

const MEMBERS = "/v2/images/:image_id/members";
const MEMBER = `${MEMBERS}/:member_id`;

/** The projects that an image is shared with (spec/members-tags.md section 1). */
export const members = new Hono<AppTypes>();

members.use(MEMBERS, allow("GET", "POST"));
members.use(MEMBER, noEncodedSlash, allow("GET", "PUT", "DELETE"));

const imageId = (c: AppContext): string => c.req.param("image_id") ?? "";
const memberId = (c: AppContext): string => c.req.param("member_id") ?? "";

const memberBody = z.object({
  member_id: z.string().describe("project id"),
  image_id: z.string(),
  status: z.enum(MEMBER_STATUSES),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  schema: z.string(),
});
const ofImage = z.object({ image_id: z.string() });
const ofMember = ofImage.extend({ member_id: z.string() });

const listSchema = {
  operationId: "list_members",
  summary: "The projects that an image is shared with; for one of them, itself",
  request: { params: ofImage },
  responses: {
    200: json("The members", z.object({ members: z.array(memberBody), schema: z.string() })),
    ...refusals(400, 401, 403, 404),
  },
};
class ListMembers extends Route {
  override schema = listSchema;

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    const found = await listMembers(scopeOf(c), imageId(c));
    return c.json({ members: found.map(memberView), schema: "/v2/schemas/members" });
  }
}

const shareSchema = {
  operationId: "create_member",
  summary: "Share an image with a project",
  request: { params: ofImage, body: json("The project", z.looseObject({ member: z.string().max(255) })) },
  responses: { 200: json("The new member", memberBody), ...refusals(400, 401, 403, 404, 409, 413) },
};
class ShareImage extends Route {
  override schema = shareSchema;

  /** 200, not 201, and no `Location` (spec/members-tags.md section 1.1). */
  override async handle(c: AppContext) {
    const member = parseNewMember(await readJson(c.req.raw));
    return c.json(memberView(await shareImage(scopeOf(c), imageId(c), member)));
  }
}

const showSchema = {
  operationId: "show_member",
  summary: "One project that an image is shared with",
  request: { params: ofMember },
  responses: { 200: json("The member", memberBody), ...refusals(400, 401, 404) },
};
class ShowMember extends Route {
  override schema = showSchema;

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    return c.json(memberView(await showMember(scopeOf(c), imageId(c), memberId(c))));
  }
}

const judgeSchema = {
  operationId: "update_member",
  summary: "Accept or reject an image that was shared",
  request: {
    params: ofMember,
    body: json("The status", z.looseObject({ status: z.enum(MEMBER_STATUSES) })),
  },
  responses: { 200: json("The member", memberBody), ...refusals(400, 401, 403, 404) },
};
class JudgeSharedImage extends Route {
  override schema = judgeSchema;

  override async handle(c: AppContext) {
    const status = parseMemberStatus(await readJson(c.req.raw));
    const judged = { member: memberId(c), status };
    return c.json(memberView(await judgeSharedImage(scopeOf(c), imageId(c), judged)));
  }
}

const unshareSchema = {
  operationId: "delete_member",
  summary: "Share an image with a project no longer",
  request: { params: ofMember },
  responses: {
    204: { description: "The project is no member now" },
    ...refusals(400, 401, 403, 404),
  },
};
class UnshareImage extends Route {
  override schema = unshareSchema;

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    await unshareImage(scopeOf(c), imageId(c), memberId(c));
    return c.body(null, 204);
  }
}

export const membersApi = documented(members);
membersApi.get(MEMBERS, ListMembers);
membersApi.post(MEMBERS, ShareImage);
membersApi.get(MEMBER, ShowMember);
membersApi.put(MEMBER, JudgeSharedImage);
membersApi.delete(MEMBER, UnshareImage);
