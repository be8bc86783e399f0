import { type Mutation, mutateWithin } from "../mutation.ts";

const COPIES = "src/db/copies.ts";
const CATALOGUE_COPIES = "src/db/catalogue-copies.ts";
const HOME = "src/home/home.ts";
const SESSION_CACHE = "src/auth/session-cache.ts";
const SHARED_WORK = "src/outbound/shared-work.ts";

/** What is answered without a question to the catalogue, at home. The rows are played on D1, where there is no copy. */
export const copies: readonly Mutation[] = [
  mutateWithin(
    "src/db/copies.test.ts",
    {
      file: COPIES,
      from: "this.#writes++;\n    this.#copies.clear();\n    this.#reads.clear();\n    this.#weight = 0;",
      to: "",
    },
    "a write takes every copy",
    "a read that a write overtakes is an answer, and no copy",
    "a read that began before a write does not take the place of what was read after it",
  ),
  mutateWithin(
    "src/db/copies.test.ts",
    { file: COPIES, from: "    this.#reads.clear();\n", to: "" },
    "whoever asks after a write does not get what was being read before it",
  ),
  mutateWithin(
    "src/db/copies.test.ts",
    { file: COPIES, from: "if (writes === this.#writes && ", to: "if (" },
    "a read that a write overtakes is an answer, and no copy",
    "a read that began before a write does not take the place of what was read after it",
  ),
  mutateWithin(
    "src/db/catalogue-copies.test.ts",
    { file: CATALOGUE_COPIES, from: "JSON.stringify([id, projectId])", to: "JSON.stringify([id])" },
    "is each project's own, and that of whoever has none",
  ),
  mutateWithin(
    "src/db/catalogue-copies.test.ts",
    { file: CATALOGUE_COPIES, from: "JSON.stringify([audience, query])", to: "JSON.stringify([query])" },
    "is each question's own, and that of who asks it",
  ),
  mutateWithin(
    "src/home/home.test.ts",
    { file: CATALOGUE_COPIES, from: "  images.forget();\n  pages.forget();\n", to: "  images.forget();\n" },
    "nothing is left by a write whose maker never hears of it",
  ),
  mutateWithin(
    "src/home/home.test.ts",
    {
      file: CATALOGUE_COPIES,
      from: "|image_(properties|tags|members|locations)",
      to: "|image_(properties|tags)",
    },
    "nothing is left by a member",
    "nothing is left by a location",
  ),
  mutateWithin(
    "src/home/home.test.ts",
    { file: HOME, from: "let written = queries;", to: "let written: readonly Query[] = [];" },
    "nothing is left by a batch that failed after its write",
  ),
  mutateWithin(
    "src/home/home.test.ts",
    { file: HOME, from: "      catalogueWritten(written);\n", to: "" },
    "nothing is left by a write whose maker never hears of it",
  ),
  mutateWithin(
    "src/home/home-sessions.test.ts",
    { file: HOME, from: "      identityWritten(written);\n", to: "" },
    "ends at once by a token that is given back, though who gives it back is cut off",
    "has one role less at once",
  ),
  mutateWithin(
    "src/home/home.test.ts",
    { file: HOME, from: "rowsWritten !== 0", to: "rowsWritten === 0" },
    "nothing is left by a member",
    "nothing is left by a write whose maker never hears of it",
  ),
  mutateWithin(
    "src/auth/session.test.ts",
    { file: SESSION_CACHE, from: "if (value && epoch === this.#epoch)", to: "if (value)" },
    "what was found while something changed is not remembered",
  ),
  mutateWithin(
    "src/outbound/shared-work.test.ts",
    { file: SHARED_WORK, from: " || came - run.began >= this.#mostMilliseconds", to: "" },
    "whoever comes late begins anew rather than use what is older than they may",
  ),
];
