import { CHECKS_OF, type Check, NAMED_CHECKS } from "./policy-checks.ts";

/** A parsed expression, and the rules that it refers to. */
export interface Expression {
  readonly check: Check;
  readonly rules: readonly string[];
}

/** Well above what a rule needs. A longer one is a mistake, or nests too deep for the stack. */
const MAX_CHARACTERS = 2000;

class Mistake extends Error {}

interface Token {
  readonly text: string;
  /** Counted from 1. */
  readonly at: number;
}

/**
 * Parses an expression of the policy:
 *
 *     or      = and { "or" and }
 *     and     = not { "and" not }
 *     not     = { "not" } one
 *     one     = "(" or ")" | "@" | "!" | named check | check ":" argument | "rule:" rule
 *
 * Words are separated by blanks; "@" is everybody and "!" nobody. `ruleOf` is called when the check runs. A mistake is
 * returned as its description and position.
 */
export function parseExpression(text: string, ruleOf: (name: string) => Check): Expression | string {
  if (text.length > MAX_CHARACTERS) return `is longer than ${MAX_CHARACTERS} characters`;
  const reader = new Reader(text, ruleOf);
  try {
    return reader.expression();
  } catch (error) {
    if (error instanceof Mistake) return error.message;
    throw error;
  }
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #ruleOf: (name: string) => Check;
  readonly #rules = new Set<string>();
  #next = 0;

  constructor(text: string, ruleOf: (name: string) => Check) {
    this.#tokens = [...text.matchAll(/[()]|[^\s()]+/g)].map(({ 0: word, index }) => ({
      text: word,
      at: index + 1,
    }));
    this.#ruleOf = ruleOf;
  }

  expression(): Expression {
    const check = this.#or();
    const left = this.#tokens[this.#next];
    if (left) throw new Mistake(`has ${quoted(left)} where "and", "or" or its end is expected`);
    return { check, rules: [...this.#rules] };
  }

  #or(): Check {
    const checks = [this.#and()];
    while (this.#takes("or")) checks.push(this.#and());
    return checks.length === 1 ? (checks[0] as Check) : (c, t) => checks.some((check) => check(c, t));
  }

  #and(): Check {
    const checks = [this.#not()];
    while (this.#takes("and")) checks.push(this.#not());
    return checks.length === 1 ? (checks[0] as Check) : (c, t) => checks.every((check) => check(c, t));
  }

  #not(): Check {
    let isNegated = false;
    while (this.#takes("not")) isNegated = !isNegated;
    const check = this.#one();
    return isNegated ? (c, t) => !check(c, t) : check;
  }

  #one(): Check {
    const token = this.#tokens[this.#next++];
    if (!token) throw new Mistake("ends where a check is expected");
    if (token.text === "@") return () => true;
    if (token.text === "!") return () => false;
    if (token.text !== "(") return this.#check(token);
    const inner = this.#or();
    if (!this.#takes(")")) throw new Mistake(`has no ")" for the "(" at ${token.at}`);
    return inner;
  }

  #check(token: Token): Check {
    const [name = "", ...rest] = token.text.split(":");
    const argument = rest.join(":");
    if (rest.length === 0 && Object.hasOwn(NAMED_CHECKS, name)) return NAMED_CHECKS[name] as Check;
    if (argument !== "" && name === "rule") {
      this.#rules.add(argument);
      return (caller, target) => this.#ruleOf(argument)(caller, target);
    }
    const check = argument !== "" && Object.hasOwn(CHECKS_OF, name) ? CHECKS_OF[name]?.(argument) : undefined;
    if (!check) throw new Mistake(`has ${quoted(token)} where a check is expected`);
    return check;
  }

  #takes(text: string): boolean {
    const isNext = this.#tokens[this.#next]?.text === text;
    if (isNext) this.#next++;
    return isNext;
  }
}

/** Text that is not a short word may not be a name at all, and is shown by its position alone. */
const quoted = ({ text, at }: Token): string =>
  /^[\w:()@!=.-]{1,40}$/.test(text) ? `"${text}" at ${at}` : `something at ${at}`;
