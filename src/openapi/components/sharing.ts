import { z } from "zod";
import { MEMBER_SCHEMA, MEMBER_STATUSES, newMemberId } from "../../domain/member.ts";
import { ref, type Schema } from "../describe.ts";
import { MEMBER, OTHER_PROJECT_ID_EXAMPLE } from "../examples.ts";

const { member_id, image_id, created_at, updated_at, status } = MEMBER_SCHEMA.properties;

export const sharingSchemas: Readonly<Record<string, Schema>> = {
  Member: {
    type: "object",
    description: "A project that an image is shared with",
    properties: {
      member_id,
      image_id,
      status,
      created_at: { ...created_at, format: "date-time" },
      updated_at: { ...updated_at, format: "date-time" },
      schema: { type: "string", description: "Path of the JSON schema of a member" },
    },
    required: ["member_id", "image_id", "status", "created_at", "updated_at", "schema"],
    example: MEMBER,
  },
  MemberPage: {
    type: "object",
    description: "All members of an image",
    properties: {
      members: {
        type: "array",
        items: ref("Member"),
        description: "All that the caller may see: there are no pages. Empty where it is shared with nobody",
      },
      schema: { type: "string", description: "Path of the JSON schema of this list" },
    },
    required: ["members", "schema"],
  },
};

export const sharingRequests = {
  MemberCreate: z
    .object({ member: newMemberId.meta({ description: "Id of the project. It is not looked up" }) })
    .meta({
      id: "MemberCreate",
      description: "The project to share an image with",
      examples: [{ member: OTHER_PROJECT_ID_EXAMPLE }],
    }),
  MemberUpdate: z.object({ status: z.enum(MEMBER_STATUSES).meta({ description: status.description }) }).meta({
    id: "MemberUpdate",
    description: "What the project thinks of the image",
    examples: [{ status: "accepted" }],
  }),
};
