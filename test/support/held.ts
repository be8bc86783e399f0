import { Contract } from "./contract.ts";
import { exchanged } from "./exchanged.ts";

/** As the worker has it: as text. */
const { default: text } = await import("../../openapi/openapi.json", { with: { type: "text" } });
export const contract = new Contract(text);

/** The answer, held against the document together with its request, whose body is given when it is text. */
export async function held(
  request: Request,
  response: Response,
  more: { target: string; body?: string | undefined; undescribed?: string | undefined },
): Promise<Response> {
  const { method, headers: sent } = request;
  const { status, headers } = response;
  const operation = contract.hold({
    ...{ ...more, method, sent, status, headers },
    answer: await response.clone().text(),
  });
  if (operation !== undefined) exchanged.add(`${operation} ${status}`);
  return response;
}
