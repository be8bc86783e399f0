import { describe, expect, test } from "vitest";
import { type S3Bucket, s3Prefixes, s3Url } from "./s3-address.ts";
import { signedRequest } from "./s3-signing.ts";

const bucket = (endpoint: string, addressing: S3Bucket["addressing"], name = "images"): S3Bucket => ({
  endpoint,
  addressing,
  bucket: name,
});

test.each<[S3Bucket, string]>([
  [bucket("http://127.0.0.1:7480", "path"), "http://127.0.0.1:7480/images/k"],
  [bucket("https://s3.example.org", "virtual"), "https://images.s3.example.org/k"],
  [bucket("https://s3.example.org:8443/", "virtual"), "https://images.s3.example.org:8443/k"],
  [bucket("https://example.org/s3", "path"), "https://example.org/s3/images/k"],
  [bucket("https://example.org/s3/", "virtual"), "https://images.example.org/s3/k"],
  [bucket("https://s3.example.org", "auto"), "https://s3.example.org/images/k"],
  [bucket("http://127.0.0.1", "auto"), "http://127.0.0.1/images/k"],
  [bucket("https://s3.eu-west-1.amazonaws.com", "auto"), "https://images.s3.eu-west-1.amazonaws.com/k"],
  [
    bucket("https://s3.cn-north-1.amazonaws.com.cn", "auto"),
    "https://images.s3.cn-north-1.amazonaws.com.cn/k",
  ],
  // No certificate of Amazon's covers such names.
  [
    bucket("https://s3.eu-west-1.amazonaws.com", "auto", "my.images"),
    "https://s3.eu-west-1.amazonaws.com/my.images/k",
  ],
  [bucket("https://amazonaws.com.example.org", "auto"), "https://amazonaws.com.example.org/images/k"],
])("of %j a key is at %s", (place, url) => {
  expect(s3Url(place, "k")).toBe(url);
});

test("a query is part of the URL, of a key and of the bucket itself", () => {
  const path = bucket("http://h", "path");
  expect(s3Url(path, "k", { partNumber: "1", uploadId: "2~a+b/c=" })).toBe(
    "http://h/images/k?partNumber=1&uploadId=2%7Ea%2Bb%2Fc%3D",
  );
  expect(s3Url(path, "", { prefix: "a" })).toBe("http://h/images?prefix=a");
  expect(s3Url(bucket("http://h", "virtual"), "", { prefix: "a" })).toBe("http://images.h/?prefix=a");
});

test.each([
  ["http://10.0.0.5:7480", ["s3://10.0.0.5:7480/images/", "s3+http://10.0.0.5:7480/images/"]],
  ["https://S3.example.org:443/", ["s3+https://s3.example.org/images/"]],
  ["https://example.org/s3/", ["s3+https://example.org/s3/images/"]],
])("locations in %s begin with %j, however the bucket is addressed", (endpoint, prefixes) => {
  expect(s3Prefixes({ endpoint, bucket: "images" })).toEqual(prefixes);
});

/** The examples of "Authenticating Requests: Using the Authorization Header" in the reference of Amazon S3. */
describe("signatures of the examples that Amazon publishes", () => {
  const example = {
    ...bucket("https://s3.amazonaws.com", "virtual", "examplebucket"),
    region: "us-east-1",
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  };
  const now = new Date("2013-05-24T00:00:00Z");
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const headers = { "x-amz-content-sha256": empty };

  test.each([
    [{ lifecycle: "" }, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    [{ "max-keys": "2", prefix: "J" }, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
  ])("GET of the bucket in the host's name with %j", async (query, signature) => {
    for (const region of ["us-east-1", "auto"]) {
      const request = { method: "GET", query, headers };
      const { init, url } = await signedRequest({ ...example, region }, request, now);
      expect(new URL(url).host).toBe("examplebucket.s3.amazonaws.com");
      expect(init.headers.get("authorization")).toBe(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
          `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
      );
    }
  });

  test("a body is not signed, nor is a range; a session's token is", async () => {
    const request = { method: "GET", key: "k", headers: { range: "bytes=0-9", "if-none-match": "*" } };
    const { init } = await signedRequest({ ...example, sessionToken: "lent" }, request, now);
    const authorization = init.headers.get("authorization");
    expect(authorization).toContain(
      "SignedHeaders=host;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-security-token,",
    );
    expect(Object.fromEntries(init.headers)).toMatchObject({
      range: "bytes=0-9",
      "accept-encoding": "identity",
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
      "x-amz-security-token": "lent",
    });
  });

  test.each([
    ["https://s3.eu-central-1.amazonaws.com", "eu-central-1"],
    ["https://account.r2.cloudflarestorage.com", "auto"],
    ["http://127.0.0.1:7480", "us-east-1"],
  ])("the region of %s is told by its name: %s", async (endpoint, region) => {
    const { init } = await signedRequest({ ...example, endpoint, region: "auto" }, { method: "GET" }, now);
    expect(init.headers.get("authorization")).toContain(`/20130524/${region}/s3/aws4_request`);
  });
});
