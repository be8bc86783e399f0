import { expect } from "vitest";
import type { NameIn } from "../../../client/calls.ts";
import type { Image } from "../../../client/images.ts";
import { show } from "./images.ts";
import type { Service } from "./service.ts";

/** Fields that the document names: an additional property would pass for one that it does not name any more. */
type Shown = { readonly [Name in NameIn<Image>]?: Image[Name] };

export const expectShown = async (service: Service, id: string, fields: Shown): Promise<void> =>
  expect(await show(service, id)).toMatchObject(fields);
