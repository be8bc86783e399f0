import { randomBytes, scryptSync } from "node:crypto";
import { text } from "node:stream/consumers";

/** Prints what the table `users` keeps for the password on standard input, in the form of src/auth/password.ts. */
const COST = { N: 2 ** 14, r: 8, p: 5 };

const [password = ""] = (await text(process.stdin)).split(/\r?\n/, 1);
const salt = randomBytes(16);
const hash = scryptSync(password.normalize("NFC"), salt, 32, COST);
process.stdout.write(
  `${["scrypt", COST.N, COST.r, COST.p, salt.toString("base64"), hash.toString("base64")].join("$")}\n`,
);
