import { Hono } from "hono";
import {
  judgeSharedImage,
  listMembers,
  shareImage,
  showMember,
  unshareImage,
} from "../actions/image-members.ts";
import { scopeOf } from "../actions/scope.ts";
import { memberView, parseMemberStatus, parseNewMember } from "../domain/member.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route, schemaOf } from "../http/documented.ts";
import { readJson } from "../http/json-body.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import { noEncodedSlash } from "../http/paths.ts";
import * as docs from "./member-docs.ts";

const MEMBERS = "/v2/images/:image_id/members";
const MEMBER = `${MEMBERS}/:member_id`;

/** The projects with which an image is shared (spec/members-tags.md section 1). */
export const members = new Hono<AppTypes>();

members.use(MEMBERS, allow("GET", "POST"));
members.use(MEMBER, noEncodedSlash, allow("GET", "PUT", "DELETE"));

const imageId = (c: AppContext): string => c.req.param("image_id") ?? "";
const memberId = (c: AppContext): string => c.req.param("member_id") ?? "";

class ListMembers extends Route {
  override schema = schemaOf(docs.listMembers);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    const found = await listMembers(scopeOf(c), imageId(c));
    return c.json({ members: found.map(memberView), schema: "/v2/schemas/members" });
  }
}

class ShareImage extends Route {
  override schema = schemaOf(docs.createMember);

  /** 200, not 201, and no `Location` (spec/members-tags.md section 1.1). */
  override async handle(c: AppContext) {
    const member = parseNewMember(await readJson(c.req.raw));
    return c.json(memberView(await shareImage(scopeOf(c), imageId(c), member)));
  }
}

class ShowMember extends Route {
  override schema = schemaOf(docs.showMember);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    return c.json(memberView(await showMember(scopeOf(c), imageId(c), memberId(c))));
  }
}

class JudgeSharedImage extends Route {
  override schema = schemaOf(docs.updateMember);

  override async handle(c: AppContext) {
    const status = parseMemberStatus(await readJson(c.req.raw));
    const judged = { member: memberId(c), status };
    return c.json(memberView(await judgeSharedImage(scopeOf(c), imageId(c), judged)));
  }
}

class UnshareImage extends Route {
  override schema = schemaOf(docs.deleteMember);

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
