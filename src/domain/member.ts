import { z } from "zod";
import { ServiceError } from "./errors.ts";
import { IMAGE_ID, wireTime } from "./image.ts";

export const MEMBER_STATUSES = ["pending", "accepted", "rejected"] as const;
export type MemberStatus = (typeof MEMBER_STATUSES)[number];

/** A project with which an image is shared. Its status affects only lists (spec/members-tags.md section 1). */
export interface ImageMember {
  readonly imageId: string;
  /** A project id, not checked for existence. */
  readonly member: string;
  readonly status: MemberStatus;
  /** Microseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const memberView = (member: ImageMember): Record<string, unknown> => ({
  member_id: member.member,
  image_id: member.imageId,
  status: member.status,
  created_at: wireTime(member.createdAt),
  updated_at: wireTime(member.updatedAt),
  schema: "/v2/schemas/member",
});

const MEMBER_ID_CHARS = 255;

/** No URL can have these as a segment, not even escaped, so such a member could not be shown or removed. */
const isNoSegment = (id: string): boolean => id === "." || id === "..";
const SEGMENT = "^[^/\\u0000]*$";
const NO_SEGMENT = 'The member to be added must be neither "." nor ".." nor have a "/".';

const NO_PROJECT_ID = `The member to be added must be a project id of 1 to ${MEMBER_ID_CHARS} characters.`;

/** The form of a project's id that can be a member. */
export const newMemberId = z
  .string(NO_PROJECT_ID)
  .min(1, NO_PROJECT_ID)
  .max(MEMBER_ID_CHARS, NO_PROJECT_ID)
  .regex(new RegExp(SEGMENT), NO_SEGMENT)
  .refine((id) => !isNoSegment(id), NO_SEGMENT);

/** The project that `{"member": …}` names. Throws `invalid` (spec/members-tags.md section 1.1). */
export function parseNewMember(body: unknown): string {
  const parsed = newMemberId.safeParse(objectOf(body).member);
  if (parsed.success) return parsed.data;
  throw new ServiceError("invalid", parsed.error.issues[0]?.message ?? NO_PROJECT_ID);
}

/** The status that `{"status": …}` names. Throws `invalid` (spec/members-tags.md section 1.4). */
export function parseMemberStatus(body: unknown): MemberStatus {
  const { status } = objectOf(body);
  const known = MEMBER_STATUSES.find((each) => each === status);
  if (known) return known;
  throw new ServiceError("invalid", 'Status must be "pending", "accepted" or "rejected".');
}

function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body === "object" && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw new ServiceError("invalid", "The request body must be a JSON object.");
}

/** The JSON schemas that clients read (spec/schemas.md section 3). */
export const MEMBER_SCHEMA = {
  name: "member",
  properties: {
    member_id: { type: "string", description: "Project that the image is shared with" },
    image_id: { type: "string", description: "Identifier of the image", pattern: IMAGE_ID },
    created_at: { type: "string", description: "When the image was shared with the project" },
    updated_at: { type: "string", description: "When the status last changed" },
    status: {
      type: "string",
      description: "What the project thinks of it: accepted images are in its lists",
      enum: MEMBER_STATUSES,
    },
    schema: { type: "string", readOnly: true },
  },
};

export const MEMBERS_SCHEMA = {
  name: "members",
  properties: {
    members: { type: "array", items: MEMBER_SCHEMA },
    schema: { type: "string" },
  },
  links: [{ rel: "describedby", href: "{schema}" }],
};
