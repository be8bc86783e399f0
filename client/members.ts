import { ClientError } from "./errors.ts";
import { imagePath } from "./images.ts";
import { jsonOf, jsonRequest, type Session } from "./session.ts";
import { textOf } from "./transport.ts";

/** A project that an image is shared with. */
export interface Member {
  readonly image_id: string;
  readonly member_id: string;
  readonly status: string;
  readonly [attribute: string]: unknown;
}

export const MEMBER_STATUSES = ["accepted", "rejected", "pending"] as const;

const membersPath = (imageId: string) => `${imagePath(imageId)}/members`;

function memberPath(imageId: string, member: string): string {
  if (!member) throw new ClientError("A project id is empty.");
  return `${membersPath(imageId)}/${encodeURIComponent(member)}`;
}

export async function listMembers(session: Session, imageId: string): Promise<readonly Member[]> {
  const answer = await session.image(jsonRequest("GET", membersPath(imageId)));
  return (await jsonOf<{ members: Member[] }>(answer)).members;
}

export async function showMember(session: Session, imageId: string, member: string): Promise<Member> {
  return jsonOf(await session.image(jsonRequest("GET", memberPath(imageId, member))));
}

export async function createMember(session: Session, imageId: string, member: string): Promise<Member> {
  return jsonOf(await session.image(jsonRequest("POST", membersPath(imageId), { member })));
}

export async function updateMember(
  session: Session,
  imageId: string,
  { member, status }: { member: string; status: string },
): Promise<Member> {
  return jsonOf(await session.image(jsonRequest("PUT", memberPath(imageId, member), { status })));
}

export async function deleteMember(session: Session, imageId: string, member: string): Promise<void> {
  await textOf(await session.image(jsonRequest("DELETE", memberPath(imageId, member))));
}
