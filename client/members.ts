import { dataOf, type Schemas } from "./api.ts";
import { ofImage } from "./images.ts";
import type { Session } from "./session.ts";

/** A project that an image is shared with. */
export type Member = Schemas["Member"];
export type MemberStatus = Member["status"];

export const MEMBER_STATUSES = ["accepted", "rejected", "pending"] as const satisfies MemberStatus[];

const MEMBER = "/v2/images/{image_id}/members/{member_id}";
const ofMember = (imageId: string, member: string) => ({ path: { image_id: imageId, member_id: member } });

export const listMembers = async (session: Session, imageId: string): Promise<readonly Member[]> =>
  (await dataOf(session.api.GET("/v2/images/{image_id}/members", { params: ofImage(imageId) }))).members;

export const showMember = (session: Session, imageId: string, member: string): Promise<Member> =>
  dataOf(session.api.GET(MEMBER, { params: ofMember(imageId, member) }));

export const createMember = (session: Session, imageId: string, member: string): Promise<Member> =>
  dataOf(session.api.POST("/v2/images/{image_id}/members", { params: ofImage(imageId), body: { member } }));

export const updateMember = (
  session: Session,
  imageId: string,
  { member, status }: { member: string; status: MemberStatus },
): Promise<Member> =>
  dataOf(session.api.PUT(MEMBER, { params: ofMember(imageId, member), body: { status } }));

export async function deleteMember(session: Session, imageId: string, member: string): Promise<void> {
  await session.api.DELETE(MEMBER, { params: ofMember(imageId, member) });
}
