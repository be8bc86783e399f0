/**
 * Tests only: a worker that stands before the real one and takes no request body of more than so many bytes, announced or
 * not, as Cloudflare's edge does. It passes everything else on as it comes.
 */
export const cappedEdge = (capBytes: number): string => `
const refusal = () => new Response("Payload Too Large", { status: 413 });
export default {
  async fetch(request, env) {
    if (Number(request.headers.get("content-length")) > ${capBytes}) return refusal();
    if (!request.body) return env.EDGE.fetch(request);
    let bytes = 0;
    let isTooLarge = false;
    const counted = request.body.pipeThrough(new TransformStream({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        isTooLarge ||= bytes > ${capBytes};
        if (isTooLarge) throw new Error("the body is too large");
        controller.enqueue(chunk);
      },
    }));
    const length = request.headers.get("content-length");
    const sized = length ? counted.pipeThrough(new FixedLengthStream(Number(length))) : counted;
    try {
      const response = await env.EDGE.fetch(request.url, new Request(request, { body: sized }));
      return isTooLarge ? refusal() : response;
    } catch (error) {
      if (isTooLarge) return refusal();
      throw error;
    }
  },
};
`;
